"""`situate evaluate --suite leak`: the gap of a model, the page, and what is refused."""

import json
from dataclasses import replace

import pytest
from tests.synthetic import synthetic_triple, write_synthetic_set

from situate.cli.app import main
from situate.data.writer import TripleWriter


def test_the_leak_gap_is_printed_and_written(tmp_path, capsys):
    data = write_synthetic_set(tmp_path / "data", count=12)
    outputs = ["--json", str(tmp_path / "leak.json"), "--report", str(tmp_path / "leak.html")]
    assert main(["evaluate", "--suite", "leak", "--data", str(data), "--inpaint", "telea", *outputs]) == 0
    assert "Leak gap (chance finds 10 %)" in capsys.readouterr().out
    result = json.loads((tmp_path / "leak.json").read_text())
    assert [row["repaired"] for row in result["gap"]] == ["without decoys", "with decoys"]
    assert all(0 <= row["hit_rate_true"]["value"] <= 1 for row in result["gap"])
    assert result["gap"][0]["hit_rate_true"] == result["gap"][1]["hit_rate_true"]
    assert result["gap"][0]["interval_over"] == "groups"
    page = (tmp_path / "leak.html").read_text()
    assert page.count("<img") == 8 * 6
    assert "true background" in page


def test_data_without_triples_to_measure_is_refused(tmp_path, capsys):
    assert main(["evaluate", "--suite", "leak"]) == 2
    assert "pass --data FOLDER" in capsys.readouterr().err
    with TripleWriter(tmp_path / "mixed") as writer:
        writer.write(synthetic_triple(0))
        writer.write(replace(synthetic_triple(1), source="photos"))
        writer.finish({"source": "mixed"})
    assert main(["evaluate", "--suite", "leak", "--data", str(tmp_path / "mixed")]) == 2
    assert "mixes photos with scenes" in capsys.readouterr().err


def test_options_of_the_other_suites_are_refused(tmp_path, capsys):
    data = write_synthetic_set(tmp_path / "data", count=2)
    assert main(["evaluate", "--suite", "leak", "--data", str(data), "--no-render"]) == 2
    assert "are for --suite scenes" in capsys.readouterr().err


@pytest.mark.parametrize("wish", ["lama", "/nowhere"])
def test_an_inpainter_that_is_none_is_refused(tmp_path, capsys, wish):
    data = write_synthetic_set(tmp_path / "data", count=2)
    assert main(["evaluate", "--suite", "leak", "--data", str(data), "--inpaint", wish]) == 2
    assert wish in capsys.readouterr().err
