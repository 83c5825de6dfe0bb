"""Trains the whole model, understanding and dialogue, through Rasa's engine.

The training graph is Rasa's own (its recipe makes it from config.yml), and so is the archive; only the run is ours:
without the cache, whose fingerprints of every feature cost more than learning, and with a hook on the graph's nodes
that shows how far it is. `rasa train` in the project's folder makes the same model.
"""

import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bot
from bot.errors import UserMistake
from bot.nlu import progress
from bot.nlu.data import read_examples
from bot.nlu.quiet import quiet

if TYPE_CHECKING:
    from rasa.engine.graph import GraphModelConfiguration, GraphNodeHook

    from bot.nlu.importer import ProjectImporter

Report = Callable[[float, str], None]

#: The steps in the order of their beginning, with their share of the time.
_STEPS = {
    "loading": 25,
    "importing": 3,
    "encoding": 30,
    "triage": 10,
    "topic": 25,
    "rules": 4,
    "packing": 3,
}
_STEP_OF_NODE = {
    "schema_validator": "importing",
    "nlu_training_data_provider": "importing",
    "run_bot.nlu.featurizers.SentenceEncoder": "encoding",
    "train_bot.nlu.classifiers.TriageHead": "triage",
    "train_bot.nlu.classifiers.TopicHead": "topic",
    "training_tracker_provider": "rules",
    "train_RulePolicy": "rules",
}


def train(data: Path, out: Path, report: Report) -> Path:
    """Trains on the data folder and returns the new archive, `out/okienko-<UTC time>.tar.gz`.

    config.yml and domain.yml are looked for in the data folder, beside it, then in this project. Without a domain or
    without rules only the understanding is trained. `report` is told the part that is done, 0 to 1, and the step.
    Raises UserMistake for data that cannot be used.
    """
    steps = _Steps(report)
    steps.begin("loading")
    read_examples(data)  # a mistake in it is told at once, not after ten seconds of imports
    config = find_beside(data, "config.yml")
    if config is None:
        raise UserMistake(f"no config.yml in {data} or beside it")
    with quiet():
        import rasa.engine.recipes.default_components  # noqa: F401  # the slow part: TensorFlow
        from rasa.shared.exceptions import RasaException

        try:
            return _train(data, config, find_beside(data, "domain.yml"), out, steps)
        except RasaException as error:
            cause: BaseException = error
            while cause.__cause__ is not None:
                cause = cause.__cause__
            if isinstance(cause, UserMistake):
                raise cause from None
            if not isinstance(cause, RasaException):
                raise
            raise UserMistake(f"Rasa refuses the model: {' '.join(str(cause).split())}") from error


def find_beside(data: Path, name: str) -> Path | None:
    """A file of the project that the data folder belongs to: in it, beside it, or in this project."""
    here = data.resolve()
    candidates = (here / name, here.parent / name, Path(bot.__file__).resolve().parents[1] / name)
    return next((path for path in candidates if path.is_file()), None)


def _train(data: Path, config: Path, domain: Path | None, out: Path, steps: "_Steps") -> Path:
    from rasa.engine.graph import ExecutionContext, GraphSchema
    from rasa.engine.runner.dask import DaskGraphRunner
    from rasa.engine.storage.local_model_storage import LocalModelStorage

    from bot.nlu.importer import ProjectImporter

    steps.begin("importing")
    # Rasa would wrap the importer in three more, for things that we do not have (stories with texts in them, responses
    # among the examples), and each would copy all examples anew: ten seconds
    importer = ProjectImporter(str(config), str(domain) if domain else None, [str(data)])
    configuration = _configuration(importer)
    name = f"okienko-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.tar.gz"
    work = out / ".work"
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=work) as folder, progress.listening(steps.go_on):
        components = Path(folder) / "components"
        components.mkdir()
        storage = LocalModelStorage(components)
        schema = configuration.train_schema
        runner = DaskGraphRunner.create(schema, storage, ExecutionContext(graph_schema=schema), [_hook(steps)])
        runner.run(inputs={"__importer__": importer})
        steps.begin("packing")
        packed = Path(folder) / name
        # without the training graph: whoever loads the archive would import everything that trains
        untrained = replace(configuration, train_schema=GraphSchema({}))
        storage.create_model_package(packed, untrained, importer.get_domain())
        os.replace(packed, out / name)  # an archive is there whole or not at all
    steps.finish()
    return out / name


def _configuration(importer: "ProjectImporter") -> "GraphModelConfiguration":
    """The graphs of config.yml: with the dialogue, if there is one to train."""
    import rasa.engine.validation
    from rasa.engine.recipes.recipe import Recipe
    from rasa.shared.data import TrainingType

    dialogue = not importer.get_domain().is_empty() and not importer.get_stories().is_empty()
    kind = TrainingType.BOTH if dialogue else TrainingType.NLU
    config = importer.get_config()
    recipe = Recipe.recipe_for_name(config.get("recipe"))
    configuration = recipe.graph_config_for_recipe(config, {}, training_type=kind)
    rasa.engine.validation.validate(configuration)
    return configuration


def _hook(steps: "_Steps") -> "GraphNodeHook":
    from rasa.engine.graph import GraphNodeHook

    class Hook(GraphNodeHook):  # type: ignore[misc]  # Rasa has no types
        """Tells the steps which node runs. A node's name is its component's with its number in the pipeline."""

        def on_before_node(self, node_name: str, *_: Any, **__: Any) -> dict[str, Any]:
            step = _STEP_OF_NODE.get(node_name.rstrip("0123456789"))
            if step is not None:
                steps.begin(step)
            return {}

        def on_after_node(self, *_: Any, **__: Any) -> None:
            pass

    return Hook()


class _Steps:
    """Adds up the steps; the graph may run them in another order than ours."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._done: set[str] = set()
        self._now = ""
        self._part = 0.0

    def begin(self, step: str) -> None:
        """The step before is over, this one starts (or goes on)."""
        if step != self._now:
            self._done.add(self._now)
            self._done.discard(step)
            self._now = step
            self._part = 0.0
            self.go_on(0.0)

    def go_on(self, part: float) -> None:
        """The running step is done to this part."""
        self._part = max(self._part, part)
        whole = sum(share for step, share in _STEPS.items() if step in self._done)
        self._report((whole + self._part * _STEPS.get(self._now, 0)) / sum(_STEPS.values()), self._now)

    def finish(self) -> None:
        """Everything is done."""
        self._report(1.0, self._now)
