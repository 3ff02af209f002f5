"""Benchmarks of time run on small things; what they find is kept, and becomes a page."""

import json

import against
import batch
import batch_size
import compose
import data_rate
import growth
import numpy as np
import pytest
import report
import torch
import train_step
from apart import apart, memory_mib
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from pictures import ball_pixels, scene_pixels
from tables import Table, publish
from tests.pipeline.models import publish_untrained

from situate.geometry.paste import paste
from situate.imageio.write import write_picture
from situate.records.picture import Picture

TABLE = Table("Speed", ("way", "seconds"), [["ours", 0.12345], ["theirs", 1234.5], ["none", None]], ("a note",))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return publish_untrained(tmp_path_factory.mktemp("models") / "model")


def kept(path):
    found = json.loads(path.read_text())
    assert found["machine"]["matmul_fp32_gflops"] > 0
    return found["tables"]


def held(num_mib: int) -> int:
    return len(np.ones(num_mib * 2**20, np.uint8))


def test_a_process_of_its_own_says_how_much_memory_it_took():
    (count, small), (_, large) = apart(held, 1), apart(held, 301)
    assert count == 2**20
    assert 250 < large - small < 350


def test_memory_of_a_process_that_is_gone_is_none():
    assert memory_mib(2**22 + 1) == 0


def test_figures_become_a_table_of_three_digits():
    lines = TABLE.markdown().splitlines()
    assert lines[0] == "### Speed"
    assert lines[2:7] == [
        "| way | seconds |",
        "| --- | ---: |",
        "| ours | 0.123 |",
        "| theirs | 1,234 |",
        "| none | - |",
    ]
    assert lines[-1] == "- a note"


def test_the_report_goes_between_the_marks_of_a_page(tmp_path, monkeypatch):
    (tmp_path / "docs").mkdir()
    page = tmp_path / "docs" / "page.md"
    page.write_text(f"before\n{report.BEGIN}old\n{report.END}after\n")
    out = tmp_path / "out"
    out.mkdir()
    for name in report.BENCHMARKS[:2]:
        publish([TABLE], out / f"{name}.json")
        found = json.loads((out / f"{name}.json").read_text())
        (out / f"{name}.json").write_text(
            json.dumps(found | {"command": "c", "date": "d", "seconds": 1, "libraries": {}})
        )
    (out / "growth-objects.png").write_bytes(b"picture")
    monkeypatch.setattr(report, "figures", lambda *_: None)
    report.main(out, only=["rate"], page=page)
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert text.count("### Speed") == 2
    assert list(json.loads((out / "report.json").read_text())) == ["rate", "compose"]
    assert (tmp_path / "docs/images/growth-objects.png").read_bytes() == b"picture"


def test_a_report_of_what_does_not_exist_is_refused(tmp_path):
    with pytest.raises(SystemExit, match="no benchmark speed; there are rate"):
        report.main(tmp_path, only=["speed"])
    (tmp_path / "page.md").write_text("nothing")
    with pytest.raises(SystemExit, match="has no lines"):
        report.insert("", tmp_path / "page.md", [])


@pytest.mark.slow
def test_one_picture_is_timed_stage_by_stage(model, tmp_path, monkeypatch):
    monkeypatch.setattr(compose, "SIZES_WH", ((64, 48), (96, 64)))
    monkeypatch.setattr(compose, "STAGES_WH", (96, 64))
    monkeypatch.setattr(compose, "find_spec", lambda name: None)
    compose.main(model, repeats=1, json=tmp_path / "found.json")
    whole, stages = kept(tmp_path / "found.json")
    assert [row[0] for row in whole["rows"]] == ["64 x 48, torch", "96 x 64, torch"]
    assert all(value > 0 for row in whole["rows"] for value in row[1:])
    assert {row[0] for row in stages["rows"]} == {f"{stage}, torch" for stage in compose.STAGES}
    assert all(row[3] > 0 for row in stages["rows"] if row[0].startswith(("placement", "decode", "encode")))


def test_batch_sizes_are_timed(model, tmp_path, monkeypatch):
    monkeypatch.setattr(batch_size, "SIDE_PX", 64)
    monkeypatch.setattr(batch_size, "MIN_PICTURES", 2)
    batch_size.main(model, sizes=[1, 2], device="cpu", json=tmp_path / "found.json")
    (table,) = kept(tmp_path / "found.json")
    assert [row[0] for row in table["rows"]] == ["1", "2"]
    assert all(value > 0 for row in table["rows"] for value in row[1:])


@pytest.mark.slow
def test_batches_are_timed_beside_copy_paste(model, tmp_path, monkeypatch):
    monkeypatch.setattr(batch, "find_spec", lambda name: None)
    batch.main(model, num=48, num_workers=1, width=64, height=48, json=tmp_path / "found.json")
    (table,) = kept(tmp_path / "found.json")
    assert len(table["rows"]) == 4
    assert table["rows"][0][3] == pytest.approx(100)


@pytest.mark.slow
def test_growth_is_fitted_and_drawn(model, tmp_path, monkeypatch):
    monkeypatch.setattr(growth, "MEGAPIXELS", (0.05, 0.1))
    monkeypatch.setattr(growth, "OBJECTS", (1, 2))
    monkeypatch.setattr(growth, "PICTURES_WH", (64, 48))
    growth.main(model, pictures=[8, 16], num_workers=[1], repeats=1, json=tmp_path / "found.json")
    pictures, _, objects = kept(tmp_path / "found.json")
    assert "R2" in pictures["rows"][-1][0]
    assert pictures["rows"][0][2] > 100
    assert [row[0] for row in objects["rows"][:2]] == ["1", "2"]
    assert {path.name for path in tmp_path.glob("*.png")} == {
        f"growth-{what}.png" for what in ("pictures", "megapixels", "objects")
    }


@pytest.mark.slow
def test_training_steps_are_timed_and_their_arithmetic_is_split(tmp_path):
    train_step.main(["debug"], num_steps=1, num_workers=[0], json=tmp_path / "found.json")
    steps, parts = kept(tmp_path / "found.json")
    assert steps["rows"][0][1] > 0
    shares = {row[0]: row[2] for row in parts["rows"]}
    assert shares["debug, all"] == pytest.approx(100)
    assert sum(share for part, share in shares.items() if part != "debug, all") == pytest.approx(100)
    assert all(share > 0 for share in shares.values())


def test_reading_is_timed(monkeypatch):
    monkeypatch.setattr(data_rate, "READ_S", 0.2)
    assert data_rate.read_rate(data_rate.starter_set("test"), None, 0.0, 0) > 20


def test_another_network_is_timed_from_file_to_file(tmp_path, monkeypatch):
    monkeypatch.setattr(against, "SIDE_PX", 32)
    monkeypatch.setattr(against, "TEXT_WIDTH", 8)
    monkeypatch.setattr(against, "large_networks", small_networks)
    write_picture(Picture(scene_pixels(0, 32, 32)), tmp_path / "scene.jpg")
    write_picture(Picture(ball_pixels(16)), tmp_path / "object.png")
    assert against.diffusion_s(tmp_path, "cpu") > 0
    assert (tmp_path / "made.jpg").is_file()
    assert against.blend_s(tmp_path, paste, 1) > 0


def small_networks() -> tuple[torch.nn.Module, torch.nn.Module]:
    unet = UNet2DConditionModel(
        sample_size=4,
        in_channels=9,
        out_channels=4,
        block_out_channels=(8, 16),
        layers_per_block=1,
        attention_head_dim=4,
        cross_attention_dim=8,
        norm_num_groups=4,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
    )
    vae = AutoencoderKL(
        sample_size=32,
        block_out_channels=(8, 8),
        latent_channels=4,
        norm_num_groups=4,
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
    )
    return unet, vae
