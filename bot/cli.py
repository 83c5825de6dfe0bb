"""The command line `okienko`."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from bot.errors import OkienkoError, UserMistake

#: Each adds its commands with `register(subparsers)`.
COMMANDS = ("serve", "understand", "agents", "audit")


def parser() -> argparse.ArgumentParser:
    """All commands."""
    made = argparse.ArgumentParser(prog="okienko", description="A customer-service assistant with a human handoff.")
    subparsers = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS:
        import_module(f"bot.commands.{name}").register(subparsers)
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command. 0 done, 1 the answer is no, 2 unusable input (one line on stderr)."""
    parsed = parser().parse_args(arguments)
    try:
        return int(parsed.run(parsed) or 0)
    except UserMistake as mistake:
        print(f"okienko: {mistake}", file=sys.stderr)
        return 2
    except OkienkoError as error:
        print(f"okienko: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
