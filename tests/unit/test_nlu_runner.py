"""The order in which a graph's nodes run."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.nlu.runner import StraightRunner


@dataclass
class SchemaNode:
    needs: dict[str, str]


@dataclass
class Schema:
    nodes: dict[str, SchemaNode]
    target_names: list[str]


@dataclass
class Loaded:
    """A graph whose nodes note that they ran, and return their name with what they were given."""

    needs: dict[str, list[str]]
    ran: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        nodes = {
            name: SchemaNode({f"input{n}": need for n, need in enumerate(needs)}) for name, needs in self.needs.items()
        }
        self._graph_schema = Schema(nodes, ["end"])
        self._instantiated_nodes = {name: self.node(name) for name in self.needs}

    def node(self, name: str) -> Callable[..., tuple[str, Any]]:
        def run(*given: tuple[str, str]) -> tuple[str, str]:
            self.ran.append(name)
            return name, f"{name}({','.join(output for _, output in given)})"

        return run


GRAPH = {
    "first": ["__message__"],
    "left": ["first"],
    "right": ["first", "__tracker__"],
    "end": ["left", "right"],
    "other": ["first"],
}


def test_every_node_runs_once_after_what_it_needs() -> None:
    loaded = Loaded(GRAPH)
    runner = StraightRunner(loaded)
    for _ in range(2):
        loaded.ran.clear()
        assert runner.run({"__message__": "m", "__tracker__": "t"}, ["end"]) == {
            "end": "end(left(first(m)),right(first(m),t))"
        }
        assert loaded.ran == ["first", "left", "right", "end"]  # and "other" does not run


def test_targets() -> None:
    runner = StraightRunner(Loaded(GRAPH))
    assert runner.run({"__message__": "m", "__tracker__": "t"}).keys() == {"end"}
    assert runner.run({"__message__": "m"}, ["other", "left"]) == {"other": "other(first(m))", "left": "left(first(m))"}
