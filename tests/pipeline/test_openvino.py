"""A model that was exported for OpenVINO composes what the model itself does."""

import json
import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch
from tests.pipeline.models import cutout, publish_untrained, scene

from situate.cli.app import main
from situate.errors import InputError, ModelFileError, OutputError
from situate.imageio.write import write_picture
from situate.pipeline import openvino as backend
from situate.pipeline.composer import Composer
from situate.pipeline.device import has_fast_bf16
from situate.pipeline.export import export_model
from situate.records.picture import Picture

pytest.importorskip("openvino")


@pytest.fixture(scope="module")
def exported(model_folder, tmp_path_factory):
    output = tmp_path_factory.mktemp("exported") / "model"
    assert export_model(model_folder, output) < 1e-4
    return output


def loaded(folder, monkeypatch, *, is_fast: bool) -> Composer:
    monkeypatch.setattr(backend, "has_fast_bf16", lambda device: is_fast)
    monkeypatch.setattr("situate.pipeline.device.cpu_flags", lambda: {"avx512_bf16"} if is_fast else set())
    return Composer.from_pretrained(folder, device="cpu", backend="openvino")


def test_in_float32_the_composites_are_the_same_within_rounding(model_folder, exported, monkeypatch):
    faster = loaded(exported, monkeypatch, is_fast=False)
    original = Composer.from_pretrained(model_folder, device="cpu")
    made, wanted = (one(scene(), cutout(), top_k=3) for one in (faster, original))
    for one, other in zip(made, wanted, strict=True):
        assert one.box_xywh_px == pytest.approx(other.box_xywh_px, abs=0.01)
        assert one.placement.probability == pytest.approx(other.placement.probability, abs=1e-4)
        assert np.abs(one.picture.pixels.astype(int) - other.picture.pixels).max() <= 1
        assert one.model_fingerprint == other.model_fingerprint


@pytest.mark.skipif(not has_fast_bf16(torch.device("cpu")), reason="this CPU has no bfloat16 instructions")
def test_in_bfloat16_the_composites_differ_by_a_few_grey_levels(model_folder, exported, monkeypatch):
    faster = loaded(exported, monkeypatch, is_fast=True)
    original = Composer.from_pretrained(model_folder, device="cpu")
    box = (20.0, 10.0, 30.0, 40.0)
    (one,), (other,) = (each(scene(), cutout(), box_xywh_px=box) for each in (faster, original))
    difference = np.abs(one.picture.pixels.astype(int) - other.picture.pixels)
    assert difference.max() <= 8
    assert difference.mean() < 0.5


def test_two_processes_write_the_same_bytes_as_one(exported, tmp_path):
    (tmp_path / "scenes").mkdir()
    for number in range(4):
        write_picture(Picture(scene(60 + number, 50)), tmp_path / "scenes" / f"{number}.png")
    write_picture(Picture(cutout()), tmp_path / "object.png")
    words = ["compose", str(tmp_path / "scenes"), str(tmp_path / "object.png"), "--model", str(exported)]
    num_threads = torch.get_num_threads()
    try:
        for count in ("1", "2"):
            made = ["-o", str(tmp_path / f"made{count}"), "--backend", "openvino", "--num-workers", count]
            assert main([*words, *made, "--batch-size", "2"]) == 0
    finally:
        torch.set_num_threads(num_threads)
    alone, together = (sorted((tmp_path / f"made{count}").iterdir()) for count in (1, 2))
    assert len(alone) == 4 * 4 + 1
    assert [path.read_bytes() for path in alone] == [path.read_bytes() for path in together]


def test_the_number_of_pictures_changes_rounding_only(exported, monkeypatch):
    faster = loaded(exported, monkeypatch, is_fast=False)
    (alone,) = faster(scene(), cutout(), seed=0)
    for (together,) in faster.compose_batch([scene()] * 3, [cutout()] * 3, seeds=[0] * 3):
        assert np.abs(together.picture.pixels.astype(int) - alone.picture.pixels).max() <= 1


def test_results_are_not_written_over_by_the_next_call(exported, monkeypatch):
    faster = loaded(exported, monkeypatch, is_fast=False)
    pixels = cutout()
    _, first = faster.pipeline.predict(scene(), pixels)
    kept = first.fused_tokens.clone()
    faster.pipeline.predict(scene()[::-1].copy(), pixels)
    torch.testing.assert_close(first.fused_tokens, kept, rtol=0, atol=0)


def test_a_model_can_be_sent_to_another_process(exported, monkeypatch):
    faster = loaded(exported, monkeypatch, is_fast=False)
    pipeline = pickle.loads(pickle.dumps(faster.pipeline))  # noqa: S301 - pickled on this line
    sent = Composer(pipeline, faster.model_fingerprint)
    assert sent.pipeline.compiled is not None
    (one,), (other,) = (each(scene(), cutout()) for each in (faster, sent))
    assert np.abs(one.picture.pixels.astype(int) - other.picture.pixels).max() <= 1


def test_the_export_is_a_whole_model_folder(model_folder, exported):
    composers = [Composer.from_pretrained(folder, device="cpu") for folder in (model_folder, exported)]
    (one,), (other,) = (composer(scene(), cutout()) for composer in composers)
    np.testing.assert_array_equal(one.picture.pixels, other.picture.pixels)
    assert json.loads((exported / "openvino/export.json").read_text())["fingerprint"] == one.model_fingerprint


def test_a_model_without_an_export_says_how_to_make_one(model_folder):
    with pytest.raises(ModelFileError, match="situate export OUT"):
        Composer.from_pretrained(model_folder, backend="openvino")


def test_an_export_of_other_weights_is_refused(exported, tmp_path):
    other = publish_untrained(tmp_path / "other", seed=1)
    (exported / "openvino").rename(other / "openvino")
    try:
        with pytest.raises(ModelFileError, match=r"was exported from the model .* export again"):
            Composer.from_pretrained(other, backend="openvino")
    finally:
        (other / "openvino").rename(exported / "openvino")


def test_a_damaged_export_is_refused(model_folder, tmp_path):
    output = tmp_path / "model"
    export_model(model_folder, output)
    (output / "openvino/synthesis.xml").write_text("<net")
    with pytest.raises(ModelFileError, match="is damaged: .*export again"):
        Composer.from_pretrained(output, backend="openvino")


def test_a_folder_that_is_there_is_replaced_only_when_asked(model_folder, exported, tmp_path):
    with pytest.raises(OutputError, match="there already; pass --overwrite"):
        export_model(model_folder, exported)
    assert export_model(model_folder, exported, overwrite=True) < 1e-4
    (tmp_path / "photographs").mkdir()
    for folder in (model_folder, tmp_path / "photographs"):
        with pytest.raises(OutputError, match="is left alone"):
            export_model(model_folder, folder, overwrite=True)


def test_an_export_that_computes_something_else_is_not_written(model_folder, tmp_path, monkeypatch):
    monkeypatch.setattr("situate.pipeline.export.TOLERANCE", 0.0)
    with pytest.raises(ModelFileError, match="outputs differ by"):
        export_model(model_folder, tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_other_devices_and_unknown_backends_are_refused(exported):
    with pytest.raises(InputError, match="one of torch, openvino"):
        Composer.from_pretrained(exported, backend="onnx")
    with pytest.raises(InputError, match="not on meta; pass --device cpu"):
        backend.compiled_networks(exported, "", torch.device("meta"))


def test_the_command_exports_and_composes(model_folder, tmp_path, capsys):
    for name, pixels in (("scene.png", scene()), ("object.png", cutout())):
        write_picture(Picture(pixels), tmp_path / name)
    num_threads = torch.get_num_threads()
    try:
        assert main(["export", str(tmp_path / "out"), "--model", str(model_folder)]) == 0
        assert "differs from PyTorch by at most" in capsys.readouterr().err
        words = ["compose", *(str(tmp_path / name) for name in ("scene.png", "object.png"))]
        words += ["-o", str(tmp_path / "made.png"), "--model", str(tmp_path / "out"), "--backend", "openvino"]
        assert main(words) == 0
    finally:
        torch.set_num_threads(num_threads)
    assert (tmp_path / "made.png").is_file()


def test_nothing_is_reported_to_anybody():
    code = (
        "import sys; from situate.pipeline.openvino import imported_openvino; imported_openvino(); "
        "import openvino.tools.ovc.telemetry_utils as used; print(used.tm.__name__)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "openvino.tools.ovc.telemetry_stub"


def test_signals_are_still_handled_after_models_were_loaded_and_dropped(exported):
    code = (
        "import gc, signal, sys; from situate.pipeline.composer import Composer\n"
        "kept = [Composer.from_pretrained(sys.argv[1], backend='openvino') for _ in range(2)]\n"
        "while kept: del kept[0]; gc.collect()\n"
        "signal.signal(signal.SIGTERM, lambda *_: print('handled')); signal.raise_signal(signal.SIGTERM)"
    )
    words = [sys.executable, "-c", code, str(exported)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "handled"), done.stderr
