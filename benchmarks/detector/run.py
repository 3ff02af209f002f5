"""Does it help a detector: python benchmarks/detector/run.py OUT --street DIR --rendered DIR."""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from cyclopts import run

    from detector.compare import main

    run(main)
