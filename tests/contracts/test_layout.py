"""Files, folders and imports keep to the design."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "src" / "situate").rglob("*.py"))
MAX_LINES = 260
VAGUE_NAMES = {"util", "utils", "helper", "helpers", "common", "misc", "core", "manager"}


def test_imports_go_one_way():
    # In a process of its own: it configures logging, which silences every logger that exists by then.
    linter = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-cache"]
    done = subprocess.run(linter, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_file_is_longer_than_one_idea():
    lengths = {path.relative_to(ROOT): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert {path: length for path, length in lengths.items() if length > MAX_LINES} == {}


def test_no_file_or_folder_has_a_vague_name():
    parts = {part for path in SOURCES for part in path.relative_to(ROOT).with_suffix("").parts}
    assert parts & VAGUE_NAMES == set()


def test_every_folder_with_code_is_a_package():
    assert {path.parent for path in SOURCES if not (path.parent / "__init__.py").is_file()} == set()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT / "src").as_posix())
def test_every_module_says_what_it_is(path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith('"""') or not text.strip()
    assert "from __future__ import annotations" not in text, "jaxtyping shapes need real annotations"


def test_what_ci_runs_are_the_scripts():
    commands = re.findall(r"^scripts/\w+", (ROOT / ".ci" / "run").read_text(), flags=re.MULTILINE)
    assert commands == ["scripts/install", "scripts/check", "scripts/wheel", "scripts/test"]


def test_scripts_can_be_run():
    scripts = [ROOT / ".ci" / "run", *(ROOT / "scripts").iterdir()]
    assert [path.name for path in scripts if not path.stat().st_mode & 0o100] == []


def test_scripts_install_names_extras_that_exist():
    extras = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"])
    match = re.search(r"extras=\$\{1:-([\w,]+)\}", (ROOT / "scripts" / "install").read_text())
    assert match is not None
    assert set(match[1].split(",")) == extras
