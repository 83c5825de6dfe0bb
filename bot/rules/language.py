"""Which language a customer is answered in."""

from bot.types.languages import Language, is_language

#: A shorter text in another language (a name, "ok", a loan word) does not change the conversation's language.
WORDS_TO_CHANGE = 3


def choose(current: Language, detected: str, certain: bool, text: str, *, first: bool = False) -> Language:
    """The language for the answer: the conversation's own, until the customer writes a sentence in another of ours.

    `first` says that nothing was said in this conversation yet, so that even two words tell more than the default.
    """
    if not certain or not is_language(detected):
        return current
    enough = 1 if first else WORDS_TO_CHANGE
    return detected if len(text.split()) >= enough else current
