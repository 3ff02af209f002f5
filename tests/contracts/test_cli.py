"""The command line: names are frozen, errors are short, help is fast.

`cli_options.json` is the table of every command's arguments and options. Who changes it on purpose refreshes it with
    .venv/bin/python tests/contracts/test_cli.py
and says so in CHANGELOG.md.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from situate import __version__
from situate.cli import app as cli
from situate.errors import PlacementError

TABLE = Path(__file__).with_name("cli_options.json")
COMMANDS = [[name] for name in cli.COMMANDS] + [["data", name] for name in cli.DATA_COMMANDS]


def options_of(words: list[str]) -> list[str]:
    """Names of every argument of a command in their order, aliases together."""
    _, apps, _ = cli.app.parse_commands(words)
    arguments = apps[-1].assemble_argument_collection(default_parameter=cli.app.default_parameter)
    return [" ".join(argument.names) for argument in arguments if argument.show]


def current_table() -> dict[str, list[str]]:
    """The table as the code has it."""
    return {" ".join(words): options_of(words) for words in COMMANDS}


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_option_names_are_frozen(words):
    frozen = json.loads(TABLE.read_text(encoding="utf-8"))
    assert options_of(words) == frozen[" ".join(words)], f"changed on purpose? then: {__doc__}"


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_and_every_option(words, capsys):
    assert cli.main([*words, "--help"]) == 0
    assert "Usage: situate" in capsys.readouterr().out
    _, apps, _ = cli.app.parse_commands(words)
    arguments = apps[-1].assemble_argument_collection(parse_docstring=True)
    assert [argument.name for argument in arguments if argument.show and not argument.parameter.help] == []


def test_the_help_page_of_a_command_is_its_whole_docstring(capsys):
    assert cli.main(["data", "photos", "--help"]) == 0
    assert "errors.jsonl" in capsys.readouterr().out


def test_help_imports_no_heavy_library():
    code = "import sys; from situate.cli.app import main; main(['--help']); print([*sys.modules])"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert [name for name in ("torch", "numpy", "cv2", "PIL", "mitsuba", "diffusers") if f"'{name}'" in modules] == []


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_of_a_command_imports_neither_torch_nor_mitsuba(words):
    code = f"import sys; from situate.cli.app import main; main({[*words, '--help']!r}); print([*sys.modules])"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert [name for name in ("torch", "mitsuba", "diffusers", "matplotlib") if f"'{name}'" in modules] == []


def test_version_is_printed(capsys):
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == __version__


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["compos"], 'Did you mean "compose"?'),  # a typo in a command
        (["data", "scene"], 'Did you mean "scenes"?'),  # in a command of a group
        (["compose", "--sead", "1", "a.jpg", "b.png"], "--sead"),  # in an option
        (["compose"], "requires an argument"),  # nothing given
    ],
)
def test_usage_errors_are_short_and_exit_with_2(words, hint, capsys):
    assert cli.main(words) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert hint in printed.err


def raise_in_info(monkeypatch, error: BaseException) -> None:
    """Let `situate info` fail with `error`."""

    def fail(words: list[str]) -> int:
        raise error

    monkeypatch.setattr(cli, "_run", fail)


def test_a_situate_error_is_one_line_and_exits_with_2(monkeypatch, capsys):
    raise_in_info(monkeypatch, PlacementError("no place is left; allow a larger area"))
    assert cli.main(["info"]) == 2
    assert capsys.readouterr().err == "error: no place is left; allow a larger area\n"


def test_an_interrupt_exits_with_130(monkeypatch):
    raise_in_info(monkeypatch, KeyboardInterrupt())
    assert cli.main(["info"]) == 130


def test_a_fault_of_ours_keeps_its_traceback(monkeypatch):
    raise_in_info(monkeypatch, ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        cli.main(["info"])


def test_a_number_returned_by_a_command_is_the_exit_code(monkeypatch):
    monkeypatch.setattr(cli, "app", lambda words, **settings: 1)
    monkeypatch.setattr(cli, "_show_own_docstring", lambda words: None)
    assert cli.main(["info"]) == 1


@pytest.mark.skipif(os.name != "posix", reason="pipes are POSIX")
def test_a_reader_that_goes_away_is_no_error():
    # More than a pipe holds, so that the write meets a reader that is gone.
    write = "cli._run = lambda words: print('x' * 10**6)"
    code = f"import sys; from situate.cli import app as cli; {write}; sys.exit(cli.main([]))"
    script = f'"{sys.executable}" -c "{code}" | true; echo "${{PIPESTATUS[0]}}"'
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == ("141", "")


if __name__ == "__main__":
    TABLE.write_text(json.dumps(current_table(), indent=2) + "\n", encoding="utf-8")
