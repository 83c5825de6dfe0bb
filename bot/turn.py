"""The turn: one message of a customer, one run of the dialogue, one transaction.

    lease (a short transaction) -> brain.turn (pure computation) -> commit (a short transaction)

The commit checks that the lease is still held and that the conversation has not changed hands meanwhile; if either
fails, nothing is written and the message is simply taken again. A worker that is killed leaves a lease that lapses,
or that the next worker of the same machine ends.
A turn that fails by our own fault is tried again, and after the last try the customer is told the truth and a person
is fetched: a message never ends in silence.
"""

import asyncio
import logging
import random
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.company import Company
from bot.errors import Stale, StoreAway
from bot.ports import WAKE_LIVE, WAKE_TURNS, Brain, Clock, Live, Store, Texts, Tx, Work
from bot.rules import retry
from bot.rules.split import split_text
from bot.types.conversation import Conversation, Holder
from bot.types.desk import Priority, Reason
from bot.types.effects import AddToTicket, BookCallback, Effect, OpenTicket, RequestAgent, Say, TurnResult
from bot.types.message import Author
from bot.types.platform import LIMITS
from handoff import lifecycle
from handoff.routing import team_for

log = logging.getLogger(__name__)

LEASE_SECONDS = 30.0
#: A message that was begun so often without an end, not even a failure, may be what kills its workers.
LAST_ATTEMPT = 2 * retry.TURN.tries
#: How long a worker waits for a database that is away.
DATABASE_PAUSE = 1.0
SEEN_EVERY = timedelta(seconds=5)


class Turns:
    """Runs turns, one after the other; more workers make more of them at once."""

    def __init__(
        self, store: Store, live: Live, clock: Clock, brain: Brain, company: Company, texts: Texts, worker: str
    ) -> None:
        self._store = store
        self._live = live
        self._clock = clock
        self._brain = brain
        self._company = company
        self._texts = texts
        self._worker = worker
        self._seen_at: datetime | None = None
        self._stopping = False

    def stop(self) -> None:
        """Lets `run` end after the turn that is under way."""
        self._stopping = True

    def change_brain(self, brain: Brain) -> None:
        """The next turn is the new brain's."""
        self._brain = brain
        self._seen_at = None

    async def run(self) -> None:
        """Until `stop`: on every announcement, and at least once a second."""
        async for _ in self._live.listen(WAKE_TURNS):
            try:
                await self._report()
                while not self._stopping and await self.run_once():
                    await self._report()
            except StoreAway as away:
                log.warning("the database is away, the worker waits: %s", away)
                await asyncio.sleep(DATABASE_PAUSE)
            if self._stopping:
                return

    async def run_once(self) -> bool:
        """One turn, if a message waits."""
        work = await self._store.write(lease, self._worker, self._clock.now())
        if work is None:
            return False
        if work.attempt > LAST_ATTEMPT:
            await self._give_up(work, secrets.token_hex(4))
            return True
        try:
            result = await self._brain.turn(work, self._clock.now())
            await self._store.write(commit, work, result, self._clock.now())
        except Stale as stale:
            log.info("turn of message %s runs again: %s", work.message.id, stale.code)
            await self._store.write(postpone, work, self._clock.now())
        except StoreAway:
            raise  # the turn runs again when the database is back: by this lease, or after it has lapsed
        except Exception:
            error_id = secrets.token_hex(4)
            log.exception("error %s in the turn of message %s, attempt %s", error_id, work.message.id, work.attempt)
            await self._failed(work, error_id)
        return True

    async def _failed(self, work: Work, error_id: str) -> None:
        decision = retry.decide(retry.TURN, work.attempt, "error", jitter=random.random())
        now = self._clock.now()
        if isinstance(decision, retry.Retry):
            await self._store.write(postpone, work, now + decision.after)
            return
        await self._give_up(work, error_id)

    async def _give_up(self, work: Work, error_id: str) -> None:
        log.error("error %s: the turn of message %s is given up, attempt %s", error_id, work.message.id, work.attempt)
        now = self._clock.now()
        try:
            await self._store.write(apologise, work, now, self._company, self._texts, error_id)
        except Stale:
            await self._store.write(postpone, work, now)

    async def _report(self) -> None:
        now = self._clock.now()
        if self._seen_at is None or now - self._seen_at >= SEEN_EVERY:
            self._seen_at = now
            await self._store.write(seen, self._worker, self._brain.model, now)


def lease(tx: Tx, worker: str, now: datetime) -> Work | None:
    """Takes the conversation whose message waits longest."""
    return tx.lease_turn(worker, now, LEASE_SECONDS)


def postpone(tx: Tx, work: Work, due_at: datetime) -> None:
    """Gives it back."""
    tx.postpone_turn(work, due_at)


def free_leases(tx: Tx, gone: Callable[[str], bool]) -> int:
    """Lets the messages of workers that are `gone(name)` be taken at once; how many conversations that were."""
    freed = tx.free_leases(gone)
    if freed:
        tx.wake(WAKE_TURNS)
    return freed


def seen(tx: Tx, worker: str, model: str, now: datetime) -> None:
    """A worker's sign of life."""
    tx.worker_seen(worker, model, now)


def commit(tx: Tx, work: Work, result: TurnResult, now: datetime) -> None:
    """Writes all that the turn decided; raises Stale, with nothing written, if the ground has moved."""
    conversation = tx.check_lease(work, now)
    tx.finish_turn(work, result, now)
    if result.language is not None and result.language != conversation.language:
        tx.change("conversation", conversation.id, {"language": result.language}, now)
        conversation = tx.conversation(conversation.id)
    for effect in result.effects:
        _apply(tx, conversation, work, effect, now)
    tx.change("understood", conversation.id, {"message_id": work.message.id, "outcome": result.outcome}, now)
    tx.wake(WAKE_LIVE)
    tx.wake(WAKE_TURNS)  # the conversation's next message may be waiting


def _apply(tx: Tx, conversation: Conversation, work: Work, effect: Effect, now: datetime) -> None:
    match effect:
        case Say():
            _say(tx, conversation, effect, work.message.id, now)
        case OpenTicket():
            ticket_id = tx.open_ticket(conversation, work.message.id, effect, now)
            tx.change("ticket", conversation.id, {"ticket_id": ticket_id, "kind": effect.kind.value}, now)
        case AddToTicket():
            tx.add_to_ticket(effect, now)
        case BookCallback():
            callback_id = tx.book_callback(conversation, effect, now)
            tx.change("callback", conversation.id, {"callback_id": callback_id, "status": "waiting"}, now)
        case RequestAgent():
            lifecycle.request_agent(tx, conversation.id, effect, now)


def _say(tx: Tx, conversation: Conversation, say: Say, in_reply_to: int, now: datetime) -> None:
    """Adds the message, split where the platform's limit demands it; the buttons go under the last part."""
    if conversation.holder is Holder.AGENT:
        raise Stale(f"a person holds conversation {conversation.id}", code="holder_changed")
    *first, last = split_text(say.text, LIMITS[conversation.channel].text)
    for part in first:
        tx.add_message(conversation, Author.ASSISTANT, part, now, in_reply_to=in_reply_to)
    tx.add_message(
        conversation,
        Author.ASSISTANT,
        last,
        now,
        buttons=say.buttons,
        ask_phone=say.ask_phone,
        phone_title=say.phone_title,
        in_reply_to=in_reply_to,
    )


def apologise(tx: Tx, work: Work, now: datetime, company: Company, texts: Texts, error_id: str) -> None:
    """The end of a turn that cannot be run: the truth for the customer, a person for the conversation."""
    conversation = tx.check_lease(work, now)
    tx.finish_turn(work, TurnResult(outcome="error"), now)
    if conversation.holder is not Holder.AGENT:
        say = Say(texts.say("turn.failed", conversation.language, reference=error_id))
        _say(tx, conversation, say, work.message.id, now)
        request = RequestAgent(team_for(company, None), Reason.ERROR, Priority.NORMAL)
        lifecycle.request_agent(tx, conversation.id, request, now)
    tx.wake(WAKE_TURNS)
