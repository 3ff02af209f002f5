"""Every benchmark of time after another, and what they found as one page and one JSON file."""

import json
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path
from typing import Any

from cyclopts import run
from tables import Table

BENCHMARKS = ("rate", "compose", "batch_size", "batch", "train_step", "data_rate", "against", "growth", "service")
LIBRARIES = ("situate", "torch", "diffusers", "numpy", "opencv-python-headless", "openvino")
BEGIN, END = "<!-- report: written by benchmarks/run -->\n", "<!-- end of the report -->\n"


def main(output: Path, *, only: list[str] | None = None, page: Path | None = None) -> None:
    """Run the benchmarks, one after another, and write OUTPUT/report.md, OUTPUT/report.json and plots.

    Args:
        output: Folder of the report; what is there already of benchmarks that are not run again is kept.
        only: Run only these; the report holds all that have ever been run into this folder.
        page: A page whose part between the two marks becomes the report; plots are copied beside it.
    """
    unknown = sorted(set(only or []) - set(BENCHMARKS))
    if unknown:
        sys.exit(f"error: there is no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    if page is not None:
        parts_of(page)  # before forty minutes are spent
    output.mkdir(parents=True, exist_ok=True)
    for name in only or BENCHMARKS:
        print(f"{name} ...", file=sys.stderr)
        figures(name, output)
    found = {name: json.loads((output / f"{name}.json").read_text()) for name in BENCHMARKS if is_there(name, output)}
    (output / "report.json").write_text(json.dumps(found, indent=2) + "\n")
    text = markdown(found)
    (output / "report.md").write_text(text)
    if page is not None:
        insert(text, page, sorted(output.glob("*.png")))
    print(output / "report.md")


def figures(name: str, output: Path) -> None:
    """Run one benchmark; keep what it found only if it ended well."""
    script = Path(__file__).with_name(f"{name}.py")
    with tempfile.TemporaryDirectory() as scratch:
        start_s = time.perf_counter()
        words = [sys.executable, script, "--json", Path(scratch, f"{name}.json")]
        subprocess.run(words, check=True, stdout=sys.stderr)  # noqa: S603 - our own words
        found = json.loads(Path(scratch, f"{name}.json").read_text())
        found |= {
            "command": f".venv/bin/python benchmarks/{name}.py",
            "seconds": round(time.perf_counter() - start_s),
            "date": time.strftime("%Y-%m-%d"),
            "libraries": versions(),
        }
        (output / f"{name}.json").write_text(json.dumps(found, indent=2) + "\n")
        for plot in Path(scratch).glob("*.png"):
            shutil.copy(plot, output / plot.name)


def versions() -> dict[str, str]:
    """What figures depend on."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def is_there(name: str, output: Path) -> bool:
    """Whether a benchmark has been run into this folder."""
    return (output / f"{name}.json").is_file()


def markdown(found: dict[str, Any]) -> str:
    """The report as a section of a page."""
    parts = []
    for name, one in found.items():
        machine = one["machine"]
        parts.append(
            f"## {name}\n\n`{one['command']}`, {one['date']}, {one['seconds']} s. {machine['processor']}, "
            f"{machine['num_threads']} threads; matrix products {machine['matmul_fp32_gflops']} GFLOP/s in fp32 and "
            f"{machine['matmul_bf16_gflops']} in bf16, convolutions {machine['conv_fp32_gflops']} and "
            f"{machine['conv_bf16_gflops']}; copying {machine['copy_gb_s']} GB/s; JPEG "
            f"{machine['jpeg_decode_mp_s']} megapixels a second decoded and {machine['jpeg_encode_mp_s']} encoded, PNG "
            f"{machine['png_decode_mp_s']} and {machine['png_encode_mp_s']}. "
            f"{', '.join(f'{library} {version}' for library, version in one['libraries'].items())}.\n"
        )
        parts += [Table(**table).markdown() for table in one["tables"]]
    return "\n".join(parts)


def insert(text: str, page: Path, plots: list[Path]) -> None:
    """Put the report between the marks of a page, and the plots into `images` beside it."""
    before, after = parts_of(page)
    (page.parent / "images").mkdir(exist_ok=True)
    for plot in plots:
        shutil.copy(plot, page.parent / "images" / plot.name)
        text = text.replace(f"({plot.name})", f"(images/{plot.name})")
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")


def parts_of(page: Path) -> tuple[str, str]:
    """What stands before and after the report of a page."""
    before, mark, rest = page.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not mark or not end:
        sys.exit(f"error: {page} has no lines {BEGIN.strip()} and {END.strip()}; add them where the report goes")
    return before, after


if __name__ == "__main__":
    run(main)
