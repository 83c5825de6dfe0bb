"""Which button a customer meant.

A payload is an order to the dialogue, so plain text never becomes one by its looks: it must be a button that was
offered in this conversation (its payload, or its title typed out).
"""

from collections.abc import Iterable

from bot.types.message import Button


def pressed(text: str, offered: Iterable[Button]) -> Button | None:
    """The offered button that the text stands for, if any."""
    said = _plain(text)
    if not said:
        return None
    return next((button for button in offered if text.strip() == button.payload or said == _plain(button.title)), None)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).strip(".!?… ")
