"""The log of a run survives a torn line and names a disk that refuses it."""

import json

import pytest

from situate.errors import DataError, OutputError
from situate.training.metrics import MetricsLog


def steps_of(path) -> list[int]:
    return [json.loads(line)["step"] for line in path.read_text().splitlines()]


def test_a_torn_last_line_and_later_steps_are_dropped(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"step": 1}\n{"step": 2}\n{"step": 3}\n{"step": 2, "spl')
    log = MetricsLog(tmp_path, first_step=2)
    log.write(3, "train", {"total": 0.5})
    log.close()
    assert steps_of(path) == [1, 2, 3]
    assert json.loads(path.read_text().splitlines()[-1]) == {"step": 3, "split": "train", "total": 0.5}


def test_a_damaged_line_before_the_last_is_named(tmp_path):
    (tmp_path / "metrics.jsonl").write_text('{"step": 1}\n{"st\n{"step": 3}\n')
    with pytest.raises(DataError, match="line 2 is damaged"):
        MetricsLog(tmp_path, first_step=3)


def test_a_log_that_cannot_be_written_is_named(tmp_path):
    log = MetricsLog(tmp_path, first_step=0)
    (tmp_path / "metrics.jsonl").unlink()
    (tmp_path / "metrics.jsonl").mkdir()
    with pytest.raises(OutputError, match=r"metrics\.jsonl cannot be written"):
        log.write(1, "train", {"total": 1.0})
    log.close()
