"""Rendering with Mitsuba: the only file that knows it.

Pictures of one world use the same sample seed, so that their noise is the same wherever they show the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float32

from situate.data.scenes.camera import Camera
from situate.data.scenes.light import Lamp, Light, sky_picture
from situate.data.scenes.materials import Paint, Paints
from situate.data.scenes.meshes import Mesh
from situate.data.scenes.textures import Texture
from situate.errors import MissingExtraError

DIRECT_DEPTH, SEEN_DEPTH = 2, 1
"""Of paths that end where light falls, and where the eye looks. Only direct light is traced: what surfaces throw back
would be the noisiest part of a picture and its least. See-through surfaces do not count."""

NUM_THREADS = 1
NUM_MASK_SAMPLES = 36

_NO_LIGHTS: Mapping[str, Any] = MappingProxyType({})
_WHITE: Texture = np.ones((2, 2, 3), np.float32)


@dataclass(frozen=True)
class Crop:
    """A part of the picture rendered `scale` times larger; left, top, width and height in the larger pixels."""

    scale: int
    left_px: int
    top_px: int
    width_px: int
    height_px: int


@dataclass(frozen=True)
class Shape:
    """A mesh in its paint, and `solid`, what Mitsuba made of both."""

    mesh: Mesh
    paint: Paint
    solid: Any


Shapes = list[Shape]


class Renderer:
    """A Mitsuba set up for one thread in this process."""

    def __init__(self, num_samples: int) -> None:
        """Load Mitsuba; `num_samples` per pixel, a square number.

        Raises:
            MissingExtraError: If it is not installed.
        """
        try:
            import drjit
            import mitsuba
        except ImportError as error:
            raise MissingExtraError("mitsuba", "scenes") from error
        mitsuba.set_variant("scalar_rgb")
        drjit.set_thread_count(NUM_THREADS)
        self._mi: Any = mitsuba
        mitsuba.set_log_level(mitsuba.LogLevel.Error)
        self._num_samples = num_samples
        self._num_crop_samples = (round(num_samples**0.5) + 1) ** 2

    def shapes(self, meshes: Sequence[Mesh], paints: Paints) -> Shapes:
        """Turn meshes into Mitsuba shapes covered with `paints`."""
        coats = {slot: self._coat(paint) for slot, paint in paints.items()}
        return [Shape(mesh, paints[mesh.slot], self._mesh(mesh, coat=coats[mesh.slot])) for mesh in meshes]

    def radiance(
        self, shapes: Shapes, light: Light, camera: Camera, seed: int, *, crop: Crop | None = None
    ) -> Float32[np.ndarray, "h w 4"]:
        """Render linear RGB (premultiplied) and alpha in direct light.

        With `crop` it is an object alone: more samples, and the sky is not seen, only its light.
        """
        is_alone = crop is not None
        sensor = self._sensor(camera, crop, self._num_crop_samples if is_alone else self._num_samples)
        scene = self._scene(_solids(shapes), _traced(DIRECT_DEPTH, is_alone), self._lights(light))
        direct = self._rendered(scene, sensor, seed)
        if any(light.ambient):
            glowing = [self._glowing(shape.mesh, shape.paint, camera) for shape in shapes]
            own = self._rendered(self._scene(glowing, _traced(SEEN_DEPTH)), sensor, seed)[..., :3]
            direct[..., :3] += own * np.asarray(light.ambient, np.float32)
        return direct

    def coverage(self, shapes: Shapes, others: Shapes, camera: Camera, crop: Crop) -> Float32[np.ndarray, "h w"]:
        """Render how much of each pixel shows `shapes` among `others`; what is see-through covers and hides less."""
        glowing = [self._glowing(shape.mesh, replace(shape.paint, texture=_WHITE), camera) for shape in shapes]
        scene = self._scene([*glowing, *_solids(others)], _traced(SEEN_DEPTH))
        return np.clip(self._rendered(scene, self._sensor(camera, crop, NUM_MASK_SAMPLES), 0)[..., 0], 0, 1)

    def alpha(self, shapes: Shapes, camera: Camera, crop: Crop) -> Float32[np.ndarray, "h w"]:
        """Render how much of each pixel these shapes alone cover; what is see-through covers less."""
        scene = self._scene(_solids(shapes), _traced(SEEN_DEPTH, hides_lights=True), {"sky": {"type": "constant"}})
        return np.clip(self._rendered(scene, self._sensor(camera, crop, NUM_MASK_SAMPLES), 0)[..., 3], 0, 1)

    def _rendered(self, scene: Any, sensor: Any, seed: int) -> Float32[np.ndarray, "h w 4"]:
        return np.asarray(self._mi.render(scene, sensor=sensor, seed=seed), np.float32)

    def _lights(self, light: Light) -> dict[str, Any]:
        lights = {f"lamp{index}": self._lamp(lamp) for index, lamp in enumerate(light.lamps)}
        if max(light.sky_horizon) > 0:
            lights["sky"] = self._sky(light)
        if max(light.sun_irradiance) > 0:
            lights["sun"] = self._sun(light)
        return lights

    def _scene(self, solids: Sequence[Any], integrator: dict[str, Any], lights: Mapping[str, Any] = _NO_LIGHTS) -> Any:
        named = {f"solid{index}": solid for index, solid in enumerate(solids)}
        return self._mi.load_dict({"type": "scene", "integrator": integrator, **lights, **named})

    def _sensor(self, camera: Camera, crop: Crop | None, num_samples: int) -> Any:
        scale = crop.scale if crop else 1
        film: dict[str, Any] = {
            "type": "hdrfilm",
            "width": camera.width_px * scale,
            "height": camera.height_px * scale,
            "rfilter": {"type": "box"},
            "pixel_format": "rgba",
            "component_format": "float32",
        }
        if crop:
            film |= {"crop_offset_x": crop.left_px, "crop_offset_y": crop.top_px}
            film |= {"crop_width": crop.width_px, "crop_height": crop.height_px}
        eye = np.array([0.0, 0.0, camera.height_m])
        to_world = self._mi.ScalarTransform4f().look_at(
            origin=eye.tolist(), target=(eye + camera.forward).tolist(), up=[0, 0, 1]
        )
        # Without jitter each path has its own numbers: one that meets an object, and so draws more or fewer of them,
        # does not change those after it, and pictures with and without the object agree far from it.
        sampler = {"type": "multijitter", "sample_count": num_samples, "jitter": False}
        fov = {"fov": camera.fov_deg, "fov_axis": "larger", "near_clip": 0.05, "far_clip": 5000.0}
        parts = {"to_world": to_world, "film": film, "sampler": sampler}
        return self._mi.load_dict({"type": "perspective", **parts, **fov})

    def _lamp(self, lamp: Lamp) -> dict[str, Any]:
        centre, facing = np.asarray(lamp.centre_m), np.asarray(lamp.facing)
        up = [0.0, 0.0, 1.0] if abs(facing[2]) < 0.5 else [0.0, 1.0, 0.0]
        transform = self._mi.ScalarTransform4f()
        to_world = transform.look_at(origin=centre.tolist(), target=(centre + facing).tolist(), up=up)
        size = transform.scale([lamp.size_m[0] / 2, lamp.size_m[1] / 2, 1.0])
        # Lamps are sampled by their power: else a dim one would take as many samples as the window, and leave noise.
        weight = float(np.mean(lamp.radiance)) * lamp.size_m[0] * lamp.size_m[1]
        radiance = {"type": "rgb", "value": list(lamp.radiance)}
        emitter = {"type": "area", "radiance": radiance, "sampling_weight": weight}
        return {"type": "rectangle", "to_world": to_world @ size, "emitter": emitter}

    def _sun(self, light: Light) -> dict[str, Any]:
        irradiance = {"type": "rgb", "value": list(light.sun_irradiance)}
        return {"type": "directional", "direction": list(light.sun_direction), "irradiance": irradiance}

    def _sky(self, light: Light) -> dict[str, Any]:
        upright = self._mi.ScalarTransform4f().rotate([1, 0, 0], 90)
        # Where the sun shines every path asks for it, and meets the sky where it goes on: all count for both.
        weight = 0.0 if max(light.sun_irradiance) > 0 else 1.0
        bitmap = self._mi.Bitmap(sky_picture(light).copy())
        return {"type": "envmap", "bitmap": bitmap, "to_world": upright, "sampling_weight": weight}

    def _coat(self, paint: Paint) -> Any:
        texture = self._texture(paint.texture)
        coat: dict[str, Any] = {"type": "diffuse", "reflectance": texture}
        if paint.gloss > 0:
            coat = {"type": "principled", "base_color": texture, "roughness": 0.45, "specular": paint.gloss}
        coat = {"type": "twosided", "coat": coat}
        if paint.opacity is not None:
            coat = {"type": "mask", "opacity": self._opacity(paint.opacity), "coat": coat}
        return self._mi.load_dict(coat)

    def _opacity(self, opacity: float | np.ndarray) -> Any:
        if isinstance(opacity, float | int):
            return {"type": "uniform", "value": opacity}
        return self._texture(opacity[..., None])

    def _texture(self, values: np.ndarray) -> dict[str, Any]:
        return {"type": "bitmap", "bitmap": self._mi.Bitmap(np.array(values, np.float32)), "raw": True}

    def _glowing(self, mesh: Mesh, paint: Paint, camera: Camera) -> Any:
        """Return a solid that shines with its own texture towards the camera: Mitsuba's lights have a dark back."""
        light = {"type": "area", "radiance": self._texture(_dimmed(paint))}
        glow = self._mi.load_dict(light)
        return self._mesh(_turned_to(mesh, camera), coat=self._coat(replace(paint, gloss=0.0)), glow=glow)

    def _mesh(self, mesh: Mesh, **parts: Any) -> Any:
        properties = self._mi.Properties()
        for name, part in parts.items():
            properties[name] = part
        counts = len(mesh.vertices_m), len(mesh.faces)
        solid = self._mi.Mesh(mesh.slot, *counts, has_vertex_normals=True, has_vertex_texcoords=True, props=properties)
        arrays = self._mi.traverse(solid)
        arrays["vertex_positions"] = mesh.vertices_m.ravel()
        arrays["vertex_normals"] = mesh.normals.ravel()
        arrays["vertex_texcoords"] = mesh.uv.ravel()
        arrays["faces"] = mesh.faces.ravel()
        arrays.update()
        return solid


def _traced(depth: int, hides_lights: bool = False) -> dict[str, Any]:
    # `volpath` and not `path`: it looks through what is see-through, also on the way to the light, at no depth.
    return {"type": "volpath", "max_depth": depth, "hide_emitters": hides_lights}


def _solids(shapes: Shapes) -> list[Any]:
    return [shape.solid for shape in shapes]


def _dimmed(paint: Paint) -> Texture:
    """Return what is seen of the texture itself where it is see-through."""
    if paint.opacity is None:
        return paint.texture
    if not isinstance(paint.opacity, np.ndarray):
        return paint.texture * np.float32(paint.opacity)
    height, width = np.maximum(paint.texture.shape[:2], paint.opacity.shape)
    texture, opacity = (cv2.resize(part, (int(width), int(height))) for part in (paint.texture, paint.opacity))
    return texture * opacity[..., None]


def _turned_to(mesh: Mesh, camera: Camera) -> Mesh:
    """Return the same triangles, each with corners of its own and its front towards the camera."""
    corners = mesh.vertices_m[mesh.faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    eye = np.array([0.0, 0.0, camera.height_m], np.float32)
    is_back = np.einsum("fx,fx->f", normals, eye - corners[:, 0]) < 0
    order = np.where(is_back[:, None], [0, 2, 1], [0, 1, 2])
    vertices = np.take_along_axis(corners, order[..., None], 1).reshape(-1, 3)
    uv = np.take_along_axis(mesh.uv[mesh.faces], order[..., None], 1).reshape(-1, 2)
    fronts = np.where(is_back[:, None], -normals, normals)
    faces = np.arange(3 * len(corners), dtype=np.uint32).reshape(-1, 3)
    return Mesh(mesh.slot, vertices, np.repeat(fronts, 3, axis=0).astype(np.float32), uv, faces)
