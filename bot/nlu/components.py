"""The pipeline of config.yml: our understanding as components of Rasa's graph.

Each component is a thin coat over a module that knows nothing of Rasa. Features travel as Rasa's own `Features`, so
that other components of Rasa can use them too; what we understood travels as outputs of the message (`language`,
`topic`, `triage` beside Rasa's `intent`, `intent_ranking` and `entities`), and so reaches the tracker and the actions.

Here are the parts that learn nothing; `bot.nlu.featurizers` and `bot.nlu.classifiers` hold the others.

A button's payload ("/intent{...}") is passed by: Rasa's RegexMessageHandler, the last node of the graph, reads it.
"""

from __future__ import annotations

import re
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import (
    ENTITIES,
    INTENT,
    INTENT_RANKING_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.entities import find_entities
from bot.nlu.language import detect
from bot.nlu.parsed import FALLBACK
from bot.types.understanding import Thresholds

TRIAGE = "triage"
LANGUAGE = "language"

_PAYLOAD = re.compile(r"\s*/[A-Za-z_][\w./-]*(@[\d.]+)?\s*(\{.*\})?\s*$", re.DOTALL)


def is_spoken(message: Message) -> bool:
    """Whether there is a customer's text to understand: not a button's payload, not empty, not a message of a story."""
    text = message.get(TEXT)
    return bool(text) and not text.isspace() and not (text.lstrip()[:1] == "/" and _PAYLOAD.match(text))


class Part(GraphComponent):  # type: ignore[misc]  # Rasa has no types
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
    ) -> Part:
        """A new component (see GraphComponent)."""
        return cls(config)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class LanguageDetector(Part):
    """Output `language`: {"name": "pl" | "ru" | "en", "certain": bool}."""

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds the output to each message."""
        for message in filter(is_spoken, messages):
            spoken = detect(message.get(TEXT))
            message.set(LANGUAGE, {"name": spoken.name, "certain": spoken.certain}, add_to_output=True)
        return messages


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class EntityFinder(Part):
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
class ConfidenceFallback(Part):
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
