"""What the documents tell people to type works: every `console` block is run, in order, and shows what it says.

Each document gets a folder that looks like a clone (links to this one), an empty var folder, and `okienko` on its path.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import documents
from tests.documents import ROOT, Command

PATIENCE = 300.0  # seconds for all of a document's commands; two of them load Rasa
PROGRAM = """#!/bin/sh
exec "{python}" -m bot.cli "$@"
"""


def looks_like_a_clone(folder: Path) -> Path:
    """A folder with links to everything of this repository."""
    clone = folder / "okienko"
    clone.mkdir()
    for path in ROOT.iterdir():
        if path.name not in ("var", ".git"):
            (clone / path.name).symlink_to(path)
    return clone


def environment(folder: Path) -> dict[str, str]:
    """With `okienko` on the path, and nothing kept outside the folder."""
    programs = folder / "bin"
    programs.mkdir()
    (programs / "okienko").write_text(PROGRAM.format(python=sys.executable))
    (programs / "okienko").chmod(0o755)
    own = {"OKIENKO_VAR": str(folder / "var"), "PYTHONPATH": str(ROOT), "PATH": f"{programs}:{os.environ['PATH']}"}
    return {**os.environ, **own}


def run_all(commands: list[Command], clone: Path, folder: Path) -> list[tuple[int, str, str]]:
    """Status, output and errors of each command; one shell runs them all, so that what is exported stays."""
    lines = []
    for number, command in enumerate(commands):
        streams = f'>"{folder}/out-{number}" 2>"{folder}/err-{number}"'
        lines += [f"{{ {command.text}\n}} {streams}", f'echo $? >"{folder}/status-{number}"']
    subprocess.run(
        ["bash", "-o", "pipefail", "-c", "\n".join(lines)],
        cwd=clone,
        env=environment(folder),
        stdin=subprocess.DEVNULL,
        timeout=PATIENCE,
        check=True,
    )
    found = []
    for number in range(len(commands)):
        status, out, err = ((folder / f"{part}-{number}").read_text() for part in ("status", "out", "err"))
        found.append((int(status), out, err))
    return found


@pytest.mark.slow
@pytest.mark.timeout(PATIENCE + 60)
@pytest.mark.usefixtures("models_dir")
@pytest.mark.parametrize("name", ["README.md", "docs/operations.md", "docs/your-company.md"])
def test_commands(name: str, tmp_path: Path) -> None:
    clone = looks_like_a_clone(tmp_path)
    commands: list[Command] = []
    for fence in documents.fences(name):
        if fence.file is not None:
            path = clone / fence.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(fence.body, encoding="utf-8")
        elif fence.kind == "console":
            commands += documents.commands(fence)
    assert commands
    for command, (status, out, err) in zip(commands, run_all(commands, clone, tmp_path), strict=True):
        assert status == 0, f"$ {command.text}\n{out}{err[-2000:]}"
        assert command.fits(out), f"$ {command.text}\nshould show\n{command.shown}\nbut showed\n{out}{err[-2000:]}"
