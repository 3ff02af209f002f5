"""In and out in every layout: what is written is read back, and opens where detectors read it."""

import contextlib
import io
import shutil
from pathlib import Path

import pytest
from tests.augment.made import write_data_set

from situate.augment.config import AugmentConfig
from situate.augment.run import augment
from situate.augment.source import AugmentOutput, AugmentSource
from situate.cli.app import main
from situate.data.building.build import Workers
from situate.errors import InputError
from situate.labels.read import read_labels
from situate.labels.write import PICTURE_FOLDERS, label_files
from situate.pipeline.runtime import Runtime

CONFIG = AugmentConfig.checked(batch_size=3, num_steps=1, min_side_px=2)
ANNOTATIONS = {"coco": "annotations.json", "yolo": "data.yaml", "voc": "."}


@pytest.fixture(scope="module")
def layouts(data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same data set in each layout."""
    dataset = read_labels(data / "instances.json", data / "images")
    folders = {}
    for name in ANNOTATIONS:
        folders[name] = folder = tmp_path_factory.mktemp(name)
        for path, content in label_files(dataset, name):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        shutil.copytree(data / "images", folder / PICTURE_FOLDERS[name])
    return folders


def made_from(folder: Path, name: str, cutouts: Path, model: Path, output: AugmentOutput):
    source = AugmentSource(
        folder / ANNOTATIONS[name], folder / PICTURE_FOLDERS[name], cutouts, model=model, runtime=Runtime("cpu")
    )
    return augment(CONFIG, source, output, Workers(1))


@pytest.mark.parametrize("name", list(ANNOTATIONS))
def test_a_data_set_comes_out_in_its_own_layout_and_is_whole(name, layouts, cutouts, model, tmp_path, capsys):
    out = tmp_path / "out"
    report = made_from(layouts[name], name, cutouts, model, AugmentOutput(out))
    assert (report.num_originals, report.num_new) == (6, 6)
    dataset = read_labels(out / ANNOTATIONS[name], out / PICTURE_FOLDERS[name])
    assert len(dataset.images) == 12
    assert len(dataset.annotations) == sum(report.after.values())
    assert main(["data", "verify", str(out)]) == 0, capsys.readouterr().out


@pytest.mark.parametrize("name", list(ANNOTATIONS))
def test_every_layout_says_the_same(name, layouts, cutouts, model, tmp_path):
    made_from(layouts["coco"], "coco", cutouts, model, AugmentOutput(tmp_path / "coco"))
    made_from(layouts["coco"], "coco", cutouts, model, AugmentOutput(tmp_path / "out", label_format=name))
    expected = read_labels(tmp_path / "coco" / "annotations.json", tmp_path / "coco" / "images")
    found = read_labels(tmp_path / "out" / ANNOTATIONS[name], tmp_path / "out" / PICTURE_FOLDERS[name])
    assert boxes_of(found).keys() == boxes_of(expected).keys()
    for image, boxes in boxes_of(expected).items():
        for (kind, box), (other_kind, other) in zip(boxes, boxes_of(found)[image], strict=True):
            assert kind == other_kind
            corners, other_corners = ((x, y, x + w, y + h) for x, y, w, h in (box, other))
            assert corners == pytest.approx(other_corners, abs=0.5 + 1e-3)


def boxes_of(dataset) -> dict[str, list]:
    names = dataset.category_names()
    return {
        image.file_name: sorted((names[one.category_id], one.box_xywh_px) for one in annotations)
        for image, annotations in zip(dataset.images, dataset.annotations_by_image().values(), strict=True)
    }


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools 2.0.11
def test_it_opens_in_pycocotools(layouts, cutouts, model, tmp_path):
    coco = pytest.importorskip("pycocotools.coco")
    made_from(layouts["coco"], "coco", cutouts, model, AugmentOutput(tmp_path / "out"))
    with contextlib.redirect_stdout(io.StringIO()):
        opened = coco.COCO(tmp_path / "out" / "annotations.json")
    for annotation in opened.anns.values():
        if "situate" in annotation:
            assert opened.annToMask(annotation).sum() == annotation["area"]


def test_polygons_are_written_when_asked(layouts, cutouts, model, tmp_path):
    made_from(layouts["coco"], "coco", cutouts, model, AugmentOutput(tmp_path / "out", masks="polygons"))
    dataset = read_labels(tmp_path / "out" / "annotations.json", tmp_path / "out" / "images")
    new = [one for one in dataset.annotations if "situate" in one.extra]
    assert new
    assert all(isinstance(one.segmentation, list) for one in new)


def test_pictures_that_would_share_a_label_file_are_refused_before_any_work(cutouts, model, tmp_path):
    data = write_data_set(tmp_path / "data", 2)
    content = (data / "instances.json").read_text().replace('"01.png"', '"00.jpg"')
    (data / "instances.json").write_text(content)
    source = AugmentSource(data / "instances.json", data / "images", cutouts, model=model, runtime=Runtime("cpu"))
    with pytest.raises(InputError, match="00"):
        augment(CONFIG, source, AugmentOutput(tmp_path / "out", label_format="yolo"), Workers(1))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["yolo", "voc"])
def test_parts_stay_apart(name, cutouts, model, tmp_path):
    data = write_data_set(tmp_path / "data", 6, name="train/{:02d}.png")
    (data / "images" / "val").mkdir()
    content = (data / "instances.json").read_text()
    for number in (4, 5):
        (data / "images" / "train" / f"{number:02d}.png").rename(data / "images" / "val" / f"{number:02d}.png")
        content = content.replace(f"train/{number:02d}", f"val/{number:02d}")
    (data / "instances.json").write_text(content)
    out, again = tmp_path / "out", tmp_path / "again"
    source = AugmentSource(data / "instances.json", data / "images", cutouts, model=model, runtime=Runtime("cpu"))
    augment(CONFIG, source, AugmentOutput(out, label_format=name), Workers(1))
    lists = out if name == "yolo" else out / "ImageSets" / "Main"
    train, val = ((lists / f"{part}.txt").read_text().splitlines() for part in ("train", "val"))
    assert (len(train), len(val)) == (8, 2)
    assert all("val" in line for line in val)
    report = made_from(out, name, cutouts, model, AugmentOutput(again))
    assert (report.num_originals, report.num_new) == (10, 8)
