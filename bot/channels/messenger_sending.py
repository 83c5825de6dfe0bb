"""What is sent to Messenger, when it may be, and what its refusals mean: pure decisions for one message."""

import json
from collections.abc import Mapping
from datetime import datetime

from bot.channels.messenger_events import METADATA
from bot.types.message import Author, Button, Delivered, Delivery, Later, OutboundMessage, Refused
from bot.types.platform import LIMITS

_LIMITS = LIMITS["messenger"]

# --- Errors of the Graph API. Sources: Meta, "Messenger Platform: Common Error Codes" and "Graph API: Handle Errors"
# (both as of 2026); those marked (2nd) are known from libraries and threads that quote them.
RATE_LIMITED = Later("rate_limited")
TEMPORARY = Later("temporary")
TOKEN_REFUSED = Later("token_refused")  # for the operator to mend; the message itself is good
WINDOW_CLOSED = Refused("window_closed")
UNREACHABLE = Refused("user_unreachable")
NOT_PERMITTED = Refused("not_permitted")
POLICY_BLOCK = Refused("policy_block")
BAD_REQUEST = Refused("bad_request")

#: By `error_subcode`, which is more exact than the code.
BY_SUBCODE: Mapping[int, Delivery] = {
    2018278: WINDOW_CLOSED,  # with code 10: sent outside of the allowed window
    2018065: WINDOW_CLOSED,  # with code 10: the same, for want of a permission to send later
    2534022: WINDOW_CLOSED,  # (2nd) with code 10
    2018001: UNREACHABLE,  # with code 100: no matching user
    1545041: UNREACHABLE,  # with code 551 or 200: this person is not available
    2018108: UNREACHABLE,  # with code 200 (2nd): this person does not receive messages from you
}
#: By `code`.
BY_CODE: Mapping[int, Delivery] = {
    1: TEMPORARY,  # unknown error
    2: TEMPORARY,  # service temporarily unavailable
    4: RATE_LIMITED,  # application request limit
    10: NOT_PERMITTED,  # no permission for the action (the closed window has subcodes of its own)
    17: RATE_LIMITED,  # user request limit
    32: RATE_LIMITED,  # Page request limit
    100: BAD_REQUEST,  # invalid parameter; also: a message tag that was retired
    190: TOKEN_REFUSED,  # access token expired or revoked
    200: NOT_PERMITTED,  # permissions error
    230: NOT_PERMITTED,  # (2nd) pages_messaging is missing
    368: POLICY_BLOCK,  # temporarily blocked for policy violations
    551: UNREACHABLE,  # this person is not available: blocked us, or left
    613: RATE_LIMITED,  # calls to this API have exceeded the rate limit
    1200: TEMPORARY,  # temporary send failure
}

_TOO_MANY_REQUESTS = 429


def request_body(message: OutboundMessage, now: datetime) -> dict[str, object] | None:
    """The Send API's request for a message at `now` (UTC), or None where the reply window is closed."""
    way = _way(message, now)
    if way is None:
        return None
    content: dict[str, object] = {"text": message.text, "metadata": f"{METADATA}{message.id}"}
    replies = _quick_replies(message)
    if replies:
        content["quick_replies"] = replies
    return {"recipient": {"id": message.recipient}, **way, "message": content}


def _way(message: OutboundMessage, now: datetime) -> dict[str, object] | None:
    """As an answer within 24 h; a person's answer with the tag for 7 days; an automatic message never with it."""
    last = message.last_inbound_at
    reply_window, agent_window = _LIMITS.reply_window, _LIMITS.agent_window
    if last is None or reply_window is None or now - last < reply_window:
        return {"messaging_type": "RESPONSE"}  # where we do not know of the window, Meta judges
    if message.author is Author.AGENT and agent_window is not None and now - last < agent_window:
        return {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    return None


def _quick_replies(message: OutboundMessage) -> list[dict[str, str]]:
    phone = [{"content_type": "user_phone_number"}] if message.ask_phone else []
    return [*phone, *(_quick_reply(button) for button in message.buttons[: _LIMITS.buttons - len(phone)])]


def _quick_reply(button: Button) -> dict[str, str]:
    title = button.title
    if len(title) > _LIMITS.button_title:
        title = title[: _LIMITS.button_title - 1].rstrip() + "…"
    return {"content_type": "text", "title": title, "payload": button.payload}


def outcome(status: int, answer: bytes) -> Delivery:
    """What the Graph API's answer means for the message."""
    try:
        value = json.loads(answer)
    except (ValueError, RecursionError):
        value = None
    fields = value if isinstance(value, dict) else None
    if 200 <= status < 300 and fields is not None and "error" not in fields:
        return Delivered(str(fields.get("message_id") or ""))
    error = fields.get("error") if fields is not None else None
    if isinstance(error, dict):
        return _meaning(error, status)
    # no Graph API: a proxy, a page of excuses
    return RATE_LIMITED if status == _TOO_MANY_REQUESTS else Later(f"platform_error: {status}")


def _meaning(error: Mapping[str, object], status: int) -> Delivery:
    code, subcode = error.get("code"), error.get("error_subcode")
    if isinstance(subcode, int) and subcode in BY_SUBCODE:
        return BY_SUBCODE[subcode]
    if isinstance(code, int) and code in BY_CODE:
        return BY_CODE[code]
    if error.get("is_transient") is True or status >= 500:
        return TEMPORARY
    if status == _TOO_MANY_REQUESTS:
        return RATE_LIMITED
    return Refused(f"graph_error: {code}/{subcode}" if subcode is not None else f"graph_error: {code}")
