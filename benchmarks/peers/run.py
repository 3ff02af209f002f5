"""Peers' methods beside ours on the same triples: python benchmarks/peers/run.py OUT --data DIR --test DIR."""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from cyclopts import run

    from peers.compare import main

    run(main)
