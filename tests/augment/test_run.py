"""A whole augmentation: what is written, by however many workers, stopped or not."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from tests.augment.made import CLASSES, write_cutouts, write_data_set

from situate.augment import folder as folder_module
from situate.augment.config import AugmentConfig
from situate.augment.plan import FORMAT
from situate.augment.run import augment
from situate.augment.source import AugmentOutput, AugmentSource
from situate.cli.app import main
from situate.data.building.build import Workers
from situate.errors import DataError, InputError, OutputError
from situate.imageio.read import read_picture
from situate.labels.coco_mask import mask_of
from situate.labels.read import read_labels
from situate.pipeline.runtime import Runtime

CONFIG = AugmentConfig.checked(per_image=2, objects=(1, 2), batch_size=2, num_steps=1, min_side_px=2)


def source_of(data: Path, cutouts: Path | str, model: Path, **options: object) -> AugmentSource:
    return AugmentSource(
        data / "instances.json", data / "images", Path(cutouts), model=model, runtime=Runtime("cpu"), **options
    )


def content_of(folder: Path) -> dict[str, bytes]:
    """All files; the plan and the report without what names the place they lie in."""
    files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items()}


@pytest.fixture(scope="module")
def whole(data: Path, cutouts: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "out"
    report = augment(CONFIG, source_of(data, cutouts, model), AugmentOutput(folder), Workers(1))
    assert report.num_new == report.num_planned == 12
    assert not report.errors
    return folder


def test_every_planned_picture_is_there_once_with_labels_that_fit(whole, data):
    dataset = read_labels(whole / "annotations.json", whole / "images")
    assert len(dataset.images) == 6 + 12
    assert {path.name for path in (whole / "images").iterdir()} == {image.file_name for image in dataset.images}
    by_image = dataset.annotations_by_image()
    for image in dataset.images:
        assert (image.width, image.height) == read_picture(whole / "images" / image.file_name).pixels.shape[1::-1]
        new = [one for one in by_image[image.id] if "situate" in one.extra]
        assert bool(new) == image.file_name.startswith("aug-")
        taken = np.zeros((image.height, image.width), int)
        for one in new:
            mask = mask_of(one, image.height, image.width)
            rows, columns = np.nonzero(mask)
            assert one.box_xywh_px == (
                columns.min(),
                rows.min(),
                columns.max() + 1 - columns.min(),
                rows.max() + 1 - rows.min(),
            )
            assert one.area_px == mask.sum()
            taken += mask
        if new:
            others = [one for one in by_image[image.id] if "situate" not in one.extra and one.segmentation]
            taken += sum(mask_of(one, image.height, image.width).astype(int) for one in others)
        assert taken.max() <= 1


def test_originals_stay_as_they_were_and_new_pictures_keep_licence_and_unknown_keys(whole, data):
    before, after = (
        json.loads((folder).read_text()) for folder in (data / "instances.json", whole / "annotations.json")
    )
    assert after["images"][:6] == before["images"]
    assert after["annotations"][:12] == before["annotations"]
    assert after["categories"] == before["categories"]
    assert after["licenses"] == before["licenses"]
    assert after["info"] == before["info"]
    for name in ("images", "annotations"):
        ids = [entry["id"] for entry in after[name]]
        assert len(set(ids)) == len(ids)
    for image in after["images"][6:]:
        assert (image["license"], image["taken"]) == (4, "2020")
        assert image["situate"]["background"] in {one["file_name"] for one in before["images"]}
    for number in range(6):
        name = f"{number:02d}.png"
        assert (whole / "images" / name).read_bytes() == (data / "images" / name).read_bytes()
    provenance = next(one["situate"] for one in after["annotations"] if "situate" in one)
    assert {"cutout", "seed", "probability", "model", "box_xywh_px"} <= set(provenance)


def test_outside_of_what_was_put_there_a_new_picture_is_the_old_one(data, cutouts, model, tmp_path):
    pasted = CONFIG.model_copy(update={"strength": 0.0, "per_image": 1})
    augment(pasted, source_of(data, cutouts, model), AugmentOutput(tmp_path / "out"), Workers(1))
    dataset = read_labels(tmp_path / "out" / "annotations.json", tmp_path / "out" / "images")
    for image in dataset.images[6:]:
        old = read_picture(data / "images" / image.extra["situate"]["background"]).pixels
        new = read_picture(tmp_path / "out" / "images" / image.file_name).pixels
        reach = np.zeros(old.shape[:2], bool)
        for one in dataset.annotations_by_image()[image.id]:
            if "situate" in one.extra:
                left, top, width, height = one.extra["situate"]["box_xywh_px"]
                rows = slice(max(int(top) - 1, 0), int(top + height) + 3)
                reach[rows, max(int(left) - 1, 0) : int(left + width) + 3] = True
        assert np.array_equal(old[~reach], new[~reach])
        assert not np.array_equal(old, new)


@pytest.mark.parametrize("engine", ["local", "ray"])
def test_the_same_plan_gives_the_same_bytes_on_two_workers(engine, whole, data, cutouts, model, tmp_path):
    if engine == "ray":
        pytest.importorskip("ray")
    augment(CONFIG, source_of(data, cutouts, model), AugmentOutput(tmp_path / "out"), Workers(2, engine))
    assert content_of(tmp_path / "out") == content_of(whole)


def test_a_second_seed_gives_other_pictures(whole, data, cutouts, model, tmp_path):
    other = CONFIG.model_copy(update={"seed": 1})
    augment(other, source_of(data, cutouts, model), AugmentOutput(tmp_path / "out"), Workers(1))
    assert content_of(tmp_path / "out")["annotations.json"] != content_of(whole)["annotations.json"]


COMMAND = """
import sys
from situate.cli.app import main
sys.exit(main(sys.argv[1:]))
"""


def started(data: Path, cutouts: Path, model: Path, folder: Path, *options: str) -> "subprocess.Popen[bytes]":
    words = [
        "augment",
        str(data / "instances.json"),
        str(data / "images"),
        str(cutouts),
        str(folder),
        "--model",
        str(model),
    ]
    words += [
        "--device",
        "cpu",
        "--per-image",
        "2",
        "--objects",
        "1,2",
        "--batch-size",
        "2",
        "--steps",
        "1",
        "--min-side",
        "2",
    ]
    return subprocess.Popen([sys.executable, "-c", COMMAND, *words, *options], start_new_session=True)


def wait_for_blocks(folder: Path, count: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 120
    while len(list((folder / "building").glob("block-*.json"))) < count:
        assert process.poll() is None, "it ended before it could be stopped"
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.slow
def test_a_run_killed_in_the_middle_goes_on_to_the_same_bytes(whole, data, cutouts, model, tmp_path):
    folder = tmp_path / "out"
    process = started(data, cutouts, model, folder, "--num-workers", "2")
    wait_for_blocks(folder, 1, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (folder / "report.json").exists()
    assert started(data, cutouts, model, folder, "--num-workers", "1", "--resume").wait() == 0
    assert content_of(folder) == content_of(whole)


@pytest.mark.slow
def test_a_killed_worker_is_replaced_and_nothing_is_lost(whole, data, cutouts, model, tmp_path):
    folder = tmp_path / "out"
    process = started(data, cutouts, model, folder, "--num-workers", "2")
    wait_for_blocks(folder, 1, process)
    children = subprocess.run(
        ["pgrep", "-P", str(process.pid), "-f", "spawn_main"], capture_output=True, text=True, check=True
    )
    workers = [int(word) for word in children.stdout.split()]
    assert workers
    os.kill(workers[0], signal.SIGKILL)
    assert process.wait() == 0
    assert content_of(folder) == content_of(whole)


def test_a_folder_that_is_not_empty_is_left_alone(whole, data, cutouts, model, tmp_path):
    source = source_of(data, cutouts, model)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    for options in ({}, {"resume": True}, {"overwrite": True}):
        with pytest.raises(InputError, match="thesis.txt"):
            augment(CONFIG, source, AugmentOutput(tmp_path / "mine", **options), Workers(1))
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"
    with pytest.raises(InputError, match="--resume, --overwrite"):
        augment(CONFIG, source, AugmentOutput(whole), Workers(1))


def test_a_finished_run_is_resumed_at_once_and_overwritten_when_asked(data, cutouts, model, tmp_path):
    source, folder = source_of(data, cutouts, model), tmp_path / "out"
    few = CONFIG.model_copy(update={"per_image": None, "total": 2})
    first = augment(few, source, AugmentOutput(folder), Workers(1))
    before = content_of(folder)
    assert augment(few, source, AugmentOutput(folder, resume=True), Workers(1)) == first
    assert content_of(folder) == before
    other = few.model_copy(update={"seed": 5})
    with pytest.raises(InputError, match="seed 0, now 5"):
        augment(other, source, AugmentOutput(folder, resume=True), Workers(1))
    augment(other, source, AugmentOutput(folder, overwrite=True), Workers(1))
    assert content_of(folder) != before
    assert not (folder / "building").exists()


def test_own_objects_never_come_back_into_their_own_picture(data, model, tmp_path):
    folder = tmp_path / "out"
    relaxed = CONFIG.model_copy(update={"min_quality": 0.0})
    report = augment(relaxed, source_of(data, "self", model), AugmentOutput(folder), Workers(1))
    assert report.num_new
    assert set(report.num_cutouts) == {"ball"}
    dataset = read_labels(folder / "annotations.json", folder / "images")
    images = {image.id: image for image in dataset.images}
    for one in dataset.annotations:
        if "situate" in one.extra:
            assert (
                one.extra["situate"]["cutout_image_id"] != images[one.image_id].extra["situate"]["background_image_id"]
            )
            assert (folder / "cutouts" / one.extra["situate"]["cutout"]).is_file()


def test_a_run_killed_before_its_plan_was_written_goes_on(data, model, tmp_path):
    folder, whole = tmp_path / "out", tmp_path / "whole"
    few = CONFIG.model_copy(update={"min_quality": 0.0, "per_image": None, "total": 2})
    source = source_of(data, "self", model)
    augment(few, source, AugmentOutput(whole), Workers(1))
    augment(few, source, AugmentOutput(folder), Workers(1))
    identity = json.loads((folder / "report.json").read_text())["identity"]
    for name in ("plan.json", "report.json", "report.html", "annotations.json"):
        (folder / name).unlink()
    (folder / "building" / "rejected").mkdir(parents=True)
    (folder / "building" / "identity.json").write_text(json.dumps({"format": FORMAT, **identity}))
    augment(few, source, AugmentOutput(folder, resume=True), Workers(1))
    assert content_of(folder) == content_of(whole)


def test_pictures_for_validating_give_no_objects_and_get_none(model, cutouts, tmp_path):
    data = write_data_set(tmp_path / "data")
    content = json.loads((data / "instances.json").read_text())
    for number, image in enumerate(content["images"]):
        image["split"] = "val" if number % 2 else "train"
    (data / "instances.json").write_text(json.dumps(content))
    relaxed = CONFIG.model_copy(update={"min_quality": 0.0})
    report = augment(relaxed, source_of(data, "self", model), AugmentOutput(tmp_path / "out"), Workers(1))
    assert report.num_new
    assert "not augmented" in "".join(report.notes)
    after = json.loads((tmp_path / "out" / "annotations.json").read_text())
    held_out = {image["id"] for image in content["images"] if image["split"] == "val"}
    for image in after["images"]:
        assert image.get("situate", {}).get("background_image_id") not in held_out
    for one in after["annotations"]:
        assert one.get("situate", {}).get("cutout_image_id") not in held_out


def test_what_cannot_be_read_is_listed_and_the_rest_goes_on(model, tmp_path):
    data, cutouts = write_data_set(tmp_path / "data"), write_cutouts(tmp_path / "cutouts")
    (data / "images" / "02.png").write_bytes(b"no picture")
    truncated = (data / "images" / "04.png").read_bytes()
    (data / "images" / "04.png").write_bytes(truncated[: len(truncated) // 2])
    (cutouts / "ball" / "0.png").write_bytes((data / "images" / "00.png").read_bytes())
    folder = tmp_path / "out"
    report = augment(CONFIG, source_of(data, cutouts, model), AugmentOutput(folder), Workers(1))
    lines = [json.loads(line) for line in (folder / "errors.jsonl").read_text().splitlines()]
    assert [line["file"].split("/")[-1] for line in lines] == ["0.png", *sorted(["02.png", "04.png"])] or len(
        lines
    ) == 3
    assert {Path(line["file"]).name for line in lines} == {"0.png", "02.png", "04.png"}
    assert len(report.errors) == 3
    dataset = read_labels(folder / "annotations.json", folder / "images")
    assert not {"02.png", "04.png"} & {image.file_name for image in dataset.images}
    assert report.num_new == 8


def test_a_full_disk_stops_cleanly_and_the_run_can_be_resumed(whole, data, cutouts, model, tmp_path, monkeypatch):
    from situate.augment import block

    real, calls = block.write_bytes, []

    def full(content: bytes, path: Path) -> None:
        calls.append(path)
        if len(calls) > 5:
            raise OutputError(f"{path} cannot be written: No space left on device; free some space")
        real(content, path)

    folder, source = tmp_path / "out", source_of(data, cutouts, model)
    monkeypatch.setattr(block, "write_bytes", full)
    with pytest.raises(OutputError, match="No space left"):
        augment(CONFIG, source, AugmentOutput(folder), Workers(1))
    assert not (folder / "annotations.json").exists()
    monkeypatch.setattr(block, "write_bytes", real)
    augment(CONFIG, source, AugmentOutput(folder, resume=True), Workers(1))
    assert content_of(folder) == content_of(whole)


def test_rare_classes_are_lifted_and_numbers_are_kept(data, cutouts, model, tmp_path):
    asked = CONFIG.model_copy(update={"per_image": None, "per_class": {"box": 5}})
    report = augment(asked, source_of(data, cutouts, model), AugmentOutput(tmp_path / "out", new_only=True), Workers(1))
    assert report.added["box"] + report.num_left_out == 5
    assert report.added["box"] >= 4
    assert report.added["ball"] == 0
    assert report.num_originals == 0
    assert set(CLASSES.values()) == set(report.after)


def test_an_augmented_set_can_be_augmented_again(whole, cutouts, model, tmp_path, capsys):
    source = AugmentSource(whole / "annotations.json", whole / "images", cutouts, model=model, runtime=Runtime("cpu"))
    once = CONFIG.model_copy(update={"per_image": 1})
    report = augment(once, source, AugmentOutput(tmp_path / "out"), Workers(1))
    assert (report.num_originals, report.num_new) == (18, 18)
    dataset = read_labels(tmp_path / "out" / "annotations.json", tmp_path / "out" / "images")
    assert len({image.file_name for image in dataset.images}) == 36
    assert sum(report.added.values()) < sum("situate" in one.extra for one in dataset.annotations)
    for image in dataset.images[:18]:
        assert (tmp_path / "out" / "images" / image.file_name).read_bytes() == (
            whole / "images" / image.file_name
        ).read_bytes()
    assert main(["data", "verify", str(tmp_path / "out")]) == 0, capsys.readouterr().out


def test_an_id_may_be_negative_and_zero(cutouts, model, tmp_path):
    data = write_data_set(tmp_path / "data", 2)
    content = json.loads((data / "instances.json").read_text())
    for number, one in enumerate(content["annotations"]):
        one["id"] = -number
    (data / "instances.json").write_text(json.dumps(content))
    augment(CONFIG, source_of(data, cutouts, model), AugmentOutput(tmp_path / "out"), Workers(1))
    after = json.loads((tmp_path / "out" / "annotations.json").read_text())
    assert after["annotations"][:4] == content["annotations"]


def test_what_is_read_is_never_written_over(data, cutouts, model, tmp_path):
    mine = write_data_set(tmp_path / "mine")
    for folder in (mine, mine / "images", mine / "images" / "new", tmp_path):
        for options in ({}, {"overwrite": True}):
            with pytest.raises(InputError, match="lie in each other"):
                augment(CONFIG, source_of(mine, cutouts, model), AugmentOutput(folder, **options), Workers(1))
    assert len(list((mine / "images").iterdir())) == 6


@pytest.mark.parametrize("name", ["images/mine.png", "cutouts/ball/mine.png", "mine.txt"])
def test_overwriting_leaves_files_alone_that_are_not_its_own(name, data, cutouts, model, tmp_path):
    source, folder = source_of(data, cutouts, model), tmp_path / "out"
    few = CONFIG.model_copy(update={"per_image": None, "total": 1})
    augment(few, source, AugmentOutput(folder), Workers(1))
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"years of work")
    with pytest.raises(InputError, match="mine"):
        augment(few, source, AugmentOutput(folder, overwrite=True), Workers(1))
    assert path.read_bytes() == b"years of work"
    path.unlink()
    augment(few, source, AugmentOutput(folder, overwrite=True), Workers(1))


def test_a_set_that_was_being_replaced_is_never_taken_for_a_whole_one(data, cutouts, model, tmp_path, monkeypatch):
    source, folder = source_of(data, cutouts, model), tmp_path / "out"
    few = CONFIG.model_copy(update={"per_image": None, "total": 2})
    augment(few, source, AugmentOutput(folder), Workers(1))
    before = content_of(folder)
    real = shutil.rmtree

    def killed(path: Path, **options: object) -> None:
        real(path, **options)
        if Path(path).name == "images":
            raise KeyboardInterrupt

    monkeypatch.setattr(folder_module.shutil, "rmtree", killed)
    with pytest.raises(KeyboardInterrupt):
        augment(few, source, AugmentOutput(folder, overwrite=True), Workers(1))
    monkeypatch.undo()
    with pytest.raises((InputError, DataError)):
        augment(few, source, AugmentOutput(folder, resume=True), Workers(1))
    augment(few, source, AugmentOutput(folder, overwrite=True), Workers(1))
    assert content_of(folder) == before


def test_a_run_that_could_write_nothing_can_be_resumed(data, cutouts, model, tmp_path):
    source, folder = source_of(data, cutouts, model), tmp_path / "out"
    few = CONFIG.model_copy(update={"per_image": None, "total": 1})
    (folder / "building" / "rejected").mkdir(parents=True)
    (folder / "building" / "identity.json.partial").write_text("{")
    assert augment(few, source, AugmentOutput(folder, resume=True), Workers(1)).num_planned == 1


def test_masks_of_places_that_cannot_be_used_are_errors(data, cutouts, model, tmp_path):
    (tmp_path / "allowed").mkdir()
    few = CONFIG.model_copy(update={"per_image": None, "total": 2, "allow": tmp_path / "allowed"})
    report = augment(few, source_of(data, cutouts, model), AugmentOutput(tmp_path / "out"), Workers(1))
    assert report.num_new == 0
    assert "holds 0 pictures called" in report.errors[0]["error"]
    missing = few.model_copy(update={"allow": tmp_path / "missing.png"})
    with pytest.raises(InputError, match="does not exist"):
        augment(missing, source_of(data, cutouts, model), AugmentOutput(tmp_path / "other"), Workers(1))
