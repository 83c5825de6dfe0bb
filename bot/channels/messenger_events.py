"""Messenger's webhook payloads in our own words: pure translation of every event of every entry.

A message is known by its `mid`; events that have none by a digest of themselves, so that a repeat is recognised all the
same. What is not handled becomes UNSUPPORTED with its kind in `detail`. A payload is signed, so it is Meta's own, but
nothing of its shape is taken for granted: whatever is not as documented is recorded, never an error.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.channels.clean import clean_event
from bot.types.message import SPOKEN, Attachment, EventKind, InboundEvent, Receipt, ReceiptState

CHANNEL = "messenger"
#: What our own messages carry in `metadata`, before the message's id; their echoes bring it back.
METADATA = "okienko:"
#: The payload of the "Get started" button (Messenger Profile, `get_started`).
GET_STARTED = "GET_STARTED"
#: The quick reply `user_phone_number` brings the number itself as payload.
_PHONE = re.compile(r"\+?\d[\d ().-]{5,18}\d")
#: The keys that say what an event is, and what every event has besides.
_KINDS = ("message", "postback", "delivery", "read", "referral", "optin")
_HEAD = {"sender", "recipient", "timestamp"}

Json = Mapping[str, object]


def translate(payload: Json, links: Mapping[str, str], now: datetime) -> list[InboundEvent]:
    """The events of a verified payload, in its order, at least one. `links` maps referral payloads to brands; `now`
    (UTC) stands where an event tells no time."""
    if payload.get("object") != "page":
        events = [_seen(payload, f"object:{payload.get('object')}", now)]
    else:
        events = [event for entry in _list(payload.get("entry")) for event in _entry(entry, links, now)]
    return [clean_event(event) for event in events or [_seen(payload, "empty", now)]]


def _entry(entry: object, links: Mapping[str, str], now: datetime) -> list[InboundEvent]:
    fields = _dict(entry)
    events = [_event(raw, links, now) for raw in _list(fields.get("messaging"))]
    events += [_standby(_event(raw, links, now)) for raw in _list(fields.get("standby"))]
    events += [_seen(raw, f"changes:{_dict(raw).get('field')}", now) for raw in _list(fields.get("changes"))]
    return events or [_seen(entry, "entry:empty", now)]


def _event(raw: object, links: Mapping[str, str], now: datetime) -> InboundEvent:
    fields = _dict(raw)
    named = [key for key in fields if key not in _HEAD]
    kind = next((key for key in _KINDS if key in named), next(iter(named), "empty"))
    base = replace(_seen(raw, kind, _moment(fields.get("timestamp"), now)), sender=_party(fields, "sender"))
    body = _dict(fields.get(kind))
    match kind:
        case "message" if body.get("is_echo"):
            event = _echo(replace(base, sender=_party(fields, "recipient")), body)
        case "message":
            event = _message(base, body, links)
        case "postback":
            event = _postback(base, body, links)
        case "delivery" | "read":
            event = _receipt(base, kind, body, now)
        case "referral" | "optin":
            event = _start(base, _text(body.get("ref")), links)
        case _:
            event = base
    if event.kind is not EventKind.UNSUPPORTED and not event.sender:
        return replace(base, detail=f"{kind}:no sender")  # an opt-in of somebody who has not written yet
    return event


def _message(base: InboundEvent, body: Json, links: Mapping[str, str]) -> InboundEvent:
    text = _text(body.get("text"))
    event = replace(
        base,
        external_id=_text(body.get("mid")) or base.external_id,
        text=text,
        brand=links.get(_text(_dict(body.get("referral")).get("ref"))),  # the first message after an advertisement
        attachments=_attachments(body),
    )
    pressed = _text(_dict(body.get("quick_reply")).get("payload"))
    if _PHONE.fullmatch(pressed):
        return replace(event, kind=EventKind.PHONE, phone=pressed, text="", detail="")
    if pressed:
        return replace(event, kind=EventKind.BUTTON, payload=pressed, detail="")
    # a link in a text comes with a "fallback" attachment, its preview
    if event.attachments and not (text and all(one.type == "fallback" for one in event.attachments)):
        return replace(event, kind=EventKind.ATTACHMENT, detail="")
    return replace(event, kind=EventKind.TEXT, detail="") if text else event


def _echo(base: InboundEvent, body: Json) -> InboundEvent:
    """A message from the Page: ours, or a person's who answers with another tool."""
    mid = _text(body.get("mid"))
    event = replace(base, external_id=mid or base.external_id, detail="")
    ours = re.fullmatch(rf"{METADATA}(\d{{1,18}})", _text(body.get("metadata")))
    if ours:
        ids = (mid,) if mid else ()
        receipt = Receipt(ReceiptState.SENT, external_ids=ids, message_ids=(int(ours[1]),))
        return replace(event, kind=EventKind.RECEIPT, receipt=receipt)
    text = _text(body.get("text"))
    return replace(event, kind=EventKind.OUTSIDE_REPLY, text=text, attachments=_attachments(body))


def _postback(base: InboundEvent, body: Json, links: Mapping[str, str]) -> InboundEvent:
    event = replace(base, external_id=_text(body.get("mid")) or base.external_id)
    payload = _text(body.get("payload"))
    referral = _text(_dict(body.get("referral")).get("ref"))
    if payload == GET_STARTED or referral:
        return _start(event, referral, links)
    if not payload:
        return event
    return replace(event, kind=EventKind.BUTTON, text=_text(body.get("title")), payload=payload, detail="")


def _start(base: InboundEvent, link: str, links: Mapping[str, str]) -> InboundEvent:
    return replace(base, kind=EventKind.START, brand=links.get(link), detail=link)


def _receipt(base: InboundEvent, kind: str, body: Json, now: datetime) -> InboundEvent:
    state = ReceiptState.READ if kind == "read" else ReceiptState.DELIVERED
    mids = tuple(mid for mid in _list(body.get("mids")) if isinstance(mid, str))
    mark = body.get("watermark")
    receipt = Receipt(state, external_ids=mids, up_to=_moment(mark, now) if mark is not None else None)
    return replace(base, kind=EventKind.RECEIPT, receipt=receipt, detail="")


def _standby(event: InboundEvent) -> InboundEvent:
    """While another app holds the thread, what the customer says there is not for us; receipts and a person's answers
    stay what they are."""
    if event.kind not in SPOKEN:
        return event
    return replace(
        event, kind=EventKind.UNSUPPORTED, detail=f"standby:{event.kind}", text="", payload="", phone="", attachments=()
    )


def _attachments(body: Json) -> tuple[Attachment, ...]:
    return tuple(_attachment(_dict(raw)) for raw in _list(body.get("attachments")))


def _attachment(raw: Json) -> Attachment:
    payload = _dict(raw.get("payload"))
    place = _dict(payload.get("coordinates"))
    reference = _text(payload.get("url")) or _text(raw.get("url"))
    if place:
        reference = f"{place.get('lat')},{place.get('long')}"  # degrees
    kind = "sticker" if payload.get("sticker_id") else _text(raw.get("type")) or "unknown"
    return Attachment(kind, reference, name=_text(payload.get("title")) or _text(raw.get("title")))


def _seen(raw: object, detail: str, at: datetime) -> InboundEvent:
    """A record of something that asks for nothing."""
    return InboundEvent(CHANNEL, _digest(raw), EventKind.UNSUPPORTED, "", at, detail=detail)


def _digest(raw: object) -> str:
    return "digest:" + hashlib.sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest()


def _moment(milliseconds: object, now: datetime) -> datetime:
    """A Unix time in milliseconds as UTC; `now` where it is none."""
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int | float):
        return now
    try:
        return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds)
    except (OverflowError, ValueError):
        return now


def _party(fields: Json, role: str) -> str:
    """The id of the sender or the recipient."""
    value = _dict(fields.get(role)).get("id")
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _dict(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
