"""Which model is in service."""

import json
from pathlib import Path

import pytest

from bot.errors import UserMistake
from bot.nlu.registry import FILE, Registry


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("okienko-1.tar.gz", "okienko-2.tar.gz", "okienko-3.tar.gz"):
        (tmp_path / name).write_bytes(b"x" * 10)
    return tmp_path


def test_nothing_is_in_service_at_first(folder: Path) -> None:
    registry = Registry(folder)
    assert registry.current() is None
    assert [(model.name, model.current) for model in registry.list()] == [
        ("okienko-3.tar.gz", False),
        ("okienko-2.tar.gz", False),
        ("okienko-1.tar.gz", False),
    ]
    with pytest.raises(UserMistake, match="nothing was promoted before"):
        registry.rollback()


def test_forward_and_back(folder: Path) -> None:
    registry = Registry(folder)
    assert registry.promote("okienko-1") == "okienko-1.tar.gz"
    assert registry.promote(str(folder / "okienko-2.tar.gz")) == "okienko-2.tar.gz"
    assert registry.current() == folder / "okienko-2.tar.gz"
    assert registry.rollback() == "okienko-1.tar.gz"
    assert Registry(folder).current() == folder / "okienko-1.tar.gz"
    assert registry.rollback() == "okienko-2.tar.gz"
    states = {model.name: (model.current, model.previous) for model in registry.list()}
    assert states["okienko-2.tar.gz"] == (True, False)
    assert states["okienko-1.tar.gz"] == (False, True)
    assert all(model.promoted_at for model in registry.list() if model.current)


def test_promoting_the_current_one_keeps_the_way_back(folder: Path) -> None:
    registry = Registry(folder)
    registry.promote("okienko-1")
    registry.promote("okienko-2")
    registry.promote("okienko-2")
    assert registry.rollback() == "okienko-1.tar.gz"


def test_what_is_written_is_whole(folder: Path) -> None:
    Registry(folder).promote("okienko-1")
    state = json.loads((folder / FILE).read_text(encoding="utf-8"))
    assert (state["current"], state["previous"]) == ("okienko-1.tar.gz", None)
    assert [path.name for path in folder.glob(".registry*")] == []


def test_mistakes(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    registry = Registry(folder)
    with pytest.raises(UserMistake, match="no model 'okienko-9'"):
        registry.promote("okienko-9")
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "m.tar.gz"
    elsewhere.write_bytes(b"x")
    with pytest.raises(UserMistake, match="only models from there"):
        registry.promote(str(elsewhere))
    registry.promote("okienko-1")
    (folder / "okienko-1.tar.gz").unlink()
    with pytest.raises(UserMistake, match="the file is gone"):
        registry.current()


@pytest.mark.parametrize("content", ["{", "[]", '{"history": [1]}'])
def test_a_broken_registry_is_one_line(folder: Path, content: str) -> None:
    (folder / FILE).write_text(content, encoding="utf-8")
    with pytest.raises(UserMistake, match="not a registry of models"):
        Registry(folder).current()
