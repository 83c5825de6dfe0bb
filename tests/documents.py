"""The project's documents as tests read them: text, code, fences, links.

A fence's first word says what may be done with it: `console` blocks are run (tests/acceptance/test_docs_commands.py), a
block with `file=PATH` is written to that path first, and `bash norun` and `text` blocks are only looked at.
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAMES = (
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "docs/operations.md",
    "docs/your-company.md",
)

_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)|<img[^>]*\ssrc=\"([^\"]+)\"")
_ASSIGNMENT = re.compile(r"[A-Z_]+=.*")


@dataclass(frozen=True)
class Fence:
    """A fenced block: its kind (`console`, `bash`, `yaml` ...), the words after it, and its text."""

    kind: str
    words: tuple[str, ...]
    body: str

    @property
    def file(self) -> str | None:
        """Where the block is to be written, if it says so."""
        return next((word.removeprefix("file=") for word in self.words if word.startswith("file=")), None)


@dataclass
class Command:
    """A command of a console block with the output that is shown below it ("..." stands for anything)."""

    text: str
    shown: list[str] = field(default_factory=list)

    def fits(self, output: str) -> bool:
        """Whether the output is what is shown; a command without shown output may say anything."""
        lines = (
            r"(?:.*\n)*?" if line == "..." else ".*".join(map(re.escape, line.split("..."))) + r"\n"
            for line in self.shown
        )
        return not self.shown or re.fullmatch("".join(lines), output) is not None


@cache
def read(name: str) -> str:
    """A document's text."""
    return (ROOT / name).read_text(encoding="utf-8")


@cache
def fences(name: str) -> tuple[Fence, ...]:
    """Its fenced blocks, in order."""
    found = []
    for match in _FENCE.finditer(read(name)):
        kind, *words = match["info"].split() or [""]
        found.append(Fence(kind, tuple(words), match["body"]))
    return tuple(found)


def spans(name: str) -> list[str]:
    """Its pieces of code within sentences."""
    return re.findall(r"`([^`\n]+)`", _FENCE.sub("", read(name)))


def links(name: str) -> list[str]:
    """The targets of its links and pictures that are files of the project."""
    targets = [link or image for link, image in _LINK.findall(_FENCE.sub("", read(name)))]
    return [target for target in targets if "://" not in target and not target.startswith("#")]


def commands(fence: Fence) -> list[Command]:
    """The commands of a console block."""
    found: list[Command] = []
    for line in fence.body.splitlines():
        if line.startswith("$ "):
            found.append(Command(line.removeprefix("$ ")))
        else:
            found[-1].shown.append(line)
    return found


def calls(name: str) -> Iterator[list[str]]:
    """The arguments of every call of `okienko` in the document's blocks that show commands."""
    for fence in fences(name):
        if fence.kind in ("console", "bash", "text"):
            for line in fence.body.splitlines():
                yield from _calls_in(line.removeprefix("$ "))


def _calls_in(line: str) -> Iterator[list[str]]:
    for part in re.split(r"\s(?:\||&&|;)\s", line):
        if "okienko " not in part:
            continue
        words = shlex.split(part, comments=True)
        while words and _ASSIGNMENT.fullmatch(words[0]):
            words.pop(0)
        if words and words[0] == "okienko":
            yield words[1:]
