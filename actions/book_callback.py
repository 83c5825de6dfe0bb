"""Phone calls: a valid number, a time within the team's hours, and a code that the caller must quote."""

from datetime import UTC, datetime, timedelta
from typing import Any

from rasa_sdk import Action as RasaAction
from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.scope import Scope, scope
from actions.when_text import when_text, when_title
from bot.types.effects import BookCallback
from bot.types.message import Button
from bot.types.understanding import Action
from handoff.callback import fit_to_hours, masked_phone, parse_phone, suggest_times
from handoff.hours import is_open
from handoff.reference import new_code, new_reference
from handoff.when import parse_when

NOW = "now"
#: A wish this close to now is "now".
SOON_SECONDS = 120
MOMENT = "%Y%m%d%H%M"
#: Nobody books a call for later than this.
LONGEST_WAIT = timedelta(days=60)


def _team(turn: Scope, tracker: Tracker) -> str:
    return turn.topic_team(tracker.get_slot("topic"))


class ValidateCallbackForm(RasaAction):
    """Finds the number and the time in what the customer writes, in any order."""

    def name(self) -> str:
        """Rasa's name for the form's validation."""
        return "validate_callback_form"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Sets phone and call_at as far as they are told; says what is wrong with what it cannot read."""
        turn = scope()
        requested = tracker.get_slot("requested_slot")
        phone = self._phone(turn)
        moment = self._moment(turn, tracker, had_phone=phone is not None)
        found: list[EventType] = []
        if phone is not None:
            found.append(SlotSet("phone", phone))
        if moment is not None:
            found.append(SlotSet("call_at", moment))
        if found or not self._tried(turn, requested):
            return found
        turn.did(Action.CALLBACK)
        bad = "callback.bad_phone" if requested == "phone" else "callback.bad_when"
        turn.say(dispatcher, turn.text(bad))
        return [SlotSet(requested or "call_at", None)]

    @staticmethod
    def _phone(turn: Scope) -> str | None:
        shared, country = turn.work.message.phone, turn.company.country
        if shared:  # platforms send an international number, some of them without its plus sign
            return parse_phone(f"+{shared.lstrip('+')}", country) or parse_phone(shared, country)
        return parse_phone(turn.work.message.text, country) if turn.spoken else None

    @staticmethod
    def _tried(turn: Scope, requested: str | None) -> bool:
        """Whether the message looks like an attempt to answer, so that a wrong one is said to be wrong."""
        digits = sum(character.isdigit() for character in turn.work.message.text)
        if requested == "phone":
            return digits >= 5 or turn.intent in ("share_phone", "other", "nlu_fallback")
        if turn.intent == "pick_time":
            return True
        return requested == "call_at" and digits >= 1 and turn.intent != "callback"

    @staticmethod
    def _moment(turn: Scope, tracker: Tracker, *, had_phone: bool) -> str | None:
        picked = next(tracker.get_latest_entity_values("moment"), None)
        if picked is not None:
            return _still_ahead(str(picked), turn.now)
        if not turn.spoken:
            return None
        if had_phone and len(turn.work.message.text.split()) <= 4:
            return None  # the digits of a bare number are no time
        wished = parse_when(turn.work.message.text, turn.language, turn.now, turn.company.zone)
        if wished is None:
            return None
        if abs((wished - turn.now).total_seconds()) < SOON_SECONDS:
            return NOW
        return wished.astimezone(UTC).strftime(MOMENT)


class ActionAskPhone(RasaAction):
    """Asks for the number; channels that can, offer to share it with one touch."""

    def name(self) -> str:
        """Rasa's name for the form's question."""
        return "action_ask_callback_form_phone"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Asks, unless it was just said that the number was wrong."""
        turn = scope()
        if turn.outcome is None:
            turn.did(Action.CALLBACK)
            turn.say(dispatcher, turn.text("callback.ask_phone"), [turn.button("cancel", "/cancel")], ask_phone=True)
        return []


class ActionAskCallAt(RasaAction):
    """Asks for the time."""

    def name(self) -> str:
        """Rasa's name for the form's question."""
        return "action_ask_callback_form_call_at"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Asks with times that the team really works at."""
        turn = scope()
        turn.did(Action.CALLBACK)
        team = _team(turn, tracker)
        times = suggest_times(turn.company, team, turn.now)
        buttons = [Button(when_title(turn, at), f'/pick_time{{"moment":"{at.strftime(MOMENT)}"}}') for at in times]
        if is_open(turn.company, team, turn.now):
            buttons.insert(0, turn.button("now", f'/pick_time{{"moment":"{NOW}"}}'))
        turn.say(dispatcher, turn.text("callback.ask_when"), [*buttons, turn.button("cancel", "/cancel")])
        return []


class ActionBookCallback(RasaAction):
    """Number and time are there."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_book_callback"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Books the call and confirms it; a time outside the team's hours is moved, and the customer is told."""
        turn = scope()
        turn.did(Action.CALLBACK)
        team, topic = _team(turn, tracker), tracker.get_slot("topic")
        phone = str(tracker.get_slot("phone"))
        wished = self._wished(turn, str(tracker.get_slot("call_at")))
        due_at = fit_to_hours(turn.company, team, wished, turn.now)
        reference = new_reference("T", turn.now.astimezone(turn.company.zone).year)
        code = new_code()
        soon = (due_at - turn.now).total_seconds() < SOON_SECONDS
        when = turn.text("when.now") if soon else when_text(turn, due_at)
        booked = turn.text("callback.booked", when=when, phone=masked_phone(phone), reference=reference, code=code)
        moved = (due_at - wished).total_seconds() > SOON_SECONDS
        turn.effects.append(BookCallback(reference, phone, due_at, code, team, topic))
        turn.say(dispatcher, f"{turn.text('callback.moved')} {booked}" if moved else booked)
        return [SlotSet("phone", None), SlotSet("call_at", None), SlotSet("asked", None), SlotSet("misses", 0)]

    @staticmethod
    def _wished(turn: Scope, moment: str) -> datetime:
        return turn.now if moment == NOW else datetime.strptime(moment, MOMENT).replace(tzinfo=UTC)


def _still_ahead(moment: str, now: datetime) -> str | None:
    """A picked moment that can still be kept; None for one that is over, and for what is none."""
    if moment == NOW:
        return moment
    try:
        at = datetime.strptime(moment, MOMENT).replace(tzinfo=UTC)
    except ValueError:
        return None
    return moment if now <= at <= now + LONGEST_WAIT else None
