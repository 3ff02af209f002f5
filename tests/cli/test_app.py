"""What the program does with an error that nobody foresaw."""

import errno

import pytest

from situate.cli import app
from situate.cli.app import main


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.ENAMETOOLONG])
def test_a_full_disk_and_a_locked_folder_are_errors_in_one_line(number, monkeypatch, capsys):
    def fails(_words):
        raise OSError(number, "what the system says", "a/b.png")

    monkeypatch.setattr(app, "_run", fails)
    assert main(["info"]) == 2
    assert capsys.readouterr().err.startswith("error: a/b.png: what the system says; ")


def test_any_other_error_of_the_system_is_a_bug_and_shows_where(monkeypatch):
    def fails(_words):
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(app, "_run", fails)
    with pytest.raises(OSError, match="broken"):
        main(["info"])
