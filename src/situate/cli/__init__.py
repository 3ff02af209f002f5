"""The command line: one module per command, heavy libraries imported inside the command."""
