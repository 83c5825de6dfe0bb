"""Runs a loaded graph of Rasa's straight through, node after node.

Rasa hands every message's graph to dask, which plans it anew and runs it through a scheduler made for clusters: a
millisecond for ten nodes that always run in the same order. Here the order is found once for each target. The nodes are
Rasa's own, as they were loaded; this module imports nothing of it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

#: A loaded node: takes (name, output) of each node that it needs, returns its own.
Node = Callable[..., tuple[str, Any]]


class _SchemaNode(Protocol):
    @property
    def needs(self) -> Mapping[str, str]: ...


class _Schema(Protocol):
    @property
    def nodes(self) -> Mapping[str, _SchemaNode]: ...

    @property
    def target_names(self) -> Sequence[str]: ...


class LoadedRunner(Protocol):
    """What is used of Rasa's DaskGraphRunner."""

    @property
    def _graph_schema(self) -> _Schema: ...

    @property
    def _instantiated_nodes(self) -> Mapping[str, Node]: ...


class StraightRunner:
    """Takes the place of the runner that the model was loaded into (it has its `run`)."""

    def __init__(self, loaded: LoadedRunner) -> None:
        self._schema = loaded._graph_schema
        self._nodes = loaded._instantiated_nodes
        self._orders: dict[tuple[str, ...], list[tuple[Node, tuple[str, ...]]]] = {}

    def run(self, inputs: Mapping[str, Any] | None = None, targets: Sequence[str] | None = None) -> dict[str, Any]:
        """The outputs of the targets, given the graph's inputs."""
        wanted = tuple(targets or self._schema.target_names)
        outputs: dict[str, tuple[str, Any]] = {name: (name, value) for name, value in (inputs or {}).items()}
        for node, needs in self._order(wanted):
            name, output = node(*[outputs[need] for need in needs])
            outputs[name] = (name, output)
        return {name: outputs[name][1] for name in wanted}

    def _order(self, wanted: tuple[str, ...]) -> list[tuple[Node, tuple[str, ...]]]:
        """The nodes that the targets need, each after those that it needs itself, and the names of these."""
        if wanted not in self._orders:
            names = dict.fromkeys(name for target in wanted for name in self._needed(target))
            self._orders[wanted] = [
                (self._nodes[name], tuple(self._schema.nodes[name].needs.values())) for name in names
            ]
        return self._orders[wanted]

    def _needed(self, name: str) -> Iterator[str]:
        """The node and all that it needs, itself last; Rasa has checked that no node needs itself."""
        if name in self._schema.nodes:  # what is no node is an input of the graph
            for need in self._schema.nodes[name].needs.values():
                yield from self._needed(need)
            yield name
