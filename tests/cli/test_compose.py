"""`situate compose` from the shell: one picture, folders, and everything that cannot be used."""

import json
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image, ImageCms, ImageOps
from tests.pipeline.models import cutout, publish_untrained, scene

from situate.cli.app import main
from situate.geometry.paste import paste
from situate.imageio.read import read_picture
from situate.pipeline.composer import Composer
from situate.pipeline.runtime import Runtime, default_workers
from situate.records.picture import to_u8

ORIENTATION = 0x0112
"""EXIF tag."""
JSON_FIELDS = {
    "box_xywh_px",
    "visible_box_xywh_px",
    "probability",
    "score",
    "seed",
    "file",
    "mask_file",
    "effect_file",
}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return str(publish_untrained(tmp_path_factory.mktemp("models") / "model"))


@pytest.fixture
def pictures(tmp_path):
    """A folder `in` with a background and a foreground."""
    folder = tmp_path / "in"
    folder.mkdir()
    Image.fromarray(scene()).save(folder / "scene.png")
    Image.fromarray(cutout()).save(folder / "cutout.png")
    return folder


def compose(pictures, model: str, *options: str, background="scene.png", foreground="cutout.png") -> int:
    device = [] if "--device" in options else ["--device", "cpu"]
    words = ["compose", str(pictures / background), str(pictures / foreground), "--model", model]
    return main([*words, *device, *options])


def test_one_picture_is_composed_and_its_path_printed(pictures, model, tmp_path, capsys):
    output = tmp_path / "OUT.png"
    assert compose(pictures, model, "-o", str(output)) == 0
    assert capsys.readouterr().out == f"{output}\n"
    found = read_picture(output).pixels
    wanted = Composer.from_pretrained(model, device="cpu")(scene(), cutout())[0].picture.pixels
    np.testing.assert_array_equal(found, wanted)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["OUT.png", "in"]


def test_the_same_call_writes_the_same_bytes(pictures, model, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        json_path = tmp_path / name / "OUT.json"
        assert compose(pictures, model, "-o", str(tmp_path / name / "OUT.png"), "--json", str(json_path)) == 0
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == ["OUT.effect.png", "OUT.json", "OUT.mask.png", "OUT.png"]
    assert [n for n in names if (tmp_path / "a" / n).read_bytes() != (tmp_path / "b" / n).read_bytes()] == []


def test_several_places_are_numbered_and_described_in_order(pictures, model, tmp_path, capsys):
    json_path = tmp_path / "OUT.json"
    options = ["-o", str(tmp_path / "OUT.png"), "--top-k", "3", "--json", str(json_path), "--seed", "7"]
    assert compose(pictures, model, *options) == 0
    entries = json.loads(json_path.read_text())
    assert [entry["file"] for entry in entries] == ["OUT-1.png", "OUT-2.png", "OUT-3.png"]
    assert all(set(entry) == JSON_FIELDS for entry in entries)
    assert {entry["seed"] for entry in entries} == {7}
    assert all((tmp_path / entry[name]).is_file() for entry in entries for name in ("file", "mask_file", "effect_file"))
    assert capsys.readouterr().out.splitlines() == [str(tmp_path / entry["file"]) for entry in entries]


def test_a_full_hd_jpeg_keeps_its_size_and_times_are_printed(pictures, model, tmp_path, capsys):
    large = cv2.resize(scene(), (1920, 1080))
    Image.fromarray(large).save(pictures / "large.jpg", quality=90)
    output = tmp_path / "OUT.png"
    assert compose(pictures, model, "-o", str(output), "--masks", "-v", background="large.jpg") == 0
    assert "warm compose" in capsys.readouterr().err
    background, found = read_picture(pictures / "large.jpg").pixels, read_picture(output).pixels
    effect = cv2.imread(str(tmp_path / "OUT.effect.png"), cv2.IMREAD_UNCHANGED)
    assert found.shape == (1080, 1920, 3)
    assert ((found != background).any(axis=2) & (effect == 0)).sum() == 0


def test_sixteen_bits_stay_sixteen_bits(pictures, model, tmp_path):
    deep = scene(dtype=np.uint16)
    cv2.imwrite(str(pictures / "deep.png"), deep[..., ::-1])
    assert compose(pictures, model, "-o", str(tmp_path / "OUT.png"), "--masks", background="deep.png") == 0
    found = read_picture(tmp_path / "OUT.png").pixels
    effect = cv2.imread(str(tmp_path / "OUT.effect.png"), cv2.IMREAD_UNCHANGED)
    assert found.dtype == np.uint16
    np.testing.assert_array_equal(found[effect == 0], deep[effect == 0])


def test_a_rotated_photograph_with_a_profile_comes_out_upright_with_its_profile(pictures, model, tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # to be turned by a quarter
    Image.fromarray(scene()).save(pictures / "turned.jpg", exif=exif, icc_profile=profile)
    assert compose(pictures, model, "-o", str(tmp_path / "OUT.png"), "--masks", background="turned.jpg") == 0
    with Image.open(tmp_path / "OUT.png") as composite:
        assert composite.size == scene().shape[:2]
        assert composite.getexif().get(ORIENTATION, 1) == 1
        assert composite.info["icc_profile"] == profile
        pixels = np.asarray(composite)
    effect = cv2.imread(str(tmp_path / "OUT.effect.png"), cv2.IMREAD_UNCHANGED)
    with Image.open(pictures / "turned.jpg") as background:
        upright = np.asarray(ImageOps.exif_transpose(background))
    np.testing.assert_array_equal(pixels[effect == 0], upright[effect == 0])


def test_what_the_output_cannot_hold_is_noted(pictures, model, tmp_path, capsys):
    cv2.imwrite(str(pictures / "deep.png"), scene(dtype=np.uint16)[..., ::-1])
    assert compose(pictures, model, "-o", str(tmp_path / "OUT.bmp"), background="deep.png") == 0
    notes = capsys.readouterr().err
    assert "note: .bmp holds 8 bits a channel, the background has 16; use .png" in notes
    assert "note: .bmp can neither say that this is a composite" in notes


def background_file(kind: str, path) -> np.ndarray:
    """Write a background of a kind and return its pixels as `read_picture` must find them."""
    colours, deep = scene(), scene(dtype=np.uint16)
    alpha = np.tile(np.linspace(0, 255, 96).astype(np.uint8), (64, 1))
    match kind:
        case "RGBA":
            Image.fromarray(np.dstack([colours, alpha])).save(path)
        case "grey with alpha":
            Image.fromarray(np.dstack([colours[..., 0], alpha]), "LA").save(path)
        case "palette with transparency":
            Image.fromarray(colours).quantize(16).save(path, transparency=bytes([0, 64, 128, 255]))
        case "16-bit RGBA":
            cv2.imwrite(str(path), np.dstack([deep[..., ::-1], alpha.astype(np.uint16) * 257]))
        case "16-bit RGB":
            cv2.imwrite(str(path), deep[..., ::-1])
        case "grey":
            Image.fromarray(colours[..., 0]).save(path)
        case "16-bit grey":
            cv2.imwrite(str(path), deep[..., 0])
    return read_picture(path).pixels


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
@pytest.mark.parametrize(
    "kind",
    ["RGBA", "grey with alpha", "palette with transparency", "16-bit RGBA", "16-bit RGB", "grey", "16-bit grey"],
)
def test_alpha_depth_and_every_untouched_sample_come_through(pictures, model, tmp_path, kind, suffix):
    background = background_file(kind, pictures / "kind.png")
    output = tmp_path / f"OUT{suffix}"
    assert compose(pictures, model, "-o", str(output), "--masks", "--box", "20,15,40,30", background="kind.png") == 0
    found = read_picture(output).pixels
    effect, mask = (cv2.imread(str(tmp_path / f"OUT.{name}.png"), cv2.IMREAD_UNCHANGED) for name in ("effect", "mask"))
    assert found.shape == background.shape
    if suffix == ".webp":
        background = to_u8(background)
    assert found.dtype == background.dtype
    assert (effect == 0).sum() > 1000
    np.testing.assert_array_equal(found[effect == 0], background[effect == 0])
    if background.shape[2] == 4:
        np.testing.assert_array_equal(found[mask == 0][:, 3], background[mask == 0][:, 3])
        assert (found[mask == 255][:, 3] == np.iinfo(found.dtype).max).all()


@pytest.mark.parametrize(
    ("kind", "suffix", "mode"),
    [
        ("grey", ".png", "L"),
        ("grey", ".tif", "L"),
        ("grey", ".jpg", "L"),
        ("grey", ".bmp", "L"),
        ("grey", ".webp", "RGB"),  # WebP knows no grey
        ("16-bit grey", ".png", "I;16"),
        ("grey with alpha", ".png", "RGBA"),
    ],
)
def test_a_grey_background_gives_a_grey_composite(pictures, model, tmp_path, kind, suffix, mode):
    background_file(kind, pictures / "kind.png")
    output = tmp_path / f"OUT{suffix}"
    assert compose(pictures, model, "-o", str(output), "--masks", background="kind.png") == 0
    with Image.open(output) as opened:
        assert opened.mode == mode
    picture = read_picture(output)
    assert picture.is_grey == (mode not in {"RGB", "RGBA"})
    assert (picture.rgb == picture.rgb[..., :1]).all()


@pytest.mark.parametrize("suffix", [".jpg", ".bmp"])
def test_where_a_format_holds_no_alpha_the_composite_is_opaque_and_that_is_noted(
    pictures, model, tmp_path, capsys, suffix
):
    background = background_file("RGBA", pictures / "clear.png")
    assert compose(pictures, model, "-o", str(tmp_path / f"OUT{suffix}"), "--masks", background="clear.png") == 0
    assert f"note: {suffix} holds no transparency" in capsys.readouterr().err
    found = read_picture(tmp_path / f"OUT{suffix}").pixels
    assert found.shape == (64, 96, 3)
    if suffix == ".bmp":
        effect = cv2.imread(str(tmp_path / "OUT.effect.png"), cv2.IMREAD_UNCHANGED)
        np.testing.assert_array_equal(found[effect == 0], background[..., :3][effect == 0])


@pytest.mark.parametrize("options", [[], ["--match", "light"], ["--strength", "0.4"]])
def test_several_objects_leave_the_rest_of_a_see_through_16_bit_picture_alone(pictures, model, tmp_path, options):
    background = background_file("16-bit RGBA", pictures / "deep.png")
    Image.fromarray(cutout(20, 30)).save(pictures / "other.png")
    words = [str(pictures / name) for name in ("deep.png", "cutout.png", "other.png")]
    output = ["-o", str(tmp_path / "OUT.png"), "--masks", "--model", model, "--device", "cpu"]
    assert main(["compose", *words, *output, *options]) == 0
    found = read_picture(tmp_path / "OUT.png").pixels
    effect = cv2.imread(str(tmp_path / "OUT.effect.png"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(found[effect == 0], background[effect == 0])
    seen = np.maximum(*(cv2.imread(str(tmp_path / f"OUT.mask-{n}.png"), cv2.IMREAD_UNCHANGED) for n in (1, 2)))
    assert (found[seen == 255][:, 3] == 65535).all()


def test_strength_0_pastes_and_match_says_what_changes(pictures, model, tmp_path):
    changed = {}
    for name, options in {
        "paste": ["--strength", "0"],
        "light": ["--match", "light"],
        "shadow": ["--match", "shadow"],
        "all": [],
    }.items():
        words = ["-o", str(tmp_path / f"{name}.png"), "--masks", "--box", "30,20,40,30", *options]
        assert compose(pictures, model, *words) == 0
        changed[name] = cv2.imread(str(tmp_path / f"{name}.effect.png"), cv2.IMREAD_UNCHANGED) > 0
    plain = paste(scene(), cutout(), (0.5 + 2 / 96, 35 / 64, 40 / 96, 30 / 64))
    assert np.abs(read_picture(tmp_path / "paste.png").pixels.astype(int) - plain).max() <= 1
    np.testing.assert_array_equal(changed["light"], changed["paste"])
    np.testing.assert_array_equal(changed["shadow"], changed["all"])
    assert changed["all"].sum() > changed["light"].sum()


def test_with_folders_too_the_options_reach_every_picture(pictures, model, tmp_path):
    (tmp_path / "many").mkdir()
    Image.fromarray(scene()).save(tmp_path / "many" / "a.png")
    words = ["compose", str(tmp_path / "many"), str(pictures / "cutout.png"), "--model", model, "--device", "cpu"]
    assert main([*words, "-o", str(tmp_path / "OUT"), "--strength", "0"]) == 0
    (entry,) = json.loads(next((tmp_path / "OUT").glob("*.json")).read_text())
    effect, mask = (
        cv2.imread(str(tmp_path / "OUT" / entry[name]), cv2.IMREAD_UNCHANGED) for name in ("effect_file", "mask_file")
    )
    assert (effect[mask == 0] == 0).all()


def test_a_box_says_where(pictures, model, tmp_path):
    json_path = tmp_path / "OUT.json"
    options = ["-o", str(tmp_path / "OUT.png"), "--box", "30,20,60,30", "--json", str(json_path)]
    assert compose(pictures, model, *options) == 0
    (entry,) = json.loads(json_path.read_text())
    assert entry["box_xywh_px"] == [40, 20, 40, 30]
    assert entry["probability"] is None


def test_a_lossy_format_is_noted(pictures, model, tmp_path, capsys):
    assert compose(pictures, model, "-o", str(tmp_path / "OUT.jpg")) == 0
    assert ".jpg is lossy" in capsys.readouterr().err


def test_folders_give_as_many_pictures_as_asked_for(pictures, model, tmp_path, capsys):
    for name in ("backgrounds", "foregrounds"):
        (tmp_path / name).mkdir()
    for number in range(2):
        Image.fromarray(scene(60 + number, 50)).save(tmp_path / "backgrounds" / f"b{number}.png")
        Image.fromarray(cutout(20 + number, 20)).save(tmp_path / "foregrounds" / f"f{number}.png")
    words = [
        "compose",
        str(tmp_path / "backgrounds"),
        str(tmp_path / "foregrounds"),
        "--model",
        model,
        "--device",
        "cpu",
    ]
    for name in ("first", "second"):
        assert main([*words, "-o", str(tmp_path / name), "--num", "3"]) == 0
    names = sorted(path.name for path in (tmp_path / "first").iterdir())
    pictures_made = [name for name in names if name.count(".") == 1 and name.endswith(".png")]
    assert [name[:5] for name in pictures_made] == ["00000", "00001", "00002"]
    assert len([name for name in names if name.endswith(".json")]) == 3
    assert (tmp_path / "first" / "errors.jsonl").read_text() == ""
    assert all((tmp_path / "first" / n).read_bytes() == (tmp_path / "second" / n).read_bytes() for n in names)
    assert len(capsys.readouterr().out.splitlines()) == 6


def test_the_number_of_processes_does_not_change_a_byte(model, tmp_path, capsys):
    for folder in ("backgrounds", "foregrounds"):
        (tmp_path / folder).mkdir()
    for number in range(3):
        Image.fromarray(scene(60 + number, 50)).save(tmp_path / "backgrounds" / f"b{number}.png")
    (tmp_path / "backgrounds" / "bad.png").write_text("no picture")
    Image.fromarray(cutout(20, 20)).save(tmp_path / "foregrounds" / "f.png")
    words = ["compose", str(tmp_path / "backgrounds"), str(tmp_path / "foregrounds"), "--model", model]
    words += ["--num", "7", "--batch-size", "2", "--device", "cpu"]
    said = []
    for count in (1, 2):
        assert main([*words, "-o", str(tmp_path / f"made{count}"), "--num-workers", str(count)]) == 1
        said.append(sorted(Path(line).name for line in capsys.readouterr().out.splitlines()))
    assert said[0] == said[1]
    assert len(said[0]) == 5
    alone, together = (sorted((tmp_path / f"made{count}").iterdir()) for count in (1, 2))
    assert [path.name for path in alone] == [path.name for path in together]
    assert [path.read_bytes() for path in alone] == [path.read_bytes() for path in together]
    failures = [json.loads(line) for line in (tmp_path / "made2" / "errors.jsonl").read_text().splitlines()]
    assert [failure["output"][:5] for failure in failures] == sorted(failure["output"][:5] for failure in failures)


def test_a_folder_of_nothing_but_bad_pictures_says_what_was_wrong_with_each(pictures, model, tmp_path, capsys):
    (tmp_path / "bad").mkdir()
    for name in ("a.png", "b.png"):
        (tmp_path / "bad" / name).write_text("no picture")
    words = ["compose", str(tmp_path / "bad"), str(pictures / "cutout.png"), "-o", str(tmp_path / "made")]
    assert main([*words, "--model", model, "--device", "cpu", "--num-workers", "1"]) == 1
    failures = [json.loads(line) for line in (tmp_path / "made" / "errors.jsonl").read_text().splitlines()]
    assert sorted(Path(failure["background"]).name for failure in failures) == ["a.png", "b.png"]
    assert "2 of 2 pairs failed" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--num", "--num-workers", "--batch-size"])
def test_options_of_folders_are_refused_for_one_picture(option, pictures, model, tmp_path, capsys):
    words = ["compose", str(pictures / "scene.png"), str(pictures / "cutout.png"), "-o", str(tmp_path / "made.png")]
    assert main([*words, option, "2", "--model", model]) == 2
    assert f"{option} 2 needs folders" in capsys.readouterr().err


def test_a_gpu_gets_one_process_unless_more_are_asked_for(monkeypatch):
    monkeypatch.setattr("situate.pipeline.runtime.num_processors", lambda: 8)
    monkeypatch.setattr("situate.pipeline.device.device_named", lambda name: torch.device("cuda"))
    assert default_workers(Runtime("auto")) == 1
    assert default_workers(Runtime("cpu")) == default_workers(Runtime("auto", "openvino")) == 8
    monkeypatch.setattr("situate.pipeline.device.device_named", lambda name: torch.device("cpu"))
    assert default_workers(Runtime("auto")) == 8


def test_several_places_of_a_pair_are_named_as_they_are_written(pictures, model, tmp_path, capsys):
    words = ["compose", str(pictures / "scene.png"), str(tmp_path / "cutouts"), "-o", str(tmp_path / "made")]
    (tmp_path / "cutouts").mkdir()
    Image.fromarray(cutout()).save(tmp_path / "cutouts" / "object.png")
    assert main([*words, "--top-k", "2", "--model", model, "--device", "cpu", "--num-workers", "1"]) == 0
    said = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert [path.name for path in said] == ["00000-scene-object-1.png", "00000-scene-object-2.png"]
    assert all(path.is_file() for path in said)


@pytest.mark.parametrize("option", ["--num", "--num-workers", "--batch-size"])
def test_a_folder_needs_at_least_one_of_everything(option, pictures, model, tmp_path, capsys):
    words = ["compose", str(pictures), str(pictures / "cutout.png"), "-o", str(tmp_path / "made"), "--model", model]
    assert main([*words, option, "0"]) == 2
    assert f"{option} is 0; it must be at least 1" in capsys.readouterr().err
    assert not (tmp_path / "made").exists()


def test_bad_pictures_in_folders_are_listed_and_the_rest_goes_on(pictures, model, tmp_path, capsys):
    backgrounds = tmp_path / "backgrounds"
    backgrounds.mkdir()
    Image.fromarray(scene()).save(backgrounds / "good.png")
    (backgrounds / "bad.png").write_text("no picture")
    words = ["compose", str(backgrounds), str(pictures / "cutout.png"), "--model", model, "--device", "cpu"]
    assert main([*words, "-o", str(tmp_path / "made")]) == 1
    (failure,) = [json.loads(line) for line in (tmp_path / "made" / "errors.jsonl").read_text().splitlines()]
    assert failure["background"].endswith("bad.png")
    assert "bad.png" in failure["error"]
    made = [path.name for path in (tmp_path / "made").iterdir() if path.name.endswith("good-cutout.png")]
    assert len(made) == 1
    assert "1 of 2 pairs failed" in capsys.readouterr().err


def bomb() -> bytes:
    """A PNG of a few bytes that says it has 40000 x 40000 pixels."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"0" * 99)) + chunk(b"IEND", b"")
    )


def write_bad_pictures(folder) -> None:
    (folder / "text.png").write_text("not a picture at all\n")
    (folder / "empty.png").write_bytes(b"")
    (folder / "bomb.png").write_bytes(bomb())
    Image.fromarray(scene()).save(folder / "whole.jpg")
    (folder / "cut.jpg").write_bytes((folder / "whole.jpg").read_bytes()[:900])
    Image.fromarray(scene(96, 15)).save(folder / "low.png")
    clear = cutout()
    clear[..., 3] = 0
    Image.fromarray(clear).save(folder / "clear.png")
    wide = np.concatenate([np.zeros((2, 2, 4), np.uint8), np.full((2, 2000, 4), 255, np.uint8)], axis=1)
    Image.fromarray(wide).save(folder / "wide.png")


@pytest.mark.parametrize(
    ("role", "name", "words"),
    [
        ("background", "nowhere.png", ["nowhere.png"]),  # a typing error
        ("background", "text.png", ["text.png", "text"]),  # another file under a picture's name
        ("background", "empty.png", ["empty.png"]),  # a download that failed
        ("background", "cut.jpg", ["cut.jpg"]),  # a download that broke off
        ("background", "bomb.png", ["bomb.png", "40000"]),  # a decompression bomb
        ("background", "low.png", ["low.png", "96 x 15", "16", "larger picture"]),  # too small to see anything
        ("foreground", "nowhere.png", ["nowhere.png"]),
        ("foreground", "text.png", ["text.png"]),
        ("foreground", "bomb.png", ["bomb.png", "40000"]),
        ("foreground", "scene.png", ["scene.png", "no transparency", "situate cutout"]),  # nothing was cut out
        ("foreground", "clear.png", ["alpha covers 0.0 %", "situate cutout"]),  # everything was cut away
        ("foreground", "wide.png", ["no place is left", "--box"]),  # fits nowhere
    ],
)
def test_a_picture_that_cannot_be_used_is_named_and_nothing_is_written(
    pictures, model, tmp_path, capsys, role, name, words
):
    write_bad_pictures(pictures)
    options = ["-o", str(tmp_path / "OUT.png"), "--json", str(tmp_path / "OUT.json")]
    assert compose(pictures, model, *options, **{role: name}) == 2
    assert_named(capsys, tmp_path, words)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--box", "500,10,20,20"], ["500,10,20,20", "96 x 64", "50%"]),  # beside the picture
        (["--box", "10,10,20"], ["10,10,20", "four numbers", "left,top,width,height"]),  # a number is missing
        (["--box", "a,b,c,d"], ["a,b,c,d", "four numbers"]),
        (["--box", "nan,1,9,9"], ["nan"]),  # reads as a number
        (["--top-k", "0"], ["top_k is 0", "at least 1"]),
        (["--steps", "0"], ["steps is 0", "at least 1"]),
        (["--strength", "1.2"], ["strength is 1.2", "between 0", "1"]),
        (["--strength", "nan"], ["strength is nan"]),  # reads as a number
        (["--match", "colour"], ["colour", "light", "shadow"]),  # cyclopts' own error
        (["--seed", "-3"], ["seed is -3", "at least 0"]),
        (["--num", "3"], ["--num 3", "folders"]),  # pictures, not folders
        (["--device", "abacus"], ["abacus", "cpu"]),
        (["--steps", "many"], ["many"]),  # cyclopts' own error
        (["--json", "OUT.txt"], ["OUT.txt", ".json"]),
    ],
)
def test_an_option_that_cannot_be_used_is_named_and_nothing_is_written(
    pictures, model, tmp_path, capsys, options, words
):
    assert compose(pictures, model, "-o", str(tmp_path / "OUT.png"), *options) == 2
    assert_named(capsys, tmp_path, words)


@pytest.mark.parametrize("options", [["--steps", "0"], ["--top-k", "0"], ["--seed", "-1"]])
def test_with_folders_too_nothing_is_made_with_such_an_option(pictures, model, tmp_path, capsys, options):
    words = ["compose", str(pictures), str(pictures), "--model", model, "-o", str(tmp_path / "OUT"), "--device", "cpu"]
    assert main([*words, *options]) == 2
    assert_named(capsys, tmp_path, ["it must be at least"])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("OUT.gif", ["OUT.gif", ".png"]),  # a format that cannot be written
        ("OUT", ["no suffix", ".png"]),
        ("nowhere/OUT.png", ["nowhere", "make the folder"]),
        ("in", ["in"]),  # a folder
        ("long" * 100 + ".png", ["choose a shorter name"]),
    ],
)
def test_an_output_that_cannot_be_written_is_named_before_any_work(pictures, model, tmp_path, capsys, name, words):
    assert compose(pictures, model, "-o", str(tmp_path / name), background="nowhere.png") == 2
    assert_named(capsys, tmp_path, words)


def test_a_full_disk_is_named_and_leaves_nothing(pictures, model, tmp_path, capsys, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    assert compose(pictures, model, "-o", str(tmp_path / "OUT.png"), "--masks") == 2
    assert_named(capsys, tmp_path, ["OUT.png", "No space left", "free some space"])


def test_damaged_weights_are_named(pictures, tmp_path, capsys):
    damaged = publish_untrained(tmp_path / "in" / "damaged")
    weights = damaged / "synthesis" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    assert compose(pictures, str(damaged), "-o", str(tmp_path / "OUT.png")) == 2
    assert_named(capsys, tmp_path, ["damaged", "train or copy it again"])


def test_a_folder_that_is_no_model_is_named(pictures, tmp_path, capsys):
    assert compose(pictures, str(pictures), "-o", str(tmp_path / "OUT.png")) == 2
    assert_named(capsys, tmp_path, ["is not a model folder", "RUN/model"])


def test_a_model_with_foreign_classes_is_refused(pictures, model, tmp_path, capsys):
    foreign = publish_untrained(tmp_path / "in" / "foreign")
    index = json.loads((foreign / "model_index.json").read_text())
    (foreign / "model_index.json").write_text(json.dumps({**index, "placement": ["os", "system"]}))
    assert compose(pictures, str(foreign), "-o", str(tmp_path / "OUT.png")) == 2
    assert_named(capsys, tmp_path, ["os", "situate does not load"])


def assert_named(capsys, tmp_path, words: list[str]) -> None:
    """One line on stderr with value and remedy, no traceback, and nothing but the inputs on disk."""
    captured = capsys.readouterr()
    assert captured.err.startswith("error: ")
    assert "Traceback" not in captured.err
    assert [word for word in words if word not in captured.err] == []
    assert captured.out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
