import lzma
from pathlib import Path

import pytest
from tests.data.assets.packages import good_package, package_of, tar_of

from situate.data.assets import debian
from situate.data.assets.debian import fetched_package, unpack_archives
from situate.errors import DataError, InputError, OutputError


@pytest.mark.parametrize("name", ["data.tar.xz", "data.tar"])
def test_only_the_archives_of_a_package_are_written_and_only_into_the_folder(tmp_path, name):
    folder = tmp_path / "a" / "models"
    found = unpack_archives(good_package(tmp_path / "p.deb", name), folder)
    assert [path.name for path in found] == ["one.sh3f", "two.sh3f"]
    assert [path.read_bytes() for path in found] == [b"first", b"second"]
    assert sorted(path.name for path in folder.iterdir()) == ["one.sh3f", "two.sh3f"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "p.deb"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04", "is no Debian package"),
        (b"!<arch>\n", "has no data.tar"),
        (b"!<arch>\n" + b"x" * 60, "has no data.tar"),  # a header without a size
    ],
)
def test_what_is_no_package_names_the_remedy(tmp_path, content, reason):
    path = tmp_path / "p.deb"
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"p.deb {reason}.*--deb FILE"):
        unpack_archives(path, tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_a_truncated_package_is_told(tmp_path):
    path = good_package(tmp_path / "p.deb")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"ends after \d+ of \d+ bytes of data.tar.xz"):
        unpack_archives(path, tmp_path / "models")


def test_damaged_data_leaves_no_partial_file(tmp_path):
    big = tar_of({"./one.sh3f": bytes(300_000)})
    data = bytearray(lzma.compress(big))
    data[len(data) // 2] ^= 255
    path = package_of(tmp_path / "p.deb", {"data.tar.xz": bytes(data)})
    with pytest.raises(DataError, match=r"p.deb is damaged"):
        unpack_archives(path, tmp_path / "models")
    assert list((tmp_path / "models").glob("*")) == []


def test_a_package_of_something_else_is_told(tmp_path):
    path = package_of(tmp_path / "p.deb", {"data.tar": tar_of({"./usr/bin/x": b"1"})})
    with pytest.raises(DataError, match=r"holds no .sh3f archive"):
        unpack_archives(path, tmp_path / "models")


def test_a_missing_package_is_told(tmp_path):
    with pytest.raises(DataError, match=r"none.deb cannot be opened"):
        unpack_archives(tmp_path / "none.deb", tmp_path / "models")


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "models").write_text("a file")
    with pytest.raises(OutputError, match="one.sh3f cannot be written"):
        unpack_archives(good_package(tmp_path / "p.deb"), tmp_path / "models")


def test_zstd_without_dpkg_names_the_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr(debian.shutil, "which", lambda name: None)
    path = package_of(tmp_path / "p.deb", {"data.tar.zst": b"any"})
    with pytest.raises(InputError, match="needs dpkg-deb"):
        unpack_archives(path, tmp_path / "models")


def test_without_apt_the_remedy_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(debian.shutil, "which", lambda name: None)
    with pytest.raises(InputError, match=r"no apt-get .*packages.debian.org.* --deb FILE"):
        fetched_package(tmp_path)


@pytest.mark.skipif(not Path("/bin/sh").exists(), reason="needs a POSIX shell")
def test_an_apt_that_fails_is_quoted(tmp_path, monkeypatch):
    apt = tmp_path / "apt-get"
    apt.write_text("#!/bin/sh\necho 'E: Unable to locate package' >&2\nexit 100\n")
    apt.chmod(0o755)
    monkeypatch.setattr(debian.shutil, "which", lambda name: str(apt))
    with pytest.raises(InputError, match=r"E: Unable to locate package.*apt-get update"):
        fetched_package(tmp_path)


@pytest.mark.skipif(not Path("/bin/sh").exists(), reason="needs a POSIX shell")
def test_what_apt_fetched_is_found(tmp_path, monkeypatch):
    apt = tmp_path / "apt-get"
    apt.write_text('#!/bin/sh\ntouch "$2_1.8-1_all.deb"\n')
    apt.chmod(0o755)
    monkeypatch.setattr(debian.shutil, "which", lambda name: str(apt))
    assert fetched_package(tmp_path).name == "sweethome3d-furniture_1.8-1_all.deb"
