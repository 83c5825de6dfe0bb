"""How far a long step has come: the components tell, and whoever listens shows it (`rasa train` does not)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_listener: ContextVar[Callable[[float], None] | None] = ContextVar("listener", default=None)


def tell(done: float) -> None:
    """Says that the running step is done to this part, 0 to 1."""
    listener = _listener.get()
    if listener is not None:
        listener(done)


@contextmanager
def listening(listener: Callable[[float], None]) -> Iterator[None]:
    """Within it the listener hears what is told (in this thread or task)."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
