"""Telegram's updates in our own words: pure translation, one `InboundEvent` for each update.

Every update is recorded: what is not handled (edited messages, groups, membership, ...) becomes UNSUPPORTED with its
kind in `detail`, so that the ledger can account for every `update_id` without keeping words that nobody will read.
"""

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from telegram import Bot, CallbackQuery, Chat, MaybeInaccessibleMessage, Message, Update, User
from telegram.constants import ChatType

from bot.channels.clean import clean_event
from bot.types.message import Attachment, EventKind, InboundEvent

# The library hands out times as timedelta, not as plain numbers with a deprecation warning, once this is set.
os.environ.setdefault("PTB_TIMEDELTA", "true")

CHANNEL = "telegram"
#: Kinds of update that we ask for (Bot API, "Update"): those we handle, and those worth a record.
ALLOWED_UPDATES = (
    "message",
    "edited_message",
    "callback_query",
    "my_chat_member",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
)
#: Marks an update that the library could not read.
UNREADABLE = "unreadable"
#: Files of a message, in the order in which they are looked for (an animation brings a document of its own).
_FILES = ("animation", "document", "audio", "video", "video_note", "voice", "sticker")
#: What is shared without a file.
_SHARED = ("venue", "location", "story", "paid_media", "poll", "dice", "game", "invoice", "checklist", "live_photo")


def read_update(raw: Mapping[str, Any], bot: Bot | None = None) -> Update:
    """The update of a JSON object that has an integer `update_id`.

    One that the library cannot read is still an update: it comes back with nothing but its id and a mark.
    """
    try:
        return Update.de_json(dict(raw), bot)
    except Exception:  # noqa: BLE001 - whatever the library trips over, the update is recorded, or it comes for ever
        return Update(int(raw["update_id"]), api_kwargs={UNREADABLE: True})


def translate(update: Update, bot_id: str, links: Mapping[str, str], now: datetime) -> list[InboundEvent]:
    """The events of an update. `links` maps deep-link payloads to brands; `now` (UTC) where Telegram tells no time."""
    external_id = f"{bot_id}:{update.update_id}"
    if update.callback_query is not None:
        event = _button(update.callback_query, external_id, now)
    elif update.message is not None:
        event = _message(update.message, external_id, links, now)
    elif update.business_message is not None:
        event = _business_message(update.business_message, external_id, links, now)
    else:
        event = _other(update, external_id, now)
    return [clean_event(event)]


def _button(query: CallbackQuery, external_id: str, now: datetime) -> InboundEvent:
    message = query.message
    if message is None or message.chat.type != ChatType.PRIVATE:
        where = "inline" if message is None else str(message.chat.type)
        return _seen(external_id, f"callback_query:{where}", now, user=query.from_user)
    if not query.data:
        return _seen(external_id, "callback_query:game", now, chat=message.chat, user=query.from_user)
    return InboundEvent(
        channel=CHANNEL,
        external_id=external_id,
        kind=EventKind.BUTTON,
        sender=str(message.chat.id),
        sent_at=now,  # a press carries no time of its own
        text=_title(message, query.data),
        payload=query.data,
        name=query.from_user.full_name,
        locale=query.from_user.language_code or "",
        reply_context=_reply_context(message),
    )


def _title(message: MaybeInaccessibleMessage, data: str) -> str:
    """The pressed button's title; Telegram sends the message along unless it is too old."""
    if not isinstance(message, Message) or message.reply_markup is None:
        return ""
    buttons = (button for row in message.reply_markup.inline_keyboard for button in row)
    return next((button.text for button in buttons if button.callback_data == data), "")


def _business_message(message: Message, external_id: str, links: Mapping[str, str], now: datetime) -> InboundEvent:
    """A message in the chat of a business account: the customer's, the owner's own, or a bot's on its behalf."""
    if message.sender_business_bot is not None:
        return _seen(external_id, "business_message:bot", now, chat=message.chat)
    if message.from_user is not None and message.from_user.id != message.chat.id:
        return InboundEvent(
            channel=CHANNEL,
            external_id=external_id,
            kind=EventKind.OUTSIDE_REPLY,
            sender=str(message.chat.id),
            sent_at=message.date.astimezone(UTC),
            text=message.text or message.caption or "",
            reply_context=_reply_context(message),
        )
    return _message(message, external_id, links, now)


def _message(message: Message, external_id: str, links: Mapping[str, str], now: datetime) -> InboundEvent:
    if message.chat.type != ChatType.PRIVATE:
        return _seen(external_id, f"chat:{message.chat.type}", now, chat=message.chat)
    user = message.from_user
    event = InboundEvent(
        channel=CHANNEL,
        external_id=external_id,
        kind=EventKind.UNSUPPORTED,
        sender=str(message.chat.id),
        sent_at=message.date.astimezone(UTC),
        name=user.full_name if user is not None else message.chat.full_name or "",
        locale=(user.language_code or "") if user is not None else "",
        reply_context=_reply_context(message),
    )
    return _with_content(event, message, links)


def _with_content(event: InboundEvent, message: Message, links: Mapping[str, str]) -> InboundEvent:
    """The event with what a private message says."""
    if message.contact is not None:
        # only Telegram itself sets user_id; a number is the customer's own only where it is the sender's id
        if message.from_user is not None and message.contact.user_id == message.from_user.id:
            return replace(event, kind=EventKind.PHONE, phone=message.contact.phone_number)
        return replace(event, detail="contact:foreign")
    attachments = _attachments(message)
    if attachments:
        return replace(event, kind=EventKind.ATTACHMENT, text=message.caption or "", attachments=attachments)
    if message.text is None:
        return replace(event, detail=f"message:{_service_kind(message)}")
    command, _, link = message.text.partition(" ")
    if command.partition("@")[0] == "/start":
        return replace(event, kind=EventKind.START, brand=links.get(link.strip()), detail=link.strip())
    return replace(event, kind=EventKind.TEXT, text=message.text)


def _attachments(message: Message) -> tuple[Attachment, ...]:
    if message.photo:
        largest = message.photo[-1]
        return (Attachment("image", largest.file_id, size=largest.file_size),)
    for kind in _FILES:
        file = getattr(message, kind)
        if file is not None:
            name = getattr(file, "file_name", None) or getattr(file, "emoji", None) or ""
            return (Attachment(kind, file.file_id, name=name, size=file.file_size),)
    for kind in _SHARED:
        shared = getattr(message, kind, None)
        if shared is not None:
            return (Attachment(kind, _place(message) if kind in ("venue", "location") else ""),)
    return ()


def _place(message: Message) -> str:
    """Latitude and longitude in degrees."""
    location = message.venue.location if message.venue is not None else message.location
    return f"{location.latitude},{location.longitude}" if location is not None else ""


def _service_kind(message: Message) -> str:
    """What a message without text or files says: the names of what it carries besides its head."""
    head = {"message_id", "date", "chat", "from", "business_connection_id", "is_topic_message", "message_thread_id"}
    said = {name for name, value in message.to_dict().items() if value is not False}  # flags that are not set
    return ",".join(sorted(said - head)) or "empty"


def _other(update: Update, external_id: str, now: datetime) -> InboundEvent:
    kind = next((name for name in update.to_dict() if name != "update_id"), "empty")
    if update.my_chat_member is not None:
        kind = f"my_chat_member:{update.my_chat_member.new_chat_member.status}"  # kicked = blocked, member = unblocked
    return _seen(external_id, kind, now, chat=update.effective_chat, user=update.effective_user)


def _seen(
    external_id: str, detail: str, now: datetime, *, chat: Chat | None = None, user: User | None = None
) -> InboundEvent:
    """A record of an update that asks for nothing."""
    sender = chat.id if chat is not None else user.id if user is not None else ""
    return InboundEvent(CHANNEL, external_id, EventKind.UNSUPPORTED, str(sender), now, detail=detail)


def _reply_context(message: MaybeInaccessibleMessage) -> dict[str, str]:
    context = {"chat_id": str(message.chat.id)}
    connection = getattr(message, "business_connection_id", None)
    if connection:
        context["business_connection_id"] = connection
    return context
