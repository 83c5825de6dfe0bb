"""The parts of the pipeline that decide: triage and topic (see `bot.nlu.components`)."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu import progress
from bot.nlu.components import Part
from bot.nlu.featurizers import features_of
from bot.nlu.heads import NO_TOPIC, LinearHead, guess_topic
from bot.types.understanding import INTENTS, Guess

TOPIC = "topic"  # metadata of an example, output of a message


class _Head(Part):
    """What the two heads share: learning from the features of the examples, and being stored."""

    def __init__(
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, head: LinearHead | None
    ) -> None:
        super().__init__(config)
        self._storage = storage
        self._resource = resource
        self._head = head

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`cost`: how much a wrong example weighs against plain weights (LinearSVC's C)."""
        return {"cost": 1.0}

    @staticmethod
    def label_of(message: Message) -> str | None:
        """What the head should say of an example; None: not one to learn from."""
        raise NotImplementedError

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> _Head:
        """A head that has learnt nothing yet."""
        return cls(config, model_storage, resource, None)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> _Head:
        """The head as it was learnt."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, LinearHead.load(folder))

    def train(self, training_data: TrainingData) -> Resource:
        """Learns from the examples that have features and a label."""
        from bot.nlu.fitting import fit_head  # scikit-learn: a serving process can do without

        examples = [
            (features, label)
            for message in training_data.training_examples
            if (features := features_of(message)) is not None and (label := self.label_of(message)) is not None
        ]
        vectors = np.vstack([vector for (vector, _), _ in examples]) if examples else np.empty((0, 1), np.float32)
        ngrams = sp.vstack([row for (_, row), _ in examples], format="csr") if examples else sp.csr_matrix((0, 1))
        labels = [label for _, label in examples]
        self._head = fit_head(vectors, ngrams, labels, float(self._config["cost"]), progress.tell)
        with self._storage.write_to(self._resource) as folder:
            self._head.save(folder)
        return self._resource

    def ranked(self, message: Message) -> list[Guess] | None:
        """The labels of a message, the likeliest first; None for a message without features."""
        features = features_of(message)
        if features is None or self._head is None:
            return None
        vector, row = features
        return self._head.rank(vector[0], row.indices, row.data)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TriageHead(_Head):
    """Rasa's `intent` and `intent_ranking`: one of INTENTS with its calibrated probability."""

    @staticmethod
    def label_of(message: Message) -> str | None:
        """The example's intent."""
        intent = message.get(INTENT)
        return intent if intent in INTENTS else None

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds intent and ranking to each message."""
        for message in messages:
            ranked = self.ranked(message)
            if ranked is not None:
                message.set(INTENT, _guess(ranked[0]), add_to_output=True)
                message.set(INTENT_RANKING_KEY, [_guess(guess) for guess in ranked], add_to_output=True)
        return messages


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TopicHead(_Head):
    """Output `topic`: {"name": id or None, "confidence", "ranking": the five likeliest}. It learns from all examples:
    those without a topic teach it to say so."""

    @staticmethod
    def label_of(message: Message) -> str | None:
        """The topic that the example's metadata names, or NO_TOPIC."""
        metadata = (message.get("metadata") or {}).get(INTENT) or {}
        return str(metadata.get(TOPIC) or NO_TOPIC)

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds the output to each message."""
        for message in messages:
            ranked = self.ranked(message)
            if ranked is not None:
                topic = guess_topic(ranked)
                ranking = [_guess(guess) for guess in topic.ranking]
                output = {"name": topic.name, "confidence": topic.confidence, "ranking": ranking}
                message.set(TOPIC, output, add_to_output=True)
        return messages


def _guess(guess: Guess) -> dict[str, Any]:
    return {"name": guess.name, "confidence": guess.confidence}
