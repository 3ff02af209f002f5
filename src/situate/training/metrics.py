"""The numbers of a run, step by step: one JSON object a line, and the same in TensorBoard."""

import json
from pathlib import Path
from typing import Any

from situate.errors import DataError, OutputError
from situate.imageio.write import write_bytes


class MetricsLog:
    """Appends one JSON object a line to `metrics.jsonl`, and the same numbers to TensorBoard."""

    def __init__(self, run_folder: Path, *, first_step: int) -> None:
        """Continue a log after `first_step`; later lines of a run that was cut off are dropped.

        Raises:
            DataError: If the log of an earlier run is damaged before its last line.
            OutputError: If it cannot be written.
        """
        from torch.utils.tensorboard import SummaryWriter

        self._path = run_folder / "metrics.jsonl"
        kept = [line for line in _whole_lines(self._path) if json.loads(line)["step"] <= first_step]
        write_bytes("".join(f"{line}\n" for line in kept).encode(), self._path)
        try:
            self._board = SummaryWriter(str(run_folder), purge_step=first_step + 1)
        except OSError as error:
            raise _output_error(self._path, error) from error

    def write(self, step: int, split: str, values: dict[str, float]) -> None:
        """Log `values` of `split` (`train` or `validation`).

        Raises:
            OutputError: If it cannot be written.
        """
        rounded = {name: float(f"{value:.6g}") for name, value in values.items()}
        try:
            with self._path.open("a") as file:
                file.write(json.dumps({"step": step, "split": split, **rounded}) + "\n")
            for name, value in values.items():
                self._board.add_scalar(f"{split}/{name}", value, step)
        except OSError as error:
            raise _output_error(self._path, error) from error

    def close(self) -> None:
        """Flush everything."""
        self._board.close()


def _whole_lines(path: Path) -> list[str]:
    """All lines but a last one that was torn when the power or the disk ended."""
    lines = path.read_text(errors="replace").splitlines() if path.exists() else []
    broken = [number for number, line in enumerate(lines, 1) if not _is_whole(line)]
    if broken and broken[0] < len(lines):
        raise DataError(f"{path}: line {broken[0]} is damaged; remove it, then --resume")
    return lines[:-1] if broken else lines


def _is_whole(line: str) -> bool:
    try:
        entry: Any = json.loads(line)
    except ValueError:
        return False
    return isinstance(entry, dict) and isinstance(entry.get("step"), int)


def _output_error(path: Path, error: OSError) -> OutputError:
    return OutputError(f"{path} cannot be written ({error.strerror or error}); free some space, then --resume")
