"""Zip files of clients: honest ones become folders, others are refused, and nothing is written beside the folder."""

import json
import stat
import struct
import zipfile
from io import BytesIO
from tempfile import TemporaryFile

import pytest
from tests.service.pictures import FOREGROUND
from tests.service.zips import CUTOUTS, DATASET, NAMES, annotations, cutout_files, dataset_files, packed

from situate.errors import InputError
from situate.service import unpack as unpack_module
from situate.service.refusals import FormatError
from situate.service.unpack import unpack

MANY_BYTES = 10_000_000


@pytest.fixture
def folder(tmp_path):
    """An empty folder; what lies beside it afterwards came out of it."""
    inside = tmp_path / "inside"
    inside.mkdir()
    yield inside
    assert [path.name for path in tmp_path.iterdir()] == ["inside"]


def unpacked(folder, dataset=DATASET, cutouts=None, max_bytes=MANY_BYTES):
    with TemporaryFile() as first, TemporaryFile() as second:
        for file, content in ((first, dataset), (second, cutouts or b"")):
            file.write(content)
            file.seek(0)
        return unpack(first, None if cutouts is None else second, folder, max_bytes=max_bytes)


def named(files, name, content=b"x"):
    """These files and one more, whose name zipfile does not correct."""
    info = zipfile.ZipInfo("placeholder")
    info.filename = name
    return packed({**files, info: content})


def link(name, target):
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return packed({**dataset_files(), info: target})


def encrypted():
    """Say of every file that it is encrypted, at both places of the archive."""
    changed = bytearray(DATASET)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = changed.find(signature)
        while at >= 0:
            changed[at + offset] |= 1
            at = changed.find(signature, at + 4)
    return bytes(changed)


def lying():
    """Say that the first file unpacks to 10 bytes."""
    changed = bytearray(packed({"labels.json": "[" + " " * 500_000 + "]"}))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = changed.find(signature)
        changed[at + offset : at + offset + 4] = struct.pack("<I", 10)
    return bytes(changed)


def twice():
    target = BytesIO(DATASET)
    with zipfile.ZipFile(target, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(f"set/{NAMES[0]}", FOREGROUND)
    return target.getvalue()


def labelled(content, **others):
    return packed({**dataset_files(), "set/labels.json": content, **others})


def test_pictures_are_numbered_and_their_names_kept_beside(folder):
    found = unpacked(folder, DATASET, CUTOUTS)
    assert dict(found.names) == dict(zip(["000001.jpg", "000002.jpg", "000003.png"], NAMES, strict=True))
    content = json.loads(found.annotations.read_bytes())
    assert [one["file_name"] for one in content["images"]] == list(found.names)
    assert content["annotations"] == annotations()["annotations"]
    assert sorted(path.name for path in found.images.iterdir()) == list(found.names)
    assert found.cutouts is not None
    written = sorted(path.relative_to(found.cutouts).as_posix() for path in found.cutouts.rglob("*.png"))
    assert written == ["ball/000002.png", "cone/000001.png"]


def test_a_picture_gets_the_suffix_of_what_it_is(folder):
    found = unpacked(folder, packed({**dataset_files(), f"set/{NAMES[0]}": FOREGROUND}))
    assert found.names["000001.png"] == NAMES[0]


def test_what_macos_adds_is_left_out(folder):
    files = {**dataset_files(), "__MACOSX/set/._labels.json": b"x", "set/.DS_Store": b"x", ".hidden/a.json": b"{}"}
    assert len(unpacked(folder, packed(files)).names) == 3


@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "set/../../outside",
        "/outside",
        "..\\outside",
        "C:/outside",
        "C:outside",
        "//host/outside",
        "\\\\h\\o",
    ],
)
@pytest.mark.parametrize("field", ["dataset", "cutouts"])
def test_a_name_that_leads_out_is_refused(folder, field, name):
    dataset, cutouts = named(dataset_files(), name), named(cutout_files(), name)
    archives = (dataset, None) if field == "dataset" else (DATASET, cutouts)
    with pytest.raises(InputError, match=f"{field} holds .* leads out of the archive"):
        unpacked(folder, *archives)


@pytest.mark.parametrize(
    ("archive", "reason"),
    [
        (lambda: link("set/link.jpg", "/etc/passwd"), "which is a link"),
        (encrypted, "which is encrypted"),
        (twice, "twice"),
        (lambda: DATASET[: len(DATASET) // 2], "is a damaged zip file"),
        (lambda: DATASET[:-1], "is a damaged zip file"),
        (lambda: packed({**dataset_files(), "more.json": "{}"}), "2 .json files"),
        (lambda: packed({"set/a.jpg": b"x"}), "0 .json files"),
        (lambda: packed({}), "0 .json files"),
        (lambda: labelled("{"), "is no JSON"),
        (lambda: labelled("[" * 100_000), "nested too deep"),
        (lambda: labelled(b"\xff\xfe{}"), "is no JSON"),
        (lambda: labelled("[]"), "lists no images"),
        (lambda: labelled('{"images": []}'), "lists no images"),
        (lambda: labelled('{"images": [{"file_name": 7}]}'), "lists no images"),
        (lambda: labelled('{"images": [{"file_name": "/etc/passwd"}]}'), "'/etc/passwd' is not in the archive"),
        (lambda: labelled('{"images": [{"file_name": "../labels.json"}]}'), "is not in the archive"),
        (lambda: labelled('{"images": [{"file_name": ""}]}'), "is not in the archive"),
        (lambda: labelled(json.dumps(annotations(("a.jpg",))), **{"1/a.jpg": b"", "2/a.jpg": b""}), "2 times"),
    ],
)
def test_a_data_set_that_cannot_be_used_is_refused(folder, archive, reason):
    with pytest.raises(InputError, match=reason) as caught:
        unpacked(folder, archive())
    assert str(folder) not in str(caught.value)
    assert not isinstance(caught.value, FormatError)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("picture.png", "named by its class"),
        (" /picture.png", "named by its class"),
        ("a\tb/picture.png", "named by its class"),
        ("<b>/picture.png", "named by its class"),
        ("-rf/picture.png", "named by its class"),
        (f"{'x' * 61}/picture.png", "named by its class"),
    ],
)
def test_a_class_that_is_no_name_is_refused(folder, name, reason):
    with pytest.raises(InputError, match=reason):
        unpacked(folder, DATASET, packed({name: FOREGROUND}))


def test_cutouts_need_pictures(folder):
    with pytest.raises(InputError, match="cutouts holds no pictures"):
        unpacked(folder, DATASET, packed({}))


@pytest.mark.parametrize("content", [b"", b"no zip at all", FOREGROUND, b"Rar!\x1a\x07\0"])
@pytest.mark.parametrize("field", ["dataset", "cutouts"])
def test_what_is_no_zip_file_is_refused(folder, content, field):
    archives = (content, None) if field == "dataset" else (DATASET, content)
    with pytest.raises(FormatError, match=f"{field} is no zip file"):
        unpacked(folder, *archives)


def test_what_is_no_picture_is_refused(folder):
    with pytest.raises(FormatError, match="is no picture"):
        unpacked(folder, packed({**dataset_files(), f"set/{NAMES[1]}": b"#!/bin/sh"}))
    (folder / "images").rename(folder / "images-1")
    with pytest.raises(FormatError, match="is no picture"):
        unpacked(folder, DATASET, packed({"cone/a.png": b"<svg/>"}))


def test_sizes_are_counted_over_both_archives(folder):
    bomb = packed({**cutout_files(), "cone/zeros.png": bytes(2_000_000)})
    assert len(bomb) < 50_000
    with pytest.raises(InputError, match="cutouts unpacks to more than 1 MB, which is the limit"):
        unpacked(folder, DATASET, bomb, max_bytes=1_000_000)


def test_what_an_archive_says_of_its_sizes_is_not_believed(folder):
    with pytest.raises(InputError, match=r"cannot be unpacked|more than 0.1 MB"):
        unpacked(folder, lying(), max_bytes=100_000)


def test_too_many_files_are_refused(folder, monkeypatch):
    monkeypatch.setattr(unpack_module, "MAX_FILES", 3)
    with pytest.raises(InputError, match="dataset holds 4 files; 3 are the limit"):
        unpacked(folder)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damage_anywhere_is_an_error_of_ours(tmp_path, method):
    target = BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in dataset_files(NAMES[:1]).items():
            archive.writestr(name, content)
    whole = target.getvalue()
    for number, position in enumerate(range(0, len(whole), len(whole) // 60)):
        folder = tmp_path / str(number)
        folder.mkdir()
        damaged = bytearray(whole)
        damaged[position] ^= 0xFF
        try:
            unpacked(folder, bytes(damaged))
        except InputError as error:
            assert str(folder) not in str(error)
