"""The parts of the pipeline that turn a text into numbers (see `bot.nlu.components`)."""

from __future__ import annotations

from typing import Any

import scipy.sparse as sp
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu import progress
from bot.nlu.components import Part, is_spoken
from bot.nlu.encoder import shared_encoder
from bot.nlu.heads import Floats
from bot.nlu.ngrams import Ngrams

_BATCH = 256


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoder(Part):
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
class SparseText(Part):
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


def features_of(message: Message) -> tuple[Floats, sp.csr_matrix] | None:
    """A message's sentence vector, shape (1, 512), and its n-grams, shape (1, n-grams)."""
    dense = sparse = None
    for features in message.features:
        if features.origin == SentenceEncoder.__name__:
            dense = features.features
        elif features.origin == SparseText.__name__:
            sparse = features.features
    return None if dense is None or sparse is None else (dense, sparse)
