import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from situate.data.assets.body import load_body
from situate.data.assets.catalogue import read_catalogue
from situate.data.assets.model import AssetBody
from situate.data.scenes.meshes import Mesh
from situate.errors import DataError

pytest.importorskip("trimesh", reason="needs the extra 'scenes'")


def body_of(maker, cache, **values: str) -> AssetBody:
    maker.sh3f(maker.item(1, "a", **values))
    return load_body(read_catalogue(maker.folder)[0], cache=cache)


def part(body: AssetBody, material: str) -> Mesh:
    return next(mesh for mesh in body.meshes if mesh.slot.endswith(material))


def flat_normals(mesh: Mesh) -> np.ndarray:
    corners = mesh.vertices_m[mesh.faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return normals / np.linalg.norm(normals, axis=1, keepdims=True)


def test_a_body_stands_on_the_floor_at_its_true_size_and_faces_the_viewer(maker, cache):
    body = body_of(maker, cache)
    vertices = np.concatenate([mesh.vertices_m for mesh in body.meshes])
    np.testing.assert_allclose(vertices.min(axis=0), (-0.1, -0.3, 0), atol=1e-6)
    np.testing.assert_allclose(vertices.max(axis=0), (0.1, 0.3, 0.4), atol=1e-6)
    np.testing.assert_allclose(body.size_m, (0.2, 0.6, 0.4), atol=1e-6)
    np.testing.assert_allclose(part(body, "front").vertices_m[:, 1], -0.3, atol=1e-6)
    assert body.num_faces == 12
    assert body.remarks == ()


def test_normals_point_outwards_as_the_faces_wind(maker, cache):
    for mesh in body_of(maker, cache).meshes:
        np.testing.assert_allclose(mesh.normals[mesh.faces[:, 0]], flat_normals(mesh), atol=1e-5)
        middle = mesh.vertices_m[mesh.faces].mean(axis=1) - (0, 0, 0.2)
        assert (np.einsum("ij,ij->i", middle, flat_normals(mesh)) > 0).all()


def test_the_rotation_of_the_catalogue_is_applied_row_by_row_before_scaling(maker, cache):
    # x takes what was z: the front, at +z, turns to +x; width and depth of the catalogue are those after turning.
    body = body_of(maker, cache, modelRotation="0 0 1 0 1 0 -1 0 0")
    np.testing.assert_allclose(part(body, "front").vertices_m[:, 0], 0.1, atol=1e-6)
    np.testing.assert_allclose(body.size_m, (0.2, 0.6, 0.4), atol=1e-6)


def test_a_mirror_keeps_the_size(maker, cache):
    np.testing.assert_allclose(
        body_of(maker, cache, modelRotation="-1 0 0 0 1 0 0 0 1").size_m, (0.2, 0.6, 0.4), atol=1e-6
    )


def test_the_upper_half_of_a_texture_is_at_the_top(maker, cache):
    body = body_of(maker, cache)
    front = part(body, "front")
    texture = body.paints[front.slot].texture
    # Row 0 of a texture is at v = 0.
    rows = np.clip(front.uv[:, 1] * len(texture), 0, len(texture) - 1).astype(int)
    is_white = texture[rows, 0, 0] > 0.5
    np.testing.assert_array_equal(is_white, front.vertices_m[:, 2] > 0.2)


def test_colours_become_linear_and_glass_and_gloss_are_known(maker, cache):
    body = body_of(maker, cache)
    paint = body.paints[part(body, "rest").slot]
    np.testing.assert_allclose(paint.texture[0, 0], (1, 0.2122, 0), atol=0.004)
    assert paint.texture.dtype == np.float32
    assert (paint.opacity, paint.gloss) == (0.25, pytest.approx(0.3))
    assert body.paints[part(body, "front").slot].opacity is None


def test_a_gloss_that_blender_wrote_by_default_is_none(maker, cache):
    lines = (
        maker.files["block/block.mtl"].replace(b"Ns 50", b"Ns 96.078431").replace(b"Ks 0.6 0.6 0.6", b"Ks 0.5 0.5 0.5")
    )
    maker.files["block/block.mtl"] = lines
    body = body_of(maker, cache)
    assert body.paints[part(body, "rest").slot].gloss == 0


def test_a_picture_with_transparency_gives_a_stencil(maker, cache):
    pixels = np.full((4, 4, 4), 200, np.uint8)
    pixels[:2, :, 3] = 0
    pixels[2:, :, 3] = 255
    maker.files["block/front.png"] = maker.png(pixels)
    body = body_of(maker, cache)
    opacity = body.paints[part(body, "front").slot].opacity
    assert isinstance(opacity, np.ndarray)
    np.testing.assert_array_equal(opacity[:, 0], [0, 0, 1, 1])


def test_a_large_texture_is_reduced(maker, cache):
    maker.files["block/front.png"] = maker.png(np.full((600, 1200, 3), 90, np.uint8))
    body = body_of(maker, cache)
    assert body.paints[part(body, "front").slot].texture.shape == (256, 512, 3)


def test_a_missing_texture_is_replaced_by_the_colour_and_told(maker, cache):
    del maker.files["block/front.png"]
    body = body_of(maker, cache)
    np.testing.assert_allclose(body.paints[part(body, "front").slot].texture, 0.214, atol=0.004)
    (remark,) = body.remarks
    assert "'front.png' is missing" in remark


def test_a_missing_texture_without_a_colour_is_an_error(maker, cache):
    del maker.files["block/front.png"]
    maker.files["block/block.mtl"] = b"newmtl front\nmap_Kd front.png\nnewmtl rest\nKd 1 1 1\n"
    with pytest.raises(DataError, match=r"block.obj: the texture 'front.png' of the material 'front' is missing"):
        body_of(maker, cache)


def test_a_texture_named_by_its_place_on_another_disk_is_found_beside_the_model(maker, cache):
    mtl = maker.files["block/block.mtl"].replace(b"map_Kd front.png", rb"map_Kd C:\My Pictures\front.png")
    maker.files["block/block.mtl"] = mtl
    body = body_of(maker, cache)
    assert body.remarks == ()
    assert len(body.paints[part(body, "front").slot].texture) == 8


@pytest.mark.parametrize("reference", ["../secret.png", "/../secret.png", "..\\secret.png"])
def test_a_texture_outside_of_the_folder_is_never_read(maker, cache, tmp_path, reference):
    (tmp_path / "secret.png").write_bytes(maker.files["block/front.png"])
    maker.files = {name.removeprefix("block/"): content for name, content in maker.files.items()}
    maker.files["block.mtl"] = maker.files["block.mtl"].replace(b"front.png", reference.encode())
    maker.table("block.obj,Block,blocks,0.2,0.6,0.4,,,")
    body = load_body(read_catalogue(maker.folder)[0], cache=cache)
    assert len(body.remarks) == 1


def test_a_texture_that_is_no_picture_counts_as_missing(maker, cache):
    maker.files["block/front.png"] = b"no picture"
    assert len(body_of(maker, cache).remarks) == 1


def test_a_damaged_texture_is_an_error(maker, cache):
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    maker.files["block/front.png"] = maker.png(noise)[:6000]
    with pytest.raises(DataError, match=r"texture front.png is damaged"):
        body_of(maker, cache)


def test_a_missing_material_library_is_an_error(maker, cache):
    del maker.files["block/block.mtl"]
    with pytest.raises(DataError, match=r"its material library 'block.mtl' is missing"):
        body_of(maker, cache)


def test_a_model_without_materials_is_plain(maker, cache):
    maker.files["block/block.obj"] = b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"
    body = body_of(maker, cache)
    (paint,) = body.paints.values()
    assert np.ptp(paint.texture) == 0
    # Flat in depth: it keeps the sizes that it can have.
    np.testing.assert_allclose(body.size_m, (0.2, 0, 0.4), atol=1e-6)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the mesh is empty"),
        (b"v 0 0 0\nv 1 0 0\nv 0 1 0\n", "the mesh is empty"),  # corners, but no faces
        (b"v 0 0 0\nv 1 0 0\nv 2 0 0\nf 1 2 3\n", "the mesh has no area"),
        (b"v 1 1 1\nv 1 1 1\nv 1 1 1\nf 1 2 3\n", "the mesh has no area"),  # one point
        (b"v 0 0 0\nv nan 0 0\nv 0 1 0\nf 1 2 3\n", "no finite numbers"),
        (b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 9\n", "cannot be read"),  # a corner that is not there
        (b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf a b c\n", "cannot be read"),
        (b"v 0 0\nv 1\nf 1 2 3\n", "the mesh is empty|cannot be read"),
        (bytes(range(256)) * 8, "the mesh is empty|cannot be read"),
    ],
)
def test_an_unreadable_or_empty_mesh_is_an_error_that_names_the_file(maker, cache, content, reason):
    maker.files["block/block.obj"] = content
    with pytest.raises(DataError, match=rf"block.obj.*({reason})"):
        body_of(maker, cache)


def test_a_damaged_member_of_an_archive_is_an_error_that_names_it(maker, cache):
    path = maker.sh3f()
    content = bytearray(path.read_bytes())
    place = content.index(b"v -1 0 -3")
    content[place : place + 9] = b"v -1 0 -4"
    path.write_bytes(bytes(content))
    with pytest.raises(DataError, match=r"block/block.obj is damaged .*CRC"):
        load_body(read_catalogue(maker.folder)[0], cache=cache)


def test_faces_without_area_are_dropped(maker, cache):
    maker.files["block/block.obj"] += b"f 1/1 1/1 2/2\n"
    assert body_of(maker, cache).num_faces == 12


def test_normals_of_the_file_turn_and_stretch_with_the_model(maker, cache):
    lines = ["v 0 0 0", "v 1 0 0", "v 0 1 1", "vn 0 -1 1", "f 1//1 2//1 3//1"]
    maker.files["block/block.obj"] = "\n".join(lines).encode()
    body = body_of(maker, cache)
    (mesh,) = body.meshes
    np.testing.assert_allclose(np.abs(mesh.normals @ flat_normals(mesh).T), 1, atol=1e-5)


def test_a_glb_file_has_the_same_front_and_its_own_colours(maker, cache):
    import trimesh

    box = trimesh.creation.box((2, 4, 6))
    box.visual = trimesh.visual.TextureVisuals(
        material=trimesh.visual.material.PBRMaterial(
            baseColorFactor=[255, 0, 0, 128], alphaMode="BLEND", roughnessFactor=0.5
        )
    )
    knob = trimesh.creation.box((1, 1, 1))
    scene = trimesh.Scene([box])
    scene.add_geometry(knob, transform=trimesh.transformations.translation_matrix((0, 0, 3.5)), node_name="knob")
    content = scene.export(file_type="glb")
    assert isinstance(content, bytes)
    maker.files["block/block.glb"] = content
    maker.table("block/block.glb,Block,blocks,0.2,0.7,0.4,,,")
    body = load_body(read_catalogue(maker.folder)[0], cache=cache)
    np.testing.assert_allclose(body.size_m, (0.2, 0.7, 0.4), atol=1e-6)
    block, knob_mesh = sorted(body.meshes, key=lambda mesh: np.ptp(mesh.vertices_m[:, 0]), reverse=True)
    assert knob_mesh.vertices_m[:, 1].min() == pytest.approx(-0.35)
    paint = body.paints[block.slot]
    np.testing.assert_allclose(paint.texture[0, 0], (1, 0, 0), atol=0.01)
    assert paint.opacity == pytest.approx(0.5, abs=0.01)


def test_a_body_from_the_cache_is_the_same_bit_for_bit(maker, cache):
    pixels = np.full((4, 4, 4), 99, np.uint8)
    maker.files["block/front.png"] = maker.png(pixels)
    first, second = body_of(maker, cache), body_of(maker, cache)
    assert len(list(cache.iterdir())) == 1
    assert second.remarks == first.remarks
    for one, other in zip(first.meshes, second.meshes, strict=True):
        assert one.slot == other.slot
        for field in ("vertices_m", "normals", "uv", "faces"):
            np.testing.assert_array_equal(getattr(one, field), getattr(other, field))
            assert getattr(one, field).dtype == getattr(other, field).dtype
    for slot, paint in first.paints.items():
        np.testing.assert_array_equal(paint.texture, second.paints[slot].texture)
        np.testing.assert_array_equal(paint.opacity, second.paints[slot].opacity)
        assert paint.gloss == second.paints[slot].gloss


@pytest.mark.parametrize("damage", [b"", b"PK", b"not a body at all"])
def test_a_damaged_cache_file_is_made_again(maker, cache, damage):
    expected = body_of(maker, cache)
    (kept,) = cache.iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(damage)
    np.testing.assert_array_equal(body_of(maker, cache).meshes[0].vertices_m, expected.meshes[0].vertices_m)
    assert kept.read_bytes() == whole


def test_a_flipped_byte_in_the_cache_is_noticed(maker, cache):
    expected = body_of(maker, cache)
    (kept,) = cache.iterdir()
    content = bytearray(kept.read_bytes())
    place = content.index(expected.meshes[0].vertices_m.tobytes())
    content[place] ^= 1
    kept.write_bytes(bytes(content))
    np.testing.assert_array_equal(body_of(maker, cache).meshes[0].vertices_m, expected.meshes[0].vertices_m)


def test_another_texture_or_size_is_never_taken_from_the_cache(maker, cache):
    body = body_of(maker, cache)
    maker.files["block/front.png"] = maker.png(np.full((8, 8, 3), 10, np.uint8))
    darker = body_of(maker, cache)
    assert darker.paints[part(darker, "front").slot].texture.max() < body.paints[part(body, "front").slot].texture.max()
    np.testing.assert_allclose(body_of(maker, cache, width="30").size_m, (0.3, 0.6, 0.4), atol=1e-6)


def test_a_change_of_a_texture_in_a_folder_below_is_noticed(maker, cache):
    maker.files["block/maps/front.png"] = maker.files.pop("block/front.png")
    maker.files["block/block.mtl"] = maker.files["block/block.mtl"].replace(b"front.png", b"maps/front.png")
    maker.table()
    (model,) = read_catalogue(maker.folder)
    first = load_body(model, cache=cache)
    (maker.folder / "block/maps/front.png").write_bytes(maker.png(np.full((9, 9, 3), 10, np.uint8)))
    second = load_body(model, cache=cache)
    assert len(first.paints[part(first, "front").slot].texture) == 8
    assert len(second.paints[part(second, "front").slot].texture) == 9


def test_a_cache_that_cannot_be_written_only_saves_no_time(maker, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    assert body_of(maker, blocked / "cache").num_faces == 12


def test_writers_at_the_same_time_leave_one_whole_file(maker, cache):
    from concurrent.futures import ThreadPoolExecutor

    maker.sh3f()
    model = read_catalogue(maker.folder)[0]
    with ThreadPoolExecutor(4) as pool:
        bodies = list(pool.map(lambda _: load_body(model, cache=cache), range(8)))
    assert {body.num_faces for body in bodies} == {12}
    assert [path.suffix for path in cache.iterdir()] == [".npz"]


def test_without_a_folder_the_users_cache_is_used(maker, tmp_path, monkeypatch):
    monkeypatch.setenv("SITUATE_CACHE", str(tmp_path / "mine"))
    maker.sh3f()
    load_body(read_catalogue(maker.folder)[0])
    assert len(list((tmp_path / "mine" / "assets").iterdir())) == 1


def test_two_models_of_one_file_are_two_bodies(maker, cache):
    maker.sh3f()
    model = read_catalogue(maker.folder)[0]
    load_body(model, cache=cache)
    higher = load_body(replace(model, key="b", height_m=0.8), cache=cache)
    assert higher.size_m[2] == pytest.approx(0.8)


def test_a_palette_texture_is_read(maker, cache):
    content = io.BytesIO()
    Image.fromarray(np.full((8, 8, 3), 120, np.uint8)).quantize(4).save(content, "PNG")
    maker.files["block/front.png"] = content.getvalue()
    body = body_of(maker, cache)
    np.testing.assert_allclose(body.paints[part(body, "front").slot].texture, 0.19, atol=0.02)
