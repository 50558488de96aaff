"""The command line: how everything is called."""

from portal.cli.commands import app, main

__all__ = ["app", "main"]
