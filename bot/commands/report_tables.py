"""The report of `okienko evaluate` as tables for the terminal."""

from rich.console import Console
from rich.table import Table

from bot.nlu.evaluation import OVERALL, Report, Score

_ROWS = (
    ("messages", "messages"),
    ("triage accuracy", "triage_accuracy"),
    ("triage macro-F1", "triage_macro_f1"),
    ("triage calibration error", "triage_error"),
    ("questions with a topic", "questions"),
    ("topic, first guess", "topic_top1"),
    ("topic, among three", "topic_top3"),
    ("topic calibration error", "topic_error"),
    ("questions answered", "answered"),
    ("  of them rightly", "answered_right"),
    ("answered without a topic", "answered_astray"),
)
_SHOWN = 10


def print_report(report: Report, console: Console) -> None:
    """Prints figures by language, by intent, the confusion of intents and the worst confusions of topics."""
    console.print(_languages(report))
    console.print(_intents(report))
    console.print(_confusion(report))
    if report.topic_confusion:
        console.print(_topics(report))


def _languages(report: Report) -> Table:
    table = Table(title=f"Understanding ({report.model})" if report.model else "Understanding")
    table.add_column("")
    for language in report.scores:
        table.add_column("all" if language == OVERALL else language, justify="right")
    for title, name in _ROWS:
        table.add_row(title, *(_figure(score, name) for score in report.scores.values()))
    return table


def _figure(score: Score, name: str) -> str:
    value: float | int | None = getattr(score, name)
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.3f}"


def _intents(report: Report) -> Table:
    table = Table(title="Intents")
    for heading in ("intent", "precision", "recall", "F1"):
        table.add_column(heading, justify="left" if heading == "intent" else "right")
    for intent, figures in report.intents.items():
        table.add_row(intent, *(f"{figure:.3f}" for figure in figures))
    return table


def _confusion(report: Report) -> Table:
    table = Table(title="Who is taken for whom (rows: true, columns: understood)")
    table.add_column("")
    names = list(report.intents)
    for name in names:
        table.add_column(name[:9], justify="right")
    for true in names:
        row = report.confusion.get(true, {})
        table.add_row(true, *(_cell(row.get(got, 0), true == got) for got in names))
    return table


def _cell(count: int, right: bool) -> str:
    if not count:
        return "[dim]·[/dim]"
    return f"[green]{count}[/green]" if right else f"[red]{count}[/red]"


def _topics(report: Report) -> Table:
    table = Table(title="Topics most often mistaken")
    for heading in ("true", "understood", "messages"):
        table.add_column(heading, justify="right" if heading == "messages" else "left")
    for true, got, count in report.topic_confusion[:_SHOWN]:
        table.add_row(true, got, str(count))
    return table
