"""What README, CONTRIBUTING and docs promise is there."""

import re
from pathlib import Path

import pytest

from situate.cli.app import app

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]


def code_blocks(document: Path, language: str) -> list[str]:
    """Fenced blocks of one language in a Markdown file."""
    return re.findall(
        rf"^```{language}\n(.*?)^```", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    )


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_scripts_named_in_documents_exist(document):
    named = set(re.findall(r"\bscripts/\w+", document.read_text(encoding="utf-8")))
    assert {script for script in named if not (ROOT / script).is_file()} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(document):
    targets = re.findall(r"\]\((?!https?://|#)([^)#]+)", document.read_text(encoding="utf-8"))
    assert [target for target in targets if not (document.parent / target).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_and_options_in_documents_exist(document):
    lines = [line for block in code_blocks(document, "(?:sh|bash)") for line in block.replace("\\\n", " ").splitlines()]
    calls = [re.sub(r"#.*", "", line).split() for line in lines if line.startswith("situate ")]
    for words in calls:
        _, apps, unused = app.parse_commands(words[1:])
        command = apps[-1]
        assert command.default_command is not None, f"no such command: {' '.join(words)}"
        known = {name for argument in command.assemble_argument_collection() for name in argument.names}
        options = {word.split("=")[0] for word in unused if re.match(r"--?[a-zA-Z]", word)}
        assert options <= known | {"--help"}, f"unknown option in: {' '.join(words)}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_python_in_documents_compiles(document):
    for block in code_blocks(document, "python"):
        compile(block, document.name, "exec")


def test_readme_starts_with_its_two_commands():
    shell = "\n".join(code_blocks(ROOT / "README.md", "sh"))
    assert "scripts/demo" in shell
    assert "scripts/test" in shell


def test_changelog_has_the_version():
    from situate import __version__

    assert re.search(
        rf"^## \[(Unreleased|{re.escape(__version__)})\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )
