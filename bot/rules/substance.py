"""Whether a message says what it is about, or only that it is about something."""

#: "I want to file a complaint" has five words and no matter; with a topic fewer words suffice.
WORDS_WITHOUT_TOPIC = 9
WORDS_WITH_TOPIC = 4


def says_something(text: str, topic: str | None) -> bool:
    """Whether there is enough in the text to take it down as it is."""
    words = len(text.split())
    return words >= (WORDS_WITH_TOPIC if topic is not None else WORDS_WITHOUT_TOPIC)
