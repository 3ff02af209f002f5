"""Rendering with Mitsuba: the only file that knows it.

Pictures of one world use the same sample seed, so that their noise is the same wherever they show the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32

from situate.data.scenes.camera import Camera
from situate.data.scenes.light import Lamp, Light, sky_picture
from situate.data.scenes.materials import Paint, Paints
from situate.data.scenes.meshes import Mesh
from situate.errors import MissingExtraError

MAX_DEPTH = 3
ROOM_DEPTH = 2
"""In a room only direct light is traced: `Light.ambient` stands for the rest, without its noise."""

NUM_MASK_LAYERS = 3
"""A path may pass so many see-through surfaces, such as cut-out leaves, without losing a bounce."""

NUM_THREADS = 1
NUM_MASK_SAMPLES = 36


@dataclass(frozen=True)
class Crop:
    """A part of the picture rendered `scale` times larger; left, top, width and height in the larger pixels."""

    scale: int
    left_px: int
    top_px: int
    width_px: int
    height_px: int


Shapes = list[Any]


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
        return [self._shape(mesh, coats[mesh.slot]) for mesh in meshes]

    def coded_shapes(self, meshes: Sequence[Mesh], code: tuple[float, float, float]) -> Shapes:
        """Turn meshes into Mitsuba shapes of one flat colour, for masks."""
        coat = {"type": "twosided", "coat": {"type": "diffuse", "reflectance": {"type": "rgb", "value": list(code)}}}
        return [self._shape(mesh, self._mi.load_dict(coat)) for mesh in meshes]

    def radiance(
        self,
        shapes: Shapes,
        light: Light,
        camera: Camera,
        seed: int,
        *,
        crop: Crop | None = None,
        num_layers: int | None = None,
    ) -> Float32[np.ndarray, "h w 4"]:
        """Render linear RGB (premultiplied) and alpha.

        With `crop` it is an object alone: more samples, and the sky is not seen, only its light. Pictures of one world
        must be given the same `num_layers`, or their paths would not be the same; by default it follows from `shapes`.
        """
        is_alone = crop is not None
        depth = ROOM_DEPTH if light.lamps else MAX_DEPTH
        depth += self.num_layers(shapes) if num_layers is None else num_layers
        integrator: dict[str, Any] = {"type": "path", "max_depth": depth, "hide_emitters": is_alone}
        if light.lamps:
            integrator = {"type": "aov", "aovs": "own:albedo", "traced": integrator}
        scene = self._scene(shapes, self._lights(light), integrator)
        sensor = self._sensor(camera, crop, self._num_crop_samples if is_alone else self._num_samples)
        layers = np.asarray(self._mi.render(scene, sensor=sensor, seed=seed), np.float32)
        if light.lamps:
            layers[..., :3] += layers[..., -3:] * np.asarray(light.ambient, np.float32)
        return layers[..., :4]

    def coverage(self, shapes: Shapes, camera: Camera, crop: Crop) -> Float32[np.ndarray, "h w 3"]:
        """Render flat colours: how much of each pixel shows each code."""
        scene = self._scene(shapes, {}, {"type": "aov", "aovs": "code:albedo"})
        sensor = self._sensor(camera, crop, NUM_MASK_SAMPLES)
        return np.asarray(self._mi.render(scene, sensor=sensor, seed=0), np.float32)[..., -3:]

    def num_layers(self, shapes: Shapes) -> int:
        """Return how many see-through surfaces a path among these shapes may have to pass."""
        return NUM_MASK_LAYERS * any(_is_see_through(shape) for shape in shapes)

    def alpha(self, shapes: Shapes, camera: Camera, crop: Crop) -> Float32[np.ndarray, "h w"]:
        """Render how much of each pixel these shapes alone cover; what is see-through covers less."""
        integrator = {"type": "path", "max_depth": 1 + NUM_MASK_LAYERS, "hide_emitters": True}
        sensor = self._sensor(camera, crop, NUM_MASK_SAMPLES)
        scene = self._scene(shapes, {"sky": {"type": "constant"}}, integrator)
        return np.clip(np.asarray(self._mi.render(scene, sensor=sensor, seed=0), np.float32)[..., 3], 0, 1)

    def _lights(self, light: Light) -> dict[str, Any]:
        lights = {f"lamp{index}": self._lamp(lamp) for index, lamp in enumerate(light.lamps)}
        if max(light.sky_horizon) > 0:
            lights["sky"] = self._sky(light)
        if max(light.sun_irradiance) > 0:
            lights["sun"] = self._sun(light)
        return lights

    def _scene(self, shapes: Shapes, lights: Mapping[str, Any], integrator: Mapping[str, Any]) -> Any:
        named = {f"shape{index}": shape for index, shape in enumerate(shapes)}
        return self._mi.load_dict({"type": "scene", "integrator": dict(integrator), **lights, **named})

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
        return {"type": "envmap", "bitmap": self._mi.Bitmap(sky_picture(light).copy()), "to_world": upright}

    def _coat(self, paint: Paint) -> Any:
        bitmap = self._mi.Bitmap(np.array(paint.texture, np.float32))
        texture = {"type": "bitmap", "bitmap": bitmap, "raw": True}
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
        bitmap = self._mi.Bitmap(np.array(opacity[..., None], np.float32))
        return {"type": "bitmap", "bitmap": bitmap, "raw": True}

    def _shape(self, mesh: Mesh, coat: Any) -> Any:
        properties = self._mi.Properties()
        properties["coat"] = coat
        counts = len(mesh.vertices_m), len(mesh.faces)
        shape = self._mi.Mesh(mesh.slot, *counts, has_vertex_normals=True, has_vertex_texcoords=True, props=properties)
        arrays = self._mi.traverse(shape)
        arrays["vertex_positions"] = mesh.vertices_m.ravel()
        arrays["vertex_normals"] = mesh.normals.ravel()
        arrays["vertex_texcoords"] = mesh.uv.ravel()
        arrays["faces"] = mesh.faces.ravel()
        arrays.update()
        return shape


def _is_see_through(shape: Any) -> bool:
    return type(shape.bsdf()).__name__ == "MaskBSDF" or "mask" in str(shape.bsdf())[:40].lower()
