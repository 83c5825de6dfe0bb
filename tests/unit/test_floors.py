"""The floors of the house: imports only go down (CONTRIBUTING.md, "Where a new line goes").

Read from the sources, so that an import inside of a function counts as well.
"""

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from bot.types.platform import LIMITS

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("bot", "actions", "handoff")

#: From the ground up. A module stands on the first floor that names it; `bot.types.*` names the package, too.
FLOORS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("0 nouns", ("bot.types.*", "bot.errors", "bot.settings", "bot.company", "bot.metrics")),
    ("1 ports", ("bot.ports", "bot.webcontext")),
    (
        "2 rules",
        (
            "bot.rules.*",
            "handoff.queue",
            "handoff.routing",
            "handoff.hours",
            "handoff.deadlines",
            "handoff.callback",
            "handoff.reference",
            "handoff.when",
            "handoff.when_words",
        ),
    ),
    ("3 flows", ("bot.background", "bot.inbox", "bot.turn", "bot.outbox", "handoff.lifecycle", "actions.*")),
    (
        "4 adapters",
        (
            "bot.channels.*",
            "bot.storage.*",
            "bot.nlu.*",
            "bot.dialogue.*",
            "bot.live",
            "bot.content",
            "bot.clock",
            "handoff.console.*",
        ),
    ),
    (
        "5 wiring",
        (
            "bot.cli",
            "bot.commands.*",
            "bot.demo",
            "bot.logs",
            "bot.supervisor",
            "bot.web",
            "bot.worker",
            "bot.__main__",
        ),
    ),
)

#: Who may import Rasa (and TensorFlow with it): what only the worker and training load.
RASA = (
    "bot.nlu.components*",
    "bot.nlu.classifiers",
    "bot.nlu.featurizers",
    "bot.nlu.importer",
    "bot.nlu.interpreter",
    "bot.nlu.training",
    "bot.dialogue.*",
)
HEAVY = ("rasa", "tensorflow", "keras")


@dataclass(frozen=True)
class Import:
    """`module` imports `target` in line `line`."""

    module: str
    target: str
    line: int

    def __str__(self) -> str:
        return f"{self.module} line {self.line} imports {self.target}"


#: Says what is wrong with an import, None if nothing is.
Rule = Callable[[Import], str | None]


def matches(module: str, pattern: str) -> bool:
    return fnmatchcase(module, pattern) or (pattern.endswith(".*") and module == pattern[:-2])


def floor_of(module: str) -> int | None:
    if module in PACKAGES:  # the packages themselves are empty
        return 0
    return next((n for n, (_, names) in enumerate(FLOORS) if any(matches(module, name) for name in names)), None)


def modules() -> dict[str, Path]:
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "node_modules" not in path.parts:
                parts = path.relative_to(ROOT).with_suffix("").parts
                found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imports_in(module: str, source: str, *, package: bool = False, known: frozenset[str] = frozenset()) -> list[Import]:
    """All imports of a source; what is imported from a package counts as its module where there is one."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [Import(module, alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                up = module.split(".")[: None if package and node.level == 1 else -node.level + package]
                base = ".".join([*up, base] if base else up)
            names = [f"{base}.{alias.name}" for alias in node.names]
            found += [Import(module, name if name in known else base, node.lineno) for name in names]
    return found


def all_imports() -> Iterator[Import]:
    for module, path in MODULES.items():
        source = path.read_text(encoding="utf-8")
        yield from imports_in(module, source, package=path.name == "__init__.py", known=frozenset(MODULES))


IMPORTS = sorted(set(all_imports()), key=str)


def upward(found: Import) -> str | None:
    """What is wrong with the import, if it goes up."""
    above, below = floor_of(found.module), floor_of(found.target)
    if found.target.split(".")[0] not in PACKAGES or above is None or below is None or below <= above:
        return None
    return f"{found}: from floor {FLOORS[above][0]} up to {FLOORS[below][0]}"


def channel_of(module: str) -> str | None:
    """The channel that a module of bot/channels belongs to; None for what all channels share."""
    parts = module.split(".")
    if parts[:2] != ["bot", "channels"] or len(parts) < 3:
        return None
    name = parts[2].split("_")[0]
    return name if name in LIMITS else None


def across_channels(found: Import) -> str | None:
    """What is wrong with the import, if it goes from one channel to another, or from what is shared to a channel."""
    target = channel_of(found.target)
    in_channels = found.module.startswith("bot.channels.")
    if target is None or not in_channels or channel_of(found.module) == target:
        return None
    return f"{found}: channels know nothing of each other, and what they share knows none of them"


def heavy(found: Import) -> str | None:
    """What is wrong with the import, if it is Rasa's and out of place."""
    if found.target.split(".")[0] not in HEAVY or any(matches(found.module, name) for name in RASA):
        return None
    return f"{found}: only the modules in RASA may (ten seconds, 580 MB)"


def test_every_module_stands_on_a_floor() -> None:
    homeless = [module for module in MODULES if floor_of(module) is None]
    assert not homeless, (
        f"on no floor: {', '.join(homeless)}. Decide where it belongs (CONTRIBUTING.md, 'Where a new line goes') "
        "and add it to FLOORS in this file"
    )


@pytest.mark.parametrize("rule", [upward, across_channels, heavy], ids=lambda rule: rule.__name__)
def test_imports(rule: Rule) -> None:
    wrong = [complaint for found in IMPORTS if (complaint := rule(found)) is not None]
    assert not wrong, "\n".join(wrong)


def test_flows_and_rules_import_no_driver() -> None:
    """What is below the adapters knows neither the database's nor a platform's library."""
    drivers = ("sqlalchemy", "alembic", "psycopg", "sqlite3", "redis", "telegram", "httpx", "rasa_sdk")
    wrong = [
        str(found)
        for found in IMPORTS
        if (floor_of(found.module) or 0) < 4
        and not found.module.startswith("actions")  # Rasa's actions are what they are
        and found.target.split(".")[0] in drivers
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("module", "source", "rule", "is_wrong"),
    [
        ("bot.types.message", "import bot.ports", upward, True),
        ("bot.rules.retry", "from bot import inbox", upward, True),
        ("bot.inbox", "from bot.storage.schema import events", upward, True),
        ("bot.inbox", "def f():\n    from bot.web import main", upward, True),
        ("handoff.queue", "from handoff import lifecycle", upward, True),
        ("handoff.queue", "from .lifecycle import claim", upward, True),
        ("actions.smalltalk", "import bot.dialogue.brain", upward, True),
        ("bot.ports", "from bot.types.message import Author", upward, False),
        ("bot.web", "from bot.storage.database import Database", upward, False),
        ("handoff.console.views", "from ..lifecycle import claim", upward, False),
        ("bot.channels.telegram", "from bot.channels.messenger import x", across_channels, True),
        ("bot.channels.wire", "from bot.channels.telegram_events import x", across_channels, True),
        ("bot.channels.telegram", "from bot.channels.telegram_events import x", across_channels, False),
        ("bot.channels.telegram", "from bot.channels.wire import x", across_channels, False),
        ("bot.web", "from bot.channels.telegram import x", across_channels, False),
        ("bot.web", "import rasa.core.agent", heavy, True),
        ("bot.nlu.text", "def f():\n    import tensorflow", heavy, True),
        ("actions.smalltalk", "from rasa.shared.core import events", heavy, True),
        ("bot.nlu.components", "from rasa.engine.graph import GraphComponent", heavy, False),
        ("actions.smalltalk", "from rasa_sdk import Action", heavy, False),
    ],
)
def test_the_rules_themselves(module: str, source: str, rule: Rule, is_wrong: bool) -> None:
    known = frozenset({"bot.inbox", "bot.web", "handoff.lifecycle", "bot.ports"})
    assert any(rule(found) is not None for found in imports_in(module, source, known=known)) == is_wrong


def loaded_by(*names: str) -> set[str]:
    """The packages that are loaded after importing `names` in a fresh interpreter."""
    program = f"import sys, {', '.join(names)}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_the_web_process_loads_no_rasa() -> None:
    """What serves HTTP starts in a moment and stays small: /healthz answers within two seconds."""
    assert "bot.web" in MODULES, "bot/web.py, the web process, is missing"
    assert not {"rasa", "tensorflow", "keras"} & loaded_by("bot.web")


def test_unit_tests_load_no_rasa() -> None:
    """They finish in seconds."""
    wrong = []
    for path in sorted((ROOT / "tests" / "unit").glob("*.py")):
        found = imports_in(f"tests.unit.{path.stem}", path.read_text(encoding="utf-8"), known=frozenset(MODULES))
        wrong += [str(each) for each in found if each.target.split(".")[0] in HEAVY]
        wrong += [str(each) for each in found if any(matches(each.target, name) for name in RASA)]
    assert not wrong, "\n".join(wrong)
