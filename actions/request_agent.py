"""Fetching a person: into the queue at once, with the truth about when somebody will answer."""

from typing import Any

from rasa_sdk import Action as RasaAction
from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.scope import Scope, scope
from actions.when_text import opening_text
from bot.types.conversation import Holder
from bot.types.desk import Priority, Reason
from bot.types.understanding import Action
from handoff.hours import is_open, next_opening

#: What ends a form that is under way when the customer turns to something else.
LEAVE_FORM: list[EventType] = [ActiveLoop(None), SlotSet("requested_slot", None)]


def fetch_person(
    scope: Scope,
    dispatcher: CollectingDispatcher,
    topic: str | None,
    reason: Reason,
    priority: Priority = Priority.NORMAL,
) -> None:
    """Puts the conversation into the queue and says truthfully what happens now."""
    waited = scope.waiting
    team = scope.request_agent(topic, reason, priority)
    if waited and priority is not Priority.URGENT:
        scope.say(dispatcher, f"{scope.text('handoff.already')} {_position(scope)}")
        return
    key = "handoff.urgent" if priority is Priority.URGENT else "handoff.requested"
    announced = scope.text(key, team=scope.team_name(team))
    if is_open(scope.company, team, scope.now):
        scope.say(dispatcher, f"{announced} {_position(scope)}")
        return
    when = opening_text(scope, next_opening(scope.company, team, scope.now))
    closed = scope.text("handoff.closed", when=when)
    scope.say(dispatcher, f"{announced}\n\n{closed}", [scope.button("callback", "/callback")])


def _position(scope: Scope) -> str:
    ahead = scope.work.queue_ahead
    if scope.work.conversation.holder is not Holder.QUEUE or ahead == 0:
        return scope.text("handoff.next")
    return scope.text("handoff.position", count=ahead)


class ActionRequestAgent(RasaAction):
    """The customer asks for a person."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_request_agent"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Fetches one."""
        turn = scope()
        turn.did(Action.HANDOFF)
        topic = turn.understanding.topic or tracker.get_slot("topic")
        fetch_person(turn, dispatcher, topic, Reason.REQUESTED)
        return [*LEAVE_FORM, SlotSet("asked", None), SlotSet("misses", 0)]


class ActionAttachment(RasaAction):
    """A file came without words: a person must look at it."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_attachment"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Says that it arrived and fetches a person."""
        turn = scope()
        turn.did(Action.HANDOFF)
        turn.say(dispatcher, turn.text("attachment"))
        if not turn.waiting:
            fetch_person(turn, dispatcher, tracker.get_slot("topic"), Reason.ATTACHMENT)
        return []
