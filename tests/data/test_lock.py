"""Two runs into the same folder: the second is refused, whatever became of the first."""

import subprocess
import sys

import pytest
from tests.data.scenes.test_build import CONFIG

from situate.data.lock import only_writer
from situate.data.scenes.build import build_scene_triples
from situate.errors import OutputError

HOLD = """
import sys, time
from pathlib import Path
from situate.data.lock import only_writer
with only_writer(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(100)
"""


@pytest.fixture
def holder(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path / "set")], stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_run_is_refused_and_a_killed_one_keeps_nobody_out(tmp_path, holder):
    for resume in (False, True):
        with pytest.raises(OutputError, match="another run is writing"):
            build_scene_triples(CONFIG, tmp_path / "set", resume=resume)
    holder.kill()
    holder.wait()
    with only_writer(tmp_path / "set"):
        assert not (tmp_path / "set").exists()
    assert list(tmp_path.iterdir()) == []


def test_the_lock_goes_when_the_work_fails(tmp_path):
    with pytest.raises(KeyError), only_writer(tmp_path / "set"):
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"), only_writer(tmp_path / "file" / "set"):
        pass
