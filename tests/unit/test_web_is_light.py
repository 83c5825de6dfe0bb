"""The web process must be up at once and stay responsive: it never imports what makes a worker heavy."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("rasa", "rasa_sdk", "tensorflow", "sklearn", "torch")
LOOK = "import sys, importlib; importlib.import_module({module!r}); print(sorted(set(sys.modules) & set({heavy!r})))"

#: Channels are imported when they are switched on; the tools of the command line before anything is known.
MODULES = (
    "bot.web",
    "bot.channels.telegram",
    "bot.channels.messenger",
    "bot.supervisor",
    "bot.commands.serve",
    "bot.commands.agents",
    "bot.commands.audit",
    "bot.cli",
)


@pytest.mark.parametrize("module", MODULES)
def test_importing_it_imports_nothing_heavy(module: str) -> None:
    look = [sys.executable, "-c", LOOK.format(module=module, heavy=HEAVY)]
    done = subprocess.run(look, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_look_itself_can_fail() -> None:
    look = [sys.executable, "-c", LOOK.format(module="json.tool", heavy=("json", *HEAVY))]
    done = subprocess.run(look, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['json']"
