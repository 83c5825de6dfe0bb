"""The pipeline of config.yml: our understanding as components of Rasa's graph.

Each component is a thin coat over a module that knows nothing of Rasa. Features travel as Rasa's own `Features`, so
that other components of Rasa can use them too; what we understood travels as outputs of the message (`language`,
`topic`, `triage` beside Rasa's `intent`, `intent_ranking` and `entities`), and so reaches the tracker and the actions.

A button's payload ("/intent{...}") is passed by: Rasa's RegexMessageHandler, the last node of the graph, reads it.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import scipy.sparse as sp
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import (
    ENTITIES,
    FEATURE_TYPE_SENTENCE,
    INTENT,
    INTENT_RANKING_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu import progress
from bot.nlu.encoder import shared_encoder
from bot.nlu.entities import find_entities
from bot.nlu.fitting import fit_head
from bot.nlu.heads import NO_TOPIC, Floats, LinearHead, guess_topic
from bot.nlu.language import detect
from bot.nlu.ngrams import Ngrams
from bot.nlu.parsed import FALLBACK
from bot.types.understanding import INTENTS, Guess, Thresholds

TOPIC = "topic"  # metadata of an example, output of a message
TRIAGE = "triage"
LANGUAGE = "language"

_PAYLOAD = re.compile(r"\s*/[A-Za-z_][\w./-]*(@[\d.]+)?\s*(\{.*\})?\s*$", re.DOTALL)
_BATCH = 256


def is_spoken(message: Message) -> bool:
    """Whether there is a customer's text to understand: not a button's payload, not empty, not a message of a story."""
    text = message.get(TEXT)
    return bool(text) and not text.isspace() and not (text.lstrip()[:1] == "/" and _PAYLOAD.match(text))


class _Part(GraphComponent):  # type: ignore[misc]  # Rasa has no types
    """What all our components share: made from their configuration, loaded the same way where nothing is learnt."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = config

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> _Part:
        """A new component (see GraphComponent)."""
        return cls(config)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class LanguageDetector(_Part):
    """Output `language`: {"name": "pl" | "ru" | "en", "certain": bool}."""

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds the output to each message."""
        for message in filter(is_spoken, messages):
            spoken = detect(message.get(TEXT))
            message.set(LANGUAGE, {"name": spoken.name, "certain": spoken.certain}, add_to_output=True)
        return messages


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoder(_Part):
    """Dense features: the sentence vector of the text, shape (1, 512)."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._encoder = shared_encoder()

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds the features to each message."""
        spoken = list(filter(is_spoken, messages))
        if spoken:
            vectors = self._encoder.encode([message.get(TEXT) for message in spoken])
            for message, vector in zip(spoken, vectors, strict=True):
                message.add_features(Features(vector[None, :], FEATURE_TYPE_SENTENCE, TEXT, SentenceEncoder.__name__))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Adds the features to the examples."""
        examples = training_data.training_examples
        for first in range(0, len(examples), _BATCH):
            self.process(examples[first : first + _BATCH])
            progress.tell(min(1.0, (first + _BATCH) / len(examples)))
        return training_data


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class SparseText(_Part):
    """Sparse features: weighted n-grams of words and characters, shape (1, learnt n-grams)."""

    def __init__(
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, ngrams: Ngrams | None
    ) -> None:
        super().__init__(config)
        self._storage = storage
        self._resource = resource
        self._ngrams = ngrams

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SparseText:
        """A component that has learnt nothing yet."""
        return cls(config, model_storage, resource, None)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> SparseText:
        """The component as it was learnt."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, Ngrams.load(folder))

    def train(self, training_data: TrainingData) -> Resource:
        """Learns which n-grams there are and what they weigh."""
        self._ngrams = Ngrams.fit(
            [message.get(TEXT) for message in training_data.training_examples if is_spoken(message)]
        )
        with self._storage.write_to(self._resource) as folder:
            self._ngrams.save(folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds the features to each message."""
        if self._ngrams is not None:
            for message in filter(is_spoken, messages):
                row = self._ngrams.stack([self._ngrams.encode(message.get(TEXT))])
                message.add_features(Features(row, FEATURE_TYPE_SENTENCE, TEXT, SparseText.__name__))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Adds the features to the examples."""
        self.process(training_data.training_examples)
        return training_data


class _Head(_Part):
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
        examples = [
            (features, label)
            for message in training_data.training_examples
            if (features := _features(message)) is not None and (label := self.label_of(message)) is not None
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
        features = _features(message)
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


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class EntityFinder(_Part):
    """Rasa's `entities`: phone, amount and card_last4, with normalised values."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`region`: the country whose phone numbers are written without a country code."""
        return {"region": "PL"}

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds the entities to each message."""
        for message in filter(is_spoken, messages):
            found = [
                {
                    "entity": entity.kind,
                    "value": entity.value,
                    "start": entity.start,
                    "end": entity.end,
                    "extractor": EntityFinder.__name__,
                }
                for entity in find_entities(message.get(TEXT), self._config["region"])
            ]
            message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class ConfidenceFallback(_Part):
    """Rasa's `nlu_fallback` instead of an intent that is not likely enough; the output `triage` keeps what it was."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`threshold`: the least calibrated probability of triage that counts as understood."""
        return {"threshold": Thresholds().intent}

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds `triage` to each message and puts the fallback in where it is due."""
        for message in messages:
            intent = message.get(INTENT)
            if intent is None:
                # passed by: if RegexMessageHandler makes nothing of it either, it was not understood
                message.set(INTENT, {"name": FALLBACK, "confidence": 0.0}, add_to_output=True)
                continue
            message.set(TRIAGE, intent, add_to_output=True)
            if intent["confidence"] < self._config["threshold"]:
                fallback = {"name": FALLBACK, "confidence": 1.0 - intent["confidence"]}
                message.set(INTENT, fallback, add_to_output=True)
                message.set(INTENT_RANKING_KEY, [fallback, *message.get(INTENT_RANKING_KEY, [])], add_to_output=True)
        return messages


def _features(message: Message) -> tuple[Floats, sp.csr_matrix] | None:
    """A message's sentence vector, shape (1, 512), and its n-grams, shape (1, n-grams)."""
    dense = sparse = None
    for features in message.features:
        if features.origin == SentenceEncoder.__name__:
            dense = features.features
        elif features.origin == SparseText.__name__:
            sparse = features.features
    return None if dense is None or sparse is None else (dense, sparse)


def _guess(guess: Guess) -> dict[str, Any]:
    return {"name": guess.name, "confidence": guess.confidence}
