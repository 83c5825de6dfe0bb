"""What comes before every rule: danger, and customers who have had enough.

A lost card or a theft is told in any words and in the middle of anything (while an idea is asked for, while another
complaint waits), so it is looked for before the dialogue's rules decide.
"""

from typing import Any

from rasa_sdk import Action as RasaAction
from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.answer_question import filled_answer
from actions.complaint_ticket import open_or_extend
from actions.request_agent import LEAVE_FORM, fetch_person
from actions.scope import Scope, scope
from bot.types.desk import Priority, Reason
from bot.types.understanding import Action

#: Who has an idea about cards has not lost one; and small talk is no alarm.
HARMLESS = frozenset({"idea", "greet", "thanks", "bye", "affirm", "deny", "other"})
#: Angry small talk ("thank you very much, you idiots") is not answered with small talk.
TALK = frozenset({"greet", "thanks", "bye", "affirm", "deny"})


def intent_of_turn(turn: Scope) -> str:
    """The intent that the rules go by."""
    understood = turn.understanding
    danger = understood.topic in turn.company.urgent_topics and (
        understood.topic_confidence >= turn.company.understanding.topic
    )
    waits_urgently = turn.work.assignment is not None and turn.work.assignment.priority is Priority.URGENT
    if danger and turn.intent not in HARMLESS and not waits_urgently:
        return "urgent"
    if turn.angry and turn.intent in TALK:
        return "nlu_fallback"
    return turn.intent


class ActionUrgent(RasaAction):
    """Danger: the safety instruction at once, and a person, ahead of the queue."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_urgent"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Instructs, takes a complaint down if it is one, fetches a person."""
        turn = scope()
        topic = turn.understanding.topic
        assert topic is not None
        blames = turn.understanding.intent == "complaint"
        turn.did(Action.COMPLAINT if blames else Action.ANSWER)
        instruction = filled_answer(turn, topic)
        if instruction is not None:
            turn.say(dispatcher, instruction)
        if blames:
            open_or_extend(turn, dispatcher, topic, turn.work.message.text)
        fetch_person(turn, dispatcher, topic, Reason.URGENT, Priority.URGENT)
        emptied = ("asked", "idea_text", "complaint_text", "complaint_begin", "call_at")
        return [
            *LEAVE_FORM,
            SlotSet("topic", topic),
            SlotSet("misses", 0),
            *(SlotSet(slot, None) for slot in emptied),
        ]
