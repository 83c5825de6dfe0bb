"""What the web widget and the server say to each other: one JSON object a frame."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from bot.errors import Malformed
from bot.ports import WidgetMessage
from bot.types.message import Author, EventKind, InboundEvent

CLIENT_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")
#: An id that is no good is told back up to this length, so that the widget knows which message is meant.
LONGEST_ECHO = 256

Frame = Mapping[str, object]


def read_frame(data: str) -> Frame:
    """The JSON object in a frame; raises Malformed."""
    try:
        frame = json.loads(data)
    except (ValueError, RecursionError):
        raise Malformed("not JSON") from None
    if not isinstance(frame, Mapping):
        raise Malformed('expected {"id": ..., "text": ...}')
    return frame


def named_id(frame: Frame) -> str:
    """The widget's own id of its message, good or not; empty where there is none."""
    client_id = frame.get("id")
    return client_id[:LONGEST_ECHO] if isinstance(client_id, str) else ""


def event_of(frame: Frame, brand: str, session: str, locale: str) -> InboundEvent:
    """The customer's message in a frame; Malformed says what is wrong with it."""
    client_id, text, payload = frame.get("id"), frame.get("text", ""), frame.get("payload", "")
    if not isinstance(client_id, str) or not CLIENT_ID.fullmatch(client_id):
        raise Malformed("id must be a UUID or another 1-64 characters of A-Z a-z 0-9 _ . -")
    if not isinstance(text, str) or not isinstance(payload, str):
        raise Malformed("text and payload must be strings")
    return InboundEvent(
        channel="webchat",
        external_id=f"{brand}:{session}:{client_id}",
        kind=EventKind.BUTTON if payload else EventKind.TEXT,
        sender=session,
        sent_at=datetime.now(UTC),
        text=text,
        payload=payload,
        brand=brand,
        locale=locale,
    )


def message_frame(message: WidgetMessage) -> dict[str, Any]:
    """A message as the widget shows it."""
    frame: dict[str, Any] = {
        "type": "message",
        "id": message.id,
        "author": message.author.value,
        "text": message.text,
        "at": message.at.isoformat(),
    }
    if message.name:
        frame["name"] = message.name
    if message.buttons:
        frame["buttons"] = [asdict(button) for button in message.buttons]
    if message.author is Author.CUSTOMER:
        frame["client_id"] = message.client_id
    return frame


def error_frame(code: str, message: str, client_id: str) -> dict[str, str]:
    """Why a message was not taken, and which, if that could be read. Code "malformed" is final."""
    frame = {"type": "error", "code": code, "message": message}
    return {**frame, "id": client_id} if client_id else frame
