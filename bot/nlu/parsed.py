"""From Rasa's parse result, a dictionary, to our own `Understanding`. Nothing else reads that dictionary."""

from collections.abc import Mapping
from typing import Any

from bot.types.languages import LANGUAGES, is_language
from bot.types.understanding import Entity, Guess, Understanding

#: Rasa's name for "not understood"; the head's own word stands in the output `triage`.
FALLBACK = "nlu_fallback"


def understanding_of(parse_data: Mapping[str, Any], model: str) -> Understanding:
    """What the pipeline made of one message; `model` is the archive's name.

    A message that the pipeline passed by (a button's payload) has no language: it gets the first of ours, not certain.
    """
    intent = parse_data.get("intent") or {}
    if intent.get("name") in (None, FALLBACK):
        intent = parse_data.get("triage") or {"name": "other", "confidence": 0.0}
    language = parse_data.get("language") or {}
    topic = parse_data.get("topic") or {}
    spoken = language.get("name")
    return Understanding(
        language=spoken if is_language(spoken) else LANGUAGES[0],
        language_certain=bool(language.get("certain", False)),
        intent=str(intent["name"]),
        intent_confidence=float(intent["confidence"]),
        topic=topic.get("name"),
        topic_confidence=float(topic.get("confidence", 0.0)),
        topics=tuple(Guess(guess["name"], float(guess["confidence"])) for guess in topic.get("ranking", ())),
        entities=tuple(
            Entity(str(found["entity"]), str(found["value"]), int(found["start"]), int(found["end"]))
            for found in parse_data.get("entities", ())
            if "start" in found and "end" in found
        ),
        model=model,
    )
