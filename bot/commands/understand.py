"""`okienko train`, `classify`, `evaluate`, `models`: the understanding from its data to its place in service."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bot.company import load_company
from bot.errors import UserMistake
from bot.nlu.registry import Registry
from bot.rules.decide import decide
from bot.settings import load_settings
from bot.types.languages import is_language
from bot.types.understanding import Thresholds, Understanding

if TYPE_CHECKING:
    from bot.nlu.interpreter import Interpreter

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

_BATCH = 64

Item = TypeVar("Item")


def register(subparsers: "Subparsers") -> None:
    """Adds the commands."""
    train = subparsers.add_parser("train", help="train a model and put it into service")
    train.add_argument("--data", type=Path, metavar="DIR", help="training data (default: data)")
    train.add_argument("--out", type=Path, metavar="DIR", help="where models are kept (default: models)")
    train.set_defaults(run=run_train)
    classify = subparsers.add_parser("classify", help="JSON lines of messages in, what is understood of them out")
    _model(classify)
    classify.set_defaults(run=run_classify)
    evaluate = subparsers.add_parser("evaluate", help="measure a model on labelled messages")
    evaluate.add_argument("file", type=Path, metavar="FILE", help='JSON lines {"text", "intent", "topic"?, "lang"?}')
    evaluate.add_argument("--json", type=Path, metavar="OUT", help="write the report to a file, too")
    _model(evaluate)
    evaluate.set_defaults(run=run_evaluate)
    models = subparsers.add_parser("models", help="the trained models and which is in service")
    verbs = models.add_subparsers(dest="verb", required=True)
    verbs.add_parser("list", help="all models, the newest first").set_defaults(run=run_list)
    promote = verbs.add_parser("promote", help="put a model into service")
    promote.add_argument("model", metavar="M")
    promote.set_defaults(run=run_promote)
    verbs.add_parser("rollback", help="put the model of before back into service").set_defaults(run=run_rollback)


def _model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="M", help="a model's name or path (default: the one in service)")


def run_train(arguments: argparse.Namespace) -> int:
    """Trains with a progress bar and promotes the model."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from bot.nlu.training import train

    home = load_settings().home
    data = arguments.data or home / "data"
    out = arguments.out or home / "models"
    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=1.0)

        def show(done: float, step: str) -> None:
            if not console.is_terminal and step != bar.tasks[task].description:
                console.print(f"training: {step} ({done:.0%})", highlight=False)
            bar.update(task, completed=done, description=step)

        archive = train(data, out, show)
    Registry(out).promote(archive.name)
    print(f"{archive.name} is trained and in service")
    return 0


def run_classify(arguments: argparse.Namespace) -> int:
    """JSON lines from stdin to stdout (README); a bad line ends it."""
    thresholds = _thresholds()
    model = _archive(arguments.model)
    for stream, errors in ((sys.stdin, "strict"), (sys.stdout, "backslashreplace")):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors=errors)
    interpreter: Interpreter | None = None
    # one at a time, not in batches: whoever writes a line may wait for its answer before the next
    for text, language in _messages(sys.stdin):
        if interpreter is None:
            interpreter = _load(model)
        (understood,) = interpreter.understand([text])
        print(json.dumps(_line(text, language, understood, thresholds), ensure_ascii=False), flush=True)
    return 0


def run_evaluate(arguments: argparse.Namespace) -> int:
    """Prints the report and writes it where `--json` says."""
    from rich.console import Console

    from bot.commands.report_tables import print_report
    from bot.nlu.evaluation import evaluate, read_labelled

    try:
        with arguments.file.open(encoding="utf-8") as stream:
            labelled = list(read_labelled(stream, str(arguments.file)))
    except (OSError, UnicodeDecodeError) as error:
        raise UserMistake(f"{arguments.file}: cannot be read: {error}") from error
    if not labelled:
        raise UserMistake(f"{arguments.file}: no labelled messages in it")
    interpreter = _load(_archive(arguments.model))
    understood: list[Understanding] = []
    for batch in _batches(iter(labelled), _BATCH):
        understood.extend(interpreter.understand([message.text for message in batch]))
    report = evaluate(labelled, understood, _thresholds())
    print_report(report, Console())
    if arguments.json is not None:
        try:
            arguments.json.write_text(
                json.dumps(report.to_json(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
            )
        except OSError as error:
            raise UserMistake(f"{arguments.json}: cannot be written: {error}") from error
    return 0


def run_list(_arguments: argparse.Namespace) -> int:
    """One line for each model."""
    models = _registry().list()
    if not models:
        print("no models yet: 'okienko train' makes one")
    for model in models:
        state = "in service" if model.current else "before it" if model.previous else ""
        print(f"{model.name:<44}{model.size / 1e6:>7.1f} MB  {state}".rstrip())
    return 0


def run_promote(arguments: argparse.Namespace) -> int:
    """Puts a model into service."""
    print(f"{_registry().promote(arguments.model)} is in service")
    return 0


def run_rollback(_arguments: argparse.Namespace) -> int:
    """Puts the model of before back into service."""
    print(f"{_registry().rollback()} is in service again")
    return 0


def _messages(lines: Iterable[str]) -> Iterator[tuple[str, str | None]]:
    """Text and, if given, language of each line. Raises UserMistake with the line's number."""
    number = 0
    try:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield _message(line, number)
    except UnicodeDecodeError as error:
        raise UserMistake(f"line {number + 1}: not UTF-8 text") from error


def _message(line: str, number: int) -> tuple[str, str | None]:
    try:
        entry = json.loads(line)
    except ValueError as error:
        raise UserMistake(f"line {number}: not JSON: {error}") from error
    if not isinstance(entry, dict) or not isinstance(entry.get("text"), str):
        raise UserMistake(f'line {number}: expected {{"text": ...}}')
    language = entry.get("lang")
    if language is not None and not is_language(language):
        raise UserMistake(f"line {number}: unknown language {language!r}")
    return entry["text"], language


def _line(text: str, language: str | None, got: Understanding, thresholds: Thresholds) -> dict[str, Any]:
    """A line of output. A language that was told stands where the text alone is not certain of its own."""
    return {
        "text": text,
        "language": language if language and not got.language_certain else got.language,
        "intent": got.intent,
        "intent_confidence": round(got.intent_confidence, 4),
        "topic": got.topic,
        "topic_confidence": round(got.topic_confidence, 4),
        "action": decide(got, thresholds).value,
    }


def _batches(items: Iterator[Item], size: int) -> Iterator[list[Item]]:
    while batch := list(islice(items, size)):
        yield batch


def _registry() -> Registry:
    return Registry(load_settings().home / "models")


def _archive(name: str | None) -> Path:
    """The archive that `--model` names, or the one in service. Raises UserMistake where there is none."""
    registry = _registry()
    if name is not None:
        return registry.find(name)
    current = registry.current()
    if current is None:
        raise UserMistake("no model is in service: 'okienko train' makes one")
    return current


def _load(archive: Path) -> "Interpreter":
    from bot.nlu.interpreter import Interpreter

    return Interpreter.load(archive)


def _thresholds() -> Thresholds:
    """The company's own, or ours where there is no okienko.yml."""
    path = load_settings().home / "okienko.yml"
    if not path.is_file():
        return Thresholds()
    own = load_company(path).understanding
    return Thresholds(intent=own.intent, topic=own.topic, suggest=own.suggest)
