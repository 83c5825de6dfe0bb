"""What the assistant understood of one message."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

TRIAGE = ("question", "idea", "complaint")
#: Every intent that the triage head tells apart.
INTENTS = (*TRIAGE, "human", "callback", "greet", "thanks", "bye", "affirm", "deny", "other")


class Action(StrEnum):
    """What the assistant does with a message: the `action` of `okienko classify`, and a turn's outcome."""

    ANSWER = "answer"
    IDEA = "idea"
    COMPLAINT = "complaint"
    HANDOFF = "handoff"
    CALLBACK = "callback"
    SMALLTALK = "smalltalk"
    CLARIFY = "clarify"


@dataclass(frozen=True, slots=True)
class Guess:
    """A name (of an intent or a topic) with its calibrated probability, 0 to 1."""

    name: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Entity:
    """Something found in the text: `kind` is phone, amount, date, card_last4 ...; `value` is normalised."""

    kind: str
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Understanding:
    """Language, triage, topic and entities of one message.

    `intent` is one of INTENTS; `intent_confidence` and `topic_confidence` are calibrated probabilities.
    `topics` holds the likeliest topics, best first (at most five); `topic` is None where none is likely enough.
    """

    language: str
    intent: str
    intent_confidence: float
    topic: str | None = None
    topic_confidence: float = 0.0
    topics: tuple[Guess, ...] = ()
    entities: tuple[Entity, ...] = ()
    language_certain: bool = True  # False for a text too short to tell: the conversation's language stays
    model: str = ""

    def to_json(self) -> dict[str, Any]:
        """The form that is stored with the message and shown on the desk."""
        return {
            "language": self.language,
            "intent": self.intent,
            "intent_confidence": round(self.intent_confidence, 4),
            "topic": self.topic,
            "topic_confidence": round(self.topic_confidence, 4),
            "topics": [{"topic": g.name, "confidence": round(g.confidence, 4)} for g in self.topics],
            "entities": [{"kind": e.kind, "value": e.value, "start": e.start, "end": e.end} for e in self.entities],
            "model": self.model,
        }


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Calibrated confidences from which the assistant acts (okienko.yml, `understanding`)."""

    intent: float = 0.5
    topic: float = 0.5
    suggest: float = 0.08
