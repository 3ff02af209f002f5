import json
import multiprocessing
import signal
from pathlib import Path

import pytest

from situate.cli.data_scenes import scenes
from situate.data.scenes import build as module
from situate.data.scenes.build import build_scene_triples
from situate.data.scenes.config import SceneConfig
from situate.data.scenes.kinds import KINDS
from situate.data.scenes.truth import models_shown
from situate.data.store import TripleStore
from situate.errors import ConfigError, DataError, MissingExtraError, OutputError

CONFIG = SceneConfig(num_triples=4, size_px=32, seed=5, num_samples=4, triples_per_block=3)


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("scenes") / "two-workers"
    build_scene_triples(CONFIG, folder, num_workers=2)
    return folder


def test_data_set_is_readable_and_exact_in_number(made):
    store = TripleStore(made)
    assert len(store) == CONFIG.num_triples == store.description["num_triples"]
    assert sum(store.description["kinds"].values()) == CONFIG.num_triples
    assert store[0].key.startswith(store[0].group)
    assert max(store[0].background.shape[:2]) == CONFIG.size_px
    assert len({label["group"] for label in store.labels}) == store.description["num_scenes"]


def test_a_killed_run_resumes_to_the_same_bytes_with_one_worker(made, tmp_path):
    folder = tmp_path / "resumed"
    folder.mkdir()
    whole = files_of(made)
    for name in ("scenes.json", "shard-00000.tar", "shard-00000.json"):
        (folder / name).write_bytes(whole[name])
    (folder / "shard-00001.tar").write_bytes(b"written, but killed before its report")
    seen = []
    build_scene_triples(CONFIG, folder, num_workers=1, resume=True, progress=lambda done, _: seen.append(done))
    assert files_of(folder) == whole
    assert seen == [3, 4]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_workers_that_are_killed_change_no_byte(tmp_path):
    config = CONFIG.model_copy(update={"triples_per_block": 1})
    seen, killed = [], []

    def kill_all_once(done: int, _: int) -> None:
        seen.append(done)
        if done == 1:
            killed.extend(multiprocessing.active_children())
            for process in killed:
                process.kill()

    build_scene_triples(config, tmp_path / "one", num_workers=1)
    build_scene_triples(config, tmp_path / "killed", num_workers=2, progress=kill_all_once)
    assert files_of(tmp_path / "killed") == files_of(tmp_path / "one")
    assert seen == [0, 1, 2, 3, 4]
    assert len(killed) == 2


def test_a_folder_in_use_is_refused_and_left_alone(made, tmp_path):
    before = files_of(made)
    with pytest.raises(OutputError, match="--resume"):
        build_scene_triples(CONFIG, made)
    with pytest.raises(OutputError, match="other options"):
        build_scene_triples(CONFIG.model_copy(update={"seed": 6}), made, resume=True)
    assert files_of(made) == before
    (tmp_path / "letters.txt").write_text("mine")
    (tmp_path / "ATTRIBUTION.md").write_text("of others")
    with pytest.raises(OutputError, match="choose another folder"):
        build_scene_triples(CONFIG, tmp_path, overwrite=True)
    assert (tmp_path / "ATTRIBUTION.md").read_text() == "of others"
    with pytest.raises(OutputError, match="choose another folder"):
        build_scene_triples(CONFIG, tmp_path / "letters.txt")


def test_overwrite_removes_what_an_earlier_run_made(made, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_render_blocks", lambda *_: iter(()))
    for name, content in files_of(made).items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(FileNotFoundError):  # nothing was rendered, so there is no report to sum up
        build_scene_triples(CONFIG, tmp_path, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["scenes.json"]


def test_overwriting_that_is_killed_leaves_no_data_set_and_can_be_repeated(made, tmp_path, monkeypatch):
    for name, content in files_of(made).items():
        (tmp_path / name).write_bytes(content)
    unlink, removed = Path.unlink, []

    def unlink_twice(path, missing_ok=False):
        if path.parent == tmp_path:
            if len(removed) == 2:
                raise KeyboardInterrupt
            removed.append(path.name)
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink_twice)
    with pytest.raises(KeyboardInterrupt):
        build_scene_triples(CONFIG, tmp_path, overwrite=True)
    assert removed[0] == "dataset.json"
    monkeypatch.undo()
    for name in ("dataset.json.partial", "index.json.partial"):
        (tmp_path / name).write_text("{")
    monkeypatch.setattr(module, "_render_blocks", lambda *_: iter(()))
    with pytest.raises(FileNotFoundError):
        build_scene_triples(CONFIG, tmp_path, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["scenes.json"]


def test_a_run_killed_while_it_wrote_its_options_can_be_written_over(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_render_blocks", lambda *_: iter(()))
    (tmp_path / "scenes.json.partial").write_text("{")
    with pytest.raises(FileNotFoundError):
        build_scene_triples(CONFIG, tmp_path, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["scenes.json"]


def test_nothing_is_removed_where_something_of_others_lies(made, tmp_path):
    for name, content in files_of(made).items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "letters.txt.partial").write_text("mine")
    before = files_of(tmp_path)
    with pytest.raises(OutputError, match=r"holds letters\.txt\.partial, which is no part"):
        build_scene_triples(CONFIG, tmp_path, overwrite=True)
    assert files_of(tmp_path) == before


def test_missing_renderer_names_the_extra(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"situate\[scenes\]"):
        build_scene_triples(CONFIG, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_no_workers_are_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ConfigError, match="num_workers is 0"):
        build_scene_triples(CONFIG, tmp_path / "new", num_workers=0)
    assert not (tmp_path / "new").exists()


def test_missing_models_are_refused_before_anything_is_written_or_removed(tmp_path):
    kept = tmp_path / "old" / "shard-00000.tar"
    kept.parent.mkdir()
    kept.write_bytes(b"an earlier shard")
    config = SceneConfig(num_triples=1, world="street", assets=tmp_path / "none")
    with pytest.raises(DataError, match="none is no folder"):
        build_scene_triples(config, tmp_path / "new")
    with pytest.raises(DataError, match="none is no folder"):
        build_scene_triples(config, kept.parent, overwrite=True)
    assert not (tmp_path / "new").exists()
    assert kept.read_bytes() == b"an earlier shard"


def test_damaged_options_of_an_earlier_run_are_named(tmp_path):
    (tmp_path / "scenes.json").write_text("{")
    with pytest.raises(OutputError, match=r"scenes.json is damaged .* --overwrite"):
        build_scene_triples(CONFIG, tmp_path, resume=True)


def test_options_that_do_not_fit_together_are_refused_in_plain_words():
    with pytest.raises(ConfigError, match="^the world 'yard' needs models; pass --assets DIR"):
        SceneConfig.checked(world="yard")


def test_blocks_add_up_to_the_number_of_triples():
    for num_triples in (1, 48, 49, 1500):
        config = SceneConfig(num_triples=num_triples)
        sizes = [config.block_size(block) for block in range(config.num_blocks)]
        assert sum(sizes) == num_triples
        assert all(0 < size <= config.triples_per_block for size in sizes)


@pytest.mark.parametrize("wrong", [{"num_triples": 0}, {"size_px": 8}, {"num_samples": 15}, {"speed": 3}])
def test_wrong_options_are_refused(wrong):
    with pytest.raises(ConfigError, match=f"{next(iter(wrong))} is {next(iter(wrong.values()))}"):
        SceneConfig.checked(**wrong)


def test_docs_list_every_kind_with_its_zone_and_heights():
    page = (Path(__file__).parents[3] / "docs" / "scenes.md").read_text(encoding="utf-8")
    for kind in KINDS.values():
        zones = ", ".join(kind.zones)
        if kind.body is None:
            assert f"| {kind.name} | {zones} | {kind.turn} |" in page
        else:
            low, high = kind.height_m
            assert f"| {kind.name} | {zones} | {low:g}-{high:g} |" in page


def test_command_reports_on_standard_output(made, capsys, monkeypatch):
    description = json.loads((made / "dataset.json").read_text())
    monkeypatch.setattr(module, "build_scene_triples", lambda *_, **__: description)
    scenes(made, num=4)
    assert "4 triples from" in capsys.readouterr().out


def test_the_command_takes_the_number_of_light_paths(tmp_path):
    scenes(tmp_path / "few", num=1, size=32, num_samples=4, num_workers=1)
    assert json.loads((tmp_path / "few/scenes.json").read_text())["num_samples"] == 4


def test_a_data_set_of_models_names_who_made_those_that_it_shows(assets, tmp_path):
    config = SceneConfig(num_triples=2, size_px=48, seed=3, num_samples=4, world="street", assets=assets)
    folder = tmp_path / "street"
    build_scene_triples(config, folder)
    shown = models_shown(label["truth"] for label in TripleStore(folder).labels)
    text = (folder / "ATTRIBUTION.md").read_text()
    assert len(shown) >= 2
    assert {line.split(" | ")[1] for line in text.splitlines() if line.startswith("| ")} - {"key"} == shown
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "models.csv").write_text((assets / "models.csv").read_text().splitlines()[0] + "\n")
    with pytest.raises(DataError, match="begun with"):
        build_scene_triples(config.model_copy(update={"assets": tmp_path / "other"}), tmp_path / "street", resume=True)
