"""The command line `okienko`."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from bot.errors import OkienkoError, UserMistake

#: The modules of bot/commands, each with the commands that its `register(subparsers)` adds.
COMMANDS = {
    "serve": ("serve", "web", "worker", "migrate"),
    "understand": ("train", "classify", "evaluate", "models"),
    "agents": ("agent",),
    "audit": ("audit",),
}


def parser(only: str | None = None) -> argparse.ArgumentParser:
    """All commands; or, so that a service does not wait for the imports of the others, those of one module."""
    made = argparse.ArgumentParser(prog="okienko", description="A customer-service assistant with a human handoff.")
    subparsers = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module, commands in COMMANDS.items():
        if only is None or only in commands:
            import_module(f"bot.commands.{module}").register(subparsers)
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command. 0 done, 1 the answer is no, 2 unusable input (one line on stderr)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    known = bool(words) and any(words[0] in commands for commands in COMMANDS.values())
    parsed = parser(words[0] if known else None).parse_args(words)
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
