"""Complaints: sympathy, what happened, a ticket with its legal deadline, and a person of the right team."""

from typing import Any

from rasa_sdk import Action as RasaAction
from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.answer_question import article_text
from actions.request_agent import fetch_person
from actions.scope import Scope, scope
from actions.when_text import date_text
from bot.rules.substance import says_something
from bot.types.desk import Priority, Reason, TicketKind
from bot.types.effects import AddToTicket, OpenTicket
from bot.types.understanding import Action
from handoff.deadlines import due_on
from handoff.reference import new_reference

#: Messages with these intents are not the story, though the form asks for it.
NOT_THE_STORY = frozenset({"human", "callback", "cancel"})


class ValidateComplaintForm(RasaAction):
    """Finds what happened: in the first message if it says so, otherwise in the next."""

    def name(self) -> str:
        """Rasa's name for the form's validation."""
        return "validate_complaint_form"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Sets complaint_text, or nothing (then the form asks, or lets the dialogue go elsewhere)."""
        turn = scope()
        understood = turn.understanding
        text = turn.work.message.text
        if tracker.get_slot("requested_slot") == "complaint_text":
            if turn.intent in NOT_THE_STORY:
                return []
            first = tracker.get_slot("complaint_begin")
            return [
                SlotSet("complaint_text", f"{first}\n\n{text}" if first else text),
                SlotSet("topic", understood.topic or tracker.get_slot("topic")),
            ]
        if turn.work.open_ticket is not None or says_something(text, understood.topic):
            return [SlotSet("complaint_text", text), SlotSet("topic", understood.topic)]
        return [SlotSet("complaint_begin", text), SlotSet("topic", understood.topic)]


class ActionAskComplaint(RasaAction):
    """Asks what happened."""

    def name(self) -> str:
        """Rasa's name for the form's question."""
        return "action_ask_complaint_form_complaint_text"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Asks, with sympathy first."""
        turn = scope()
        turn.did(Action.COMPLAINT)
        question = f"{turn.text('complaint.sorry')} {turn.text('complaint.ask')}"
        turn.say(dispatcher, question, [turn.button("cancel", "/cancel")])
        return []


class ActionOpenComplaint(RasaAction):
    """The story is there."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_open_complaint"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Takes it down and fetches a person; while one complaint waits, more of it is added to the same ticket."""
        turn = scope()
        turn.did(Action.COMPLAINT)
        topic = tracker.get_slot("topic")
        text = str(tracker.get_slot("complaint_text") or turn.work.message.text)
        open_ticket = turn.work.open_ticket
        if open_ticket is not None and turn.waiting:
            turn.effects.append(AddToTicket(open_ticket.reference, text))
            turn.say(dispatcher, turn.text("complaint.added", reference=open_ticket.reference))
        else:
            self._open(turn, dispatcher, topic, text, asked=tracker.get_slot("complaint_begin") is not None)
        emptied = ("complaint_text", "complaint_begin", "asked")
        return [*(SlotSet(slot, None) for slot in emptied), SlotSet("misses", 0)]

    def _open(
        self, turn: Scope, dispatcher: CollectingDispatcher, topic: str | None, text: str, *, asked: bool
    ) -> None:
        urgent = topic in turn.company.urgent_topics
        if urgent and topic is not None and (safety := article_text(turn, topic)) is not None:
            turn.say(dispatcher, safety.answer)
        local = turn.now.astimezone(turn.company.zone)
        due = due_on(turn.company, topic, turn.now)
        reference = new_reference("R", local.year)
        turn.effects.append(OpenTicket(reference, TicketKind.COMPLAINT, text, turn.topic_team(topic), topic, due))
        taken = turn.text("complaint.taken", reference=reference, date=date_text(turn, due))
        turn.say(dispatcher, taken if asked else f"{turn.text('complaint.sorry')} {taken}")
        priority = Priority.URGENT if urgent else Priority.COMPLAINT
        fetch_person(turn, dispatcher, topic, Reason.URGENT if urgent else Reason.COMPLAINT, priority)
