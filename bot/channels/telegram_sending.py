"""What is sent to Telegram, and what its refusals mean: pure decisions for one message."""

from datetime import timedelta

import httpx
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, ReplyKeyboardMarkup
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.rules.split import utf16_length
from bot.types.message import UNCONFIRMED, Button, Delivery, Later, OutboundMessage, Refused
from bot.types.platform import LIMITS

_LIMITS = LIMITS["telegram"]
#: Titles up to this length (UTF-16 units) stand side by side: yes and no, thumbs up and down.
_SHORT_TITLE = 14
_SHORT_ROW = 3  # buttons
_PHONE_TITLE = "📱"
#: Errors of httpx before a request left this machine: the message was surely not taken.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def markup(message: OutboundMessage) -> InlineKeyboardMarkup | ReplyKeyboardMarkup | None:
    """The keyboard of a message.

    A message has one keyboard only. Where the phone is asked for it must be a reply keyboard, and other buttons become
    keys that type their titles (the inbox knows the titles that were offered). Telegram refuses reply keyboards in
    groups and in a business account's chats: there the buttons stay inline, and the customer types the number.
    """
    buttons = message.buttons[: _LIMITS.buttons]
    private = not message.recipient.startswith("-") and "business_connection_id" not in message.reply_context
    if message.ask_phone and private:
        phone = KeyboardButton(_fit(message.phone_title or _PHONE_TITLE), request_contact=True)
        keys = [[KeyboardButton(_fit(button.title)) for button in row] for row in _rows(buttons)]
        return ReplyKeyboardMarkup([[phone], *keys], resize_keyboard=True, one_time_keyboard=True)
    if not buttons:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(_fit(one.title), callback_data=one.payload) for one in row] for row in _rows(buttons)]
    )


def _rows(buttons: tuple[Button, ...]) -> list[tuple[Button, ...]]:
    if len(buttons) <= _SHORT_ROW and all(utf16_length(button.title) <= _SHORT_TITLE for button in buttons):
        return [buttons] if buttons else []
    return [(button,) for button in buttons]


def _fit(title: str) -> str:
    return title if len(title) <= _LIMITS.button_title else title[: _LIMITS.button_title - 1].rstrip() + "…"


def after_error(error: TelegramError) -> Delivery:
    """What a refusal means for the message."""
    match error:
        case RetryAfter():
            wait = error.retry_after
            return Later("rate_limited", wait.total_seconds() if isinstance(wait, timedelta) else float(wait))
        case Forbidden():  # blocked by the user, user is deactivated, bot can't initiate conversation
            return Refused(_reason("forbidden", error))
        case BadRequest():  # stands before NetworkError: the library derives it from there
            return Refused(_reason("bad_request", error))
        case InvalidToken():  # 401 or 404: for the operator to mend, the message itself is good
            return Later("token_refused")
        case ChatMigrated():  # only groups move, and groups are not served
            return Refused("chat_migrated")
        case NetworkError():
            return Later(_network_reason(error.__cause__))
        case _:
            return Later(_reason("telegram", error))


def _network_reason(cause: BaseException | None) -> str:
    if isinstance(cause, _NOT_SENT):
        return "network"
    # a request that was cut off may have been taken all the same, and Telegram knows no key against doubles
    return UNCONFIRMED if isinstance(cause, httpx.HTTPError) else "platform_error"


#: Refusals (lower case, as Telegram words them) that have a name of their own.
_KNOWN = {
    "blocked by the user": "blocked",
    "user is deactivated": "user_deactivated",
    "chat not found": "chat_not_found",
    "can't initiate conversation": "never_started",
}


def _reason(kind: str, error: TelegramError) -> str:
    said = error.message.lower()
    return next((name for words, name in _KNOWN.items() if words in said), f"{kind}: {error.message[:120]}")
