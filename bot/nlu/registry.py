"""Which of the trained archives is in service: `registry.json` beside them. It is always written whole or not at all.

A service watches `current`; going back is as quick as going forward, because the archive of before is still there.
"""

import json
import os
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.errors import UserMistake

FILE = "registry.json"
_KEPT = 20  # promotions remembered


@dataclass(frozen=True, slots=True)
class Model:
    """A trained archive in the models folder. `promoted_at` is the last time it went into service (UTC, ISO)."""

    name: str
    size: int  # bytes
    current: bool
    previous: bool
    promoted_at: str | None


class Registry:
    """The models folder with its record of promotions."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def current(self) -> Path | None:
        """The archive in service; None where none was promoted. Raises UserMistake if it is gone."""
        name = self._read().current
        if name is None:
            return None
        return self._archive(name)

    def list(self) -> list[Model]:
        """All archives, the newest (by name) first."""
        state = self._read()
        found = sorted(self._folder.glob("*.tar.gz"), key=lambda path: path.name, reverse=True)
        when = dict(state.history)
        return [
            Model(
                path.name,
                path.stat().st_size,
                path.name == state.current,
                path.name == state.previous,
                when.get(path.name),
            )
            for path in found
        ]

    def find(self, name: str) -> Path:
        """The archive that a person means: a path, a file name, or the name without `.tar.gz`. Raises UserMistake."""
        for candidate in (Path(name), self._folder / name, self._folder / f"{name}.tar.gz"):
            if candidate.is_file():
                return candidate
        raise UserMistake(f"no model '{name}' in {self._folder} ('okienko models list' shows those that are there)")

    def promote(self, name: str) -> str:
        """Puts an archive of the folder into service; its full name. Raises UserMistake if there is none."""
        path = self.find(name)
        if path.resolve().parent != self._folder.resolve():
            raise UserMistake(f"{path} is not in {self._folder}: only models from there can be promoted")
        state = self._read()
        if path.name == state.current:
            return path.name
        self._write(_State(path.name, state.current, [*state.history, (path.name, _now())]))
        return path.name

    def rollback(self) -> str:
        """Puts the archive of before back into service; its name. Twice is back where it was. Raises UserMistake."""
        state = self._read()
        if state.previous is None:
            raise UserMistake("there is no model to go back to: nothing was promoted before the current one")
        name = self._archive(state.previous).name
        self._write(_State(name, state.current, [*state.history, (name, _now())]))
        return name

    def _archive(self, name: str) -> Path:
        path = self._folder / name
        if not path.is_file():
            raise UserMistake(f"{path}: the registry names this model, but the file is gone")
        return path

    def _read(self) -> "_State":
        path = self._folder / FILE
        try:
            state = json.loads(path.read_text(encoding="utf-8"))
            history = [(str(entry["model"]), str(entry["at"])) for entry in state.get("history", [])]
            return _State(state.get("current"), state.get("previous"), history)
        except FileNotFoundError:
            return _State(None, None, [])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserMistake(
                f"{path}: not a registry of models ({error}); remove it and promote a model again"
            ) from error

    def _write(self, state: "_State") -> None:
        content = {
            "current": state.current,
            "previous": state.previous,
            "history": [{"model": model, "at": at} for model, at in state.history[-_KEPT:]],
        }
        self._folder.mkdir(parents=True, exist_ok=True)
        handle, unfinished = tempfile.mkstemp(dir=self._folder, prefix=".registry-", suffix=".json")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(content, stream, indent=2)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(unfinished, 0o644)
        os.replace(unfinished, self._folder / FILE)


@dataclass(frozen=True, slots=True)
class _State:
    current: str | None
    previous: str | None
    history: list[tuple[str, str]]  # (model, when), oldest first


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
