"""Ideas: taken down word for word, thanked for, with a reference and an owner."""

from typing import Any

from rasa_sdk import Action as RasaAction
from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.scope import scope, tells
from bot.rules.substance import says_something
from bot.types.desk import TicketKind
from bot.types.effects import OpenTicket
from bot.types.understanding import Action
from handoff.reference import new_reference

#: What an idea may look like when it is asked for; a question that can be answered leaves the form.
TELLING = frozenset({"idea", "other", "nlu_fallback", "question"})


class ValidateIdeaForm(RasaAction):
    """Finds the idea: in the first message if it says one, otherwise in the next."""

    def name(self) -> str:
        """Rasa's name for the form's validation."""
        return "validate_idea_form"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Sets idea_text, or nothing (then the form asks, or lets the dialogue go elsewhere)."""
        turn = scope()
        text = turn.work.message.text
        asked = tracker.get_slot("requested_slot") == "idea_text"
        if asked:
            answerable = turn.intent == "question" and turn.understanding.topic is not None
            return [SlotSet("idea_text", text)] if tells(turn, TELLING) and not answerable else []
        return [SlotSet("idea_text", text)] if says_something(text, turn.understanding.topic) else []


class ActionAskIdea(RasaAction):
    """Asks for the idea."""

    def name(self) -> str:
        """Rasa's name for the form's question."""
        return "action_ask_idea_form_idea_text"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Asks."""
        turn = scope()
        turn.did(Action.IDEA)
        turn.say(dispatcher, turn.text("idea.ask"), [turn.button("cancel", "/cancel")])
        return []


class ActionRecordIdea(RasaAction):
    """The idea is there."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_record_idea"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Takes it down."""
        turn = scope()
        turn.did(Action.IDEA)
        topic = turn.understanding.topic
        team = turn.topic_team(topic)
        reference = new_reference("I", turn.now.astimezone(turn.company.zone).year)
        text = str(tracker.get_slot("idea_text") or turn.work.message.text)
        turn.effects.append(OpenTicket(reference, TicketKind.IDEA, text, team, topic))
        turn.say(dispatcher, turn.text("idea.taken", reference=reference, team=turn.team_name(team)))
        return [SlotSet("idea_text", None), SlotSet("asked", None), SlotSet("misses", 0)]
