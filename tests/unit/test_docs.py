"""The documents say nothing that is not there: settings, commands, links, scripts, paths, tables, metrics."""

import argparse
import inspect
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import Counter, Gauge, Histogram

from bot import metrics
from bot.cli import parser
from bot.company import load_company
from bot.content import load_faq
from bot.nlu.data import read_faq_file, read_nlu_file
from bot.settings import PREFIX, Settings
from bot.storage import audit, health
from bot.storage.schema import metadata
from tests import documents
from tests.documents import NAMES, ROOT

SETTINGS = {PREFIX + name.upper() for name in Settings.model_fields}
#: Folders that a fresh clone does not have: they are made by running the product, or are not there yet.
MADE = ("models", "var", "benchmarks")
FOLDERS = ("bot", "actions", "handoff", "data", "scripts", "tests", "docs", ".ci", *MADE)


def subcommands(of: argparse.ArgumentParser, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command of the command line, such as ("models", "list")."""
    inner = [action for action in of._actions if isinstance(action, argparse._SubParsersAction)]
    if before and not inner:
        yield before
    for action in inner:
        for name, made in action.choices.items():
            yield from subcommands(made, (*before, name))


COMMANDS = frozenset(subcommands(parser()))


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_setting_that_is_named_exists(name: str) -> None:
    named = set(re.findall(rf"{PREFIX}[A-Z]+(?:_[A-Z]+)*", documents.read(name)))
    assert named <= SETTINGS, f"{name} names {sorted(named - SETTINGS)}"


def test_readme_names_every_setting() -> None:
    rows = set(re.findall(r"^\| `(OKIENKO_\w+)`", documents.read("README.md"), re.MULTILINE))
    assert rows == SETTINGS


def test_every_command_that_is_named_exists(name: str) -> None:
    for span in documents.spans(name):
        if not span.startswith("okienko "):
            continue
        words = re.match(r"okienko((?: [a-z]+)*)", span)
        assert words is not None
        said = tuple(words[1].split())
        assert any(said[: len(known)] == known for known in COMMANDS) or any(
            known[: len(said)] == said for known in COMMANDS
        ), f"{name}: `{span}`"


def test_every_shown_call_is_understood(name: str) -> None:
    for call in documents.calls(name):
        try:
            parser().parse_args(call)
        except SystemExit:
            pytest.fail(f"{name}: okienko {' '.join(call)}")


def test_readme_names_every_command() -> None:
    rows = re.findall(r"^\| `okienko ((?:[a-z]+ ?)+)", documents.read("README.md"), re.MULTILINE)
    assert {tuple(row.split()) for row in rows} == COMMANDS


def test_every_link_leads_somewhere(name: str) -> None:
    here = (ROOT / name).parent
    gone = [link for link in documents.links(name) if not (here / link.partition("#")[0]).is_file()]
    assert not gone, f"{name}: {gone}"


def test_every_script_exists_and_runs(name: str) -> None:
    for script in set(re.findall(r"(?<![\w/.])(?:scripts/[a-z]+|\.ci/run)\b", documents.read(name))):
        assert os.access(ROOT / script, os.X_OK), f"{name}: {script}"


def test_every_path_exists(name: str) -> None:
    """`<topic>` and the like stand for any name."""
    for span in documents.spans(name):
        if not re.fullmatch(r"[\w.<>*/-]+", span) or span.partition("/")[0] not in FOLDERS or "/" not in span:
            continue
        if not span.startswith(tuple(f"{folder}/" for folder in MADE)):
            pattern = re.sub(r"<\w+>", "*", span).rstrip("/")
            assert any(ROOT.glob(pattern)), f"{name}: `{span}`"


def test_every_table_of_the_schema_is_described() -> None:
    section = documents.read("ARCHITECTURE.md").partition("## Data model")[2].partition("## Glossary")[0]
    first_cells = re.findall(r"^\| ([^|]+) \|", section, re.MULTILINE)
    named = {word for cell in first_cells for word in re.findall(r"`(\w+)`", cell)}
    assert named == set(metadata.tables)


def test_every_metric_is_described() -> None:
    kinds = (Counter, Gauge, Histogram)
    counted = [metric for module in (metrics, health) for metric in vars(module).values() if isinstance(metric, kinds)]
    real = [one for metric in counted for one in metric.describe()]
    rows = re.findall(r"^\| (`okienko_[^|]+) \|", documents.read("docs/operations.md"), re.MULTILINE)
    named = {word for row in rows for word in re.findall(r"`(\w+)`", row)}
    assert named == {one.name + ("_total" if one.type == "counter" else "") for one in real}


def test_every_finding_of_the_audit_is_explained() -> None:
    source = inspect.getsource(audit)
    section = documents.read("docs/operations.md").partition("## Audit")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\w+): ([^|]+) \|", section, re.MULTILINE)
    assert [what for _, what in rows if f'"{what}"' not in source] == []
    assert len(rows) == source.count("yield _Check(")


def test_every_dependency_has_its_reason() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    names = {re.split(r"[\[=>< ;]", dependency)[0] for dependency in declared}
    section = documents.read("README.md").partition("## What it stands on")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| ([^|]+) \|", section, re.MULTILINE)[1:]
    explained = {package for cell in cells for package in cell.split(", ") if set(package) != {"-"}}
    assert explained == names


def test_every_block_says_what_may_be_done_with_it(name: str) -> None:
    """A shell block is either run (console) or plainly not."""
    for fence in documents.fences(name):
        assert fence.kind, f"{name}: a block without a kind:\n{fence.body}"
        assert fence.kind not in ("sh", "shell"), f"{name}: use console, or bash norun"
        assert fence.kind != "bash" or "norun" in fence.words, f"{name}: bash blocks are norun:\n{fence.body}"
        if fence.kind == "console":
            assert fence.body.startswith("$ "), f"{name}: a console block begins with a command:\n{fence.body}"


def test_the_example_company_is_one(tmp_path: Path) -> None:
    """The files that docs/your-company.md shows are read by what reads them in service."""
    for fence in documents.fences("docs/your-company.md"):
        if fence.file is not None:
            path = tmp_path / "here" / fence.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(fence.body, encoding="utf-8")
    home = tmp_path / "zorza"
    company = load_company(home / "okienko.yml")
    topics = load_faq(home / "data" / "faq", company).topics()
    examples = [one for path in (home / "data" / "nlu").rglob("*.yml") for one in read_nlu_file(path)]
    examples += [one for path in (home / "data" / "faq").glob("*.yml") for one in read_faq_file(path)]
    assert {one.topic for one in examples} == set(topics)
    assert {topic for team in company.teams.values() for topic in team.topics} <= set(topics)


@pytest.mark.parametrize(
    ("shown", "output", "fits"),
    [
        ([], "whatever\n", True),
        (["done"], "done\n", True),
        (["done"], "done\nand more\n", False),
        (["model-... is there"], "model-7 is there\n", True),
        (["model-... is there"], "model-7 is gone\n", False),
        (["...", "done"], "done\n", True),
        (["...", "done"], "one\ntwo\ndone\n", True),
        (["one", "..."], "two\n", False),
    ],
)
def test_shown_output_is_compared(shown: list[str], output: str, fits: bool) -> None:
    assert documents.Command("x", shown).fits(output) == fits
