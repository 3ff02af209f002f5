"""What the parts of the joint model are worth, each changed alone: python benchmarks/synthesis_ablations.py OUT."""

from cyclopts import run
from synthesis.compare import main

if __name__ == "__main__":
    run(main)
