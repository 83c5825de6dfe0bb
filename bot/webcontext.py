"""What the web process's adapters are given when their routes are added."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.company import Company
from bot.ports import Clock, Knowledge, Live, Store, Texts
from bot.settings import Settings
from bot.types.message import InboundEvent

#: Stores events (one transaction); when it returns, they are safe and the platform may be told so.
Receive = Callable[[Sequence[InboundEvent]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class WebContext:
    """The parts that routes work with."""

    settings: Settings
    company: Company
    store: Store
    live: Live
    clock: Clock
    texts: Texts
    knowledge: Knowledge
    receive: Receive
    demo: bool = False
