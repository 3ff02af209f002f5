"""Where an object may be put, from the shell: every option is obeyed, and what cannot be is said."""

import json

import numpy as np
import pytest
from PIL import Image
from tests.pipeline.models import cutout, publish_untrained, scene

from situate.cli.app import main
from situate.imageio.read import read_picture

HEIGHT, WIDTH = scene().shape[:2]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return str(publish_untrained(tmp_path_factory.mktemp("models") / "model"))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(scene()).save("scene.png")
    Image.fromarray(cutout()).save("cutout.png")
    Image.fromarray(cutout(20, 30)).save("tall.png")
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[:, WIDTH // 2 :] = 255
    Image.fromarray(mask).save("right.png")
    return tmp_path


def places(model: str, capsys, *options: str, foregrounds: tuple[str, ...] = ("cutout.png",)) -> list:
    assert main(["place", "scene.png", *foregrounds, "--model", model, "--device", "cpu", *options]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.usefixtures("folder")
def test_it_stands_where_it_is_allowed_to(model, capsys):
    boxes = [entry["box_xywh_px"] for entry in places(model, capsys, "--allow", "right.png")]
    assert len(boxes) >= 2
    assert all(left + width / 2 >= WIDTH / 2 - 0.01 for left, _, width, _ in boxes)


@pytest.mark.usefixtures("folder")
def test_it_covers_nothing_of_what_it_must_avoid(model, capsys):
    boxes = [entry["box_xywh_px"] for entry in places(model, capsys, "--avoid", "right.png")]
    assert boxes
    assert all(left + width <= WIDTH / 2 + 0.02 for left, _, width, _ in boxes)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("size", ["0.25", "25%", "16px"])
def test_sizes_are_shares_of_the_height_or_pixels(model, capsys, size):
    boxes = [entry["box_xywh_px"] for entry in places(model, capsys, "--max-size", size)]
    assert boxes
    assert all(height <= 16.01 for *_, height in boxes)


@pytest.mark.usefixtures("folder")
def test_it_keeps_away_from_boxes_and_lies_inside(model, capsys):
    options = ["--away-from", "0,0,40,64", "60,0,4,4", "--distance", "5", "--inside", "1"]
    boxes = [entry["box_xywh_px"] for entry in places(model, capsys, *options)]
    assert boxes
    for left, top, width, height in boxes:
        assert left >= 44.99
        assert min(left, top) >= -0.01
        assert left + width <= WIDTH + 0.01
        assert top + height <= HEIGHT + 0.01


@pytest.mark.usefixtures("folder")
def test_several_objects_keep_apart_and_each_has_its_list(model, capsys):
    first, second = places(model, capsys, "--top-k", "2", foregrounds=("cutout.png", "tall.png"))
    assert first == places(model, capsys, "--top-k", "2")
    left, top, width, height = first[0]["box_xywh_px"]
    for entry in second:
        x, y, w, h = entry["box_xywh_px"]
        assert x >= left + width - 0.1 or x + w <= left + 0.1 or y >= top + height - 0.1 or y + h <= top + 0.1


def test_several_objects_are_composed_into_one_picture(model, folder, capsys):
    words = ["compose", "scene.png", "cutout.png", "tall.png", "-o", "OUT.png", "--json", "OUT.json"]
    assert main([*words, "--model", model, "--device", "cpu"]) == 0
    assert capsys.readouterr().out == "OUT.png\n"
    entries = json.loads((folder / "OUT.json").read_text())
    assert [entry["file"] for entry in entries] == ["OUT.png", "OUT.png"]
    assert [entry["mask_file"] for entry in entries] == ["OUT.mask-1.png", "OUT.mask-2.png"]
    effect = read_picture(folder / "OUT.effect.png").pixels[..., 0]
    changed = (read_picture(folder / "OUT.png").pixels != scene()).any(axis=2)
    assert not (changed & (effect == 0)).any()
    masks = [read_picture(folder / entry["mask_file"]).pixels[..., 0] for entry in entries]
    assert all((mask > 0).any() for mask in masks)
    assert not (np.minimum(*masks) > 200).any()


def test_a_folder_of_masks_goes_with_a_folder_of_backgrounds(model, folder):
    for name in ("scenes", "masks"):
        (folder / name).mkdir()
    for name in ("a", "b"):
        Image.fromarray(scene()).save(folder / f"scenes/{name}.jpg")
    (folder / "right.png").rename(folder / "masks/a.png")
    words = ["compose", "scenes", "cutout.png", "-o", "out", "--allow", "masks", "--model", model, "--device", "cpu"]
    assert main(words) == 1
    (failure,) = map(json.loads, (folder / "out/errors.jsonl").read_text().splitlines())
    assert "masks holds 0 pictures called b" in failure["error"]
    (entry,) = json.loads(next((folder / "out").glob("*-a-*.json")).read_text())
    left, _, width, _ = entry["box_xywh_px"]
    assert left + width / 2 >= WIDTH / 2 - 0.01


@pytest.mark.usefixtures("folder")
def test_a_sheet_shows_every_place(model, capsys):
    entries = places(model, capsys, "--top-k", "4", "--sheet", "sheet.png", "--heatmap", "heat.jpg")
    sheet = read_picture("sheet.png").pixels
    rows = -(-(1 + len(entries)) // 3)
    assert sheet.shape[0] % rows == 0
    assert sheet.std() > 20


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--allow", "nowhere.png"], "nowhere.png does not exist"),
        (["--allow", "cutout.png"], "40 x 30 pixels"),
        (["--min-size", "huge"], "--min-size 'huge' is no size"),
        (["--max-size", "40"], "write 40px or 40%"),
        (["--min-size", "0.9", "--max-size", "0.1"], "least size, 0.9, is more than the largest, 0.1"),
        (["--away-from", "1,2,3"], "is not four numbers"),
        (["--away-from", "0,0,96,64"], "--away-from allows none"),
        (["--inside", "2"], "least share inside is 2"),
        (["--away-from", "1,2,30,4", "--distance", "-3"], "distance is -3"),
        (["--distance", "5"], "--distance 5 needs something to keep from"),
        (["--may-overlap"], "for several foregrounds"),
        (["--min-size", "500%"], "no place is left: --min-size allows none"),
    ],
)
@pytest.mark.parametrize("command", ["place", "compose"])
def test_what_cannot_be_obeyed_is_said_and_nothing_written(model, capsys, folder, command, options, message):
    before = sorted(folder.iterdir())
    output = ["-o", "OUT.png"] if command == "compose" else ["--heatmap", "OUT.png"]
    assert main([command, "scene.png", "cutout.png", "--model", model, "--device", "cpu", *output, *options]) == 2
    assert message in capsys.readouterr().err
    assert sorted(folder.iterdir()) == before


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "options", [["--max-size", "40"], ["--inside", "2"], ["--box", "1,2,30,40", "--min-size", "1px"]]
)
def test_what_is_wrong_for_every_background_is_said_once(model, capsys, folder, options):
    (folder / "scenes").mkdir()
    Image.fromarray(scene()).save(folder / "scenes/a.png")
    assert main(["compose", "scenes", "cutout.png", "-o", "out", *options, "--model", model, "--device", "cpu"]) == 2
    assert capsys.readouterr().err.startswith("error: ")
    assert not (folder / "out").exists()


@pytest.mark.usefixtures("folder")
def test_two_pictures_need_two_names(model, capsys):
    words = ["place", "scene.png", "cutout.png", "--heatmap", "a.png", "--sheet", "a.png", "--model", model]
    assert main(words) == 2
    assert "are both a.png" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["scene.png"], "there is no foreground"),
        (["scene.png", "cutout.png", "tall.png", "--top-k", "2"], "--top-k and --box are for one foreground"),
        (["scene.png", "cutout.png", "tall.png", "--box", "1,2,30,40"], "--top-k and --box are for one foreground"),
        ([".", "cutout.png", "tall.png"], "2 foregrounds need one background"),
        (["scene.png", "cutout.png", "--box", "1,2,30,40", "--allow", "right.png"], "pass one of them"),
    ],
)
def test_foregrounds_that_do_not_go_together_are_refused(model, capsys, words, message):
    assert main(["compose", *words, "-o", "OUT.png", "--model", model, "--device", "cpu"]) == 2
    assert message in capsys.readouterr().err
