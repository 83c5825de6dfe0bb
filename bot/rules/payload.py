"""What a button's payload orders: `/intent` or `/intent{"entity": "value"}`.

Payloads come back from customers' devices, so only our own buttons' are obeyed: a known intent, and text values under
known names.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

#: The intents that buttons of ours order, each with the entity that it may carry.
BUTTONS: Mapping[str, str | None] = {
    "human": None,
    "callback": None,
    "start": None,
    "choose_topic": "topic",
    "none_of_these": None,
    "helped": None,
    "not_helped": None,
    "pick_time": "moment",
    "cancel": None,
}
_SHAPE = re.compile(r"/([a-z_]{1,32})(\{.{0,200}\})?")


@dataclass(frozen=True, slots=True)
class Order:
    """An intent, and what it is about."""

    intent: str
    entities: Mapping[str, str]


def read(payload: str) -> Order | None:
    """The order of a payload; None for what no button of ours can have sent."""
    match = _SHAPE.fullmatch(payload)
    if match is None or match[1] not in BUTTONS:
        return None
    if match[2] is None:
        return Order(match[1], {})
    try:
        entities = json.loads(match[2])
    except ValueError:
        return None
    if set(entities) != {BUTTONS[match[1]]} or not all(isinstance(value, str) for value in entities.values()):
        return None
    return Order(match[1], entities)
