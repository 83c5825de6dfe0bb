"""Fetching a person: into the queue at once, with the truth about when somebody will answer."""

from typing import Any

from rasa_sdk import Action as RasaAction
from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.scope import Scope, scope
from actions.when_text import opening_text
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
    waiting = scope.work.assignment
    team = scope.request_agent(topic, reason, priority)
    if waiting is not None and priority >= waiting.priority:
        # the place in the queue stays as it is, and so does the team
        announced, team, ahead = scope.text("handoff.already"), waiting.team, scope.work.queue_ahead
    else:
        key = "handoff.urgent" if priority is Priority.URGENT else "handoff.requested"
        announced = scope.text(key, team=scope.team_name(team))
        ahead = scope.work.ahead_of(team, priority)
    if is_open(scope.company, team, scope.now):
        position = scope.text("handoff.position", count=ahead) if ahead else scope.text("handoff.next")
        scope.say(dispatcher, f"{announced} {position}")
        return
    when = opening_text(scope, next_opening(scope.company, team, scope.now))
    closed = scope.text("handoff.closed", when=when)
    scope.say(dispatcher, f"{announced}\n\n{closed}", [scope.button("callback", "/callback")])


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
        emptied = ("asked", "idea_text", "complaint_text", "complaint_begin", "phone", "call_at")
        return [*LEAVE_FORM, *(SlotSet(slot, None) for slot in emptied), SlotSet("misses", 0)]


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
        # in the middle of a form the form goes on, and leads to a person by itself
        if not turn.waiting and not tracker.active_loop.get("name"):
            fetch_person(turn, dispatcher, tracker.get_slot("topic"), Reason.ATTACHMENT)
        return []
