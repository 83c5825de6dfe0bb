"""What each platform allows: the one table of limits, with the source of each."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class PlatformLimits:
    """Limits of one channel. Lengths are in UTF-16 units, as Telegram counts and Meta's strings are measured."""

    text: int  # one message
    buttons: int  # under one message
    button_title: int
    payload: int  # bytes
    per_second: float  # messages over all conversations
    reply_window: timedelta | None = None  # after the customer's last message; None = unlimited
    agent_window: timedelta | None = None  # the same for a person's answer


LIMITS: dict[str, PlatformLimits] = {
    # our own widget: bounded only so that a screen stays readable
    "webchat": PlatformLimits(text=8000, buttons=13, button_title=60, payload=1000, per_second=1000),
    # Bot API "sendMessage" (4096 UTF-16 units after entities), "InlineKeyboardButton" (callback_data 1-64 bytes),
    # Bots FAQ "My bot is hitting limits" (about 30 messages a second over all)
    "telegram": PlatformLimits(text=4096, buttons=20, button_title=60, payload=64, per_second=25),
    # Send API: text 2000; quick replies 13, title 20, payload 1000; messaging window 24 h; HUMAN_AGENT tag 7 days;
    # Pages: 300 calls a second for text
    "messenger": PlatformLimits(
        text=2000,
        buttons=13,
        button_title=20,
        payload=1000,
        per_second=250,
        reply_window=timedelta(hours=24),
        agent_window=timedelta(days=7),
    ),
}
