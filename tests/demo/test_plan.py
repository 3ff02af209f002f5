"""How the demo divides its time, and what it refuses."""

import pytest

from situate.cli.app import main
from situate.demo.plan import FINISH_MINUTES, MIN_TRAINING_MINUTES, STEP_SHARE, DemoConfig, DemoFolder
from situate.demo.progress import Phases


def test_training_gets_what_rendering_and_the_end_leave():
    config = DemoConfig(minutes=10)
    assert config.training_minutes(elapsed_s=180.0) == pytest.approx(STEP_SHARE * (7 - FINISH_MINUTES))


def test_a_demo_that_is_late_still_trains_a_little():
    assert DemoConfig(minutes=1).training_minutes(elapsed_s=600.0) == pytest.approx(STEP_SHARE * MIN_TRAINING_MINUTES)


def test_the_convergence_rule_looks_back_over_as_many_steps_as_the_recipe():
    from situate.recipes import recipe_named

    ours, theirs = DemoConfig().training().converge, recipe_named("tiny").converge
    assert ours.every_steps < theirs.every_steps
    assert ours.patience * ours.every_steps == theirs.patience * theirs.every_steps


def test_held_out_scenes_have_another_seed():
    config = DemoConfig(seed=3)
    assert config.held_out_scenes().seed != config.scenes().seed


def test_held_out_scenes_are_not_those_that_the_shipped_weights_were_trained_on():
    assert {DemoConfig(seed=seed).held_out_scenes().seed for seed in range(3)}.isdisjoint({101, 606, 707, 911, 912})


def test_phases_of_one_name_add_up():
    phases = Phases()
    for _ in range(2):
        with phases.timed("composing"):
            pass
    assert list(phases.seconds) == ["composing"]
    assert phases.elapsed_s >= phases.seconds["composing"]


def test_a_folder_in_use_is_left_alone(tmp_path, capsys):
    keepsake = tmp_path / "diary.txt"
    keepsake.write_text("mine")
    assert main(["demo", "--out", str(tmp_path)]) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["diary.txt"]


def test_overwriting_removes_only_what_a_demo_writes(tmp_path, monkeypatch):
    from situate.demo import run

    (tmp_path / "diary.txt").write_text("mine")
    (tmp_path / "data").mkdir()
    (tmp_path / "report.html").write_text("old")
    monkeypatch.setattr(run, "_run", lambda config, folder, device: {"present": folder.present()})
    done = run.run_demo(DemoConfig(), tmp_path, overwrite=True, device="cpu")
    assert done["present"].endswith("holds nothing")
    assert [path.name for path in tmp_path.iterdir()] == ["diary.txt"]


def test_an_interrupt_says_what_is_there(tmp_path, monkeypatch, capsys):
    from situate.demo import run

    def interrupted(config: DemoConfig, folder: DemoFolder, device: str) -> dict:
        folder.data.mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "_run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run.run_demo(DemoConfig(), tmp_path, device="cpu")
    assert "holds data" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--minutes", "0"], "minutes"),
        (["--data", "primitives", "--num-triples", "1"], "num_triples is 1"),
        (["--num-triples", "100", "--size", "64"], "--num-triples and --size: the starter set is not rendered"),
        (["--num-held-out", "500"], "192 for testing"),
        (["--data", "primitives", "--size", "4000"], "size_px is 4000"),
        (["--recipe", "huge"], "there are tiny"),
        (["--device", "abacus"], "abacus"),
    ],
)
def test_wrong_options_are_refused_before_anything_is_made(words, complaint, tmp_path, capsys):
    assert main(["demo", "--out", str(tmp_path / "new"), *words]) == 2
    assert complaint in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_folders_with_the_demos_names_but_not_its_marks_are_foreign(tmp_path):
    folder = DemoFolder(tmp_path)
    for path, mark in ((folder.data, "scenes.json"), (folder.held_out, "dataset.json"), (folder.run, "config.json")):
        path.mkdir()
        assert folder.foreign() == []
        (path / "thesis.txt").write_text("years of work")
        assert folder.foreign() == [path]
        (path / mark).write_text("{}")
        assert folder.foreign() == []
