"""Complaints: sympathy, what happened, a ticket with its legal deadline, and a person of the right team."""

from typing import Any

from rasa_sdk import Action as RasaAction
from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.complaint_ticket import open_or_extend
from actions.request_agent import fetch_person
from actions.scope import scope, tells
from bot.rules.substance import says_something
from bot.types.desk import Priority, Reason
from bot.types.understanding import Action

#: The topic of complaints as such, which says nothing of what one is about.
PROCEDURE = "complaint_procedure"
#: What a complaint's story may look like; all else (a button, thanks, "never mind") goes its own way.
TELLING = frozenset({"question", "idea", "complaint", "other", "nlu_fallback"})


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
        # "I want to complain about it" is about what the conversation is about
        topic = understood.topic if understood.topic not in (None, PROCEDURE) else tracker.get_slot("topic")
        if tracker.get_slot("requested_slot") == "complaint_text":
            if not tells(turn, TELLING):
                return []
            first = tracker.get_slot("complaint_begin")
            return [SlotSet("complaint_text", f"{first}\n\n{text}" if first else text), SlotSet("topic", topic)]
        if turn.work.open_ticket is not None or says_something(text, topic if topic == understood.topic else None):
            return [SlotSet("complaint_text", text), SlotSet("topic", topic)]
        return [SlotSet("complaint_begin", text), SlotSet("topic", topic)]


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
        was_asked = tracker.get_slot("complaint_begin") is not None
        if open_or_extend(turn, dispatcher, topic, text, sympathy=not was_asked):
            fetch_person(turn, dispatcher, topic, Reason.COMPLAINT, Priority.COMPLAINT)
        emptied = ("complaint_text", "complaint_begin", "asked")
        return [*(SlotSet(slot, None) for slot in emptied), SlotSet("misses", 0)]
