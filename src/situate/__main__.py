"""`python -m situate`, which is what torchrun starts in each process."""

import sys

from situate.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
