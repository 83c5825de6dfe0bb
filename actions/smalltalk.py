"""The short talk around the matter: greetings, thanks, yes and no, and the start of a session."""

from collections.abc import Mapping
from typing import Any, ClassVar

from rasa_sdk import Action as RasaAction
from rasa_sdk import Tracker
from rasa_sdk.events import ActionExecuted, EventType, FollowupAction, SessionStarted, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.answer_question import not_understood, note_while_waiting
from actions.request_agent import LEAVE_FORM, fetch_person
from actions.scope import scope
from bot.types.desk import Reason
from bot.types.understanding import Action


class ActionSessionStart(RasaAction):
    """A new session: the first message, one after a long pause, or one after a person has left."""

    def name(self) -> str:
        """Its name in Rasa."""
        return "action_session_start"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Says what it is (platforms and law ask for that), in one line."""
        turn = scope()
        if not turn.waiting:
            turn.new_session = True
            turn.say(dispatcher, turn.text("intro.again" if turn.work.spoken_before else "intro"))
        return [SessionStarted(), ActionExecuted("action_listen")]


class _Reply:
    """Says one sentence; another one, if there is another, to a customer who waits for a person."""

    key = ""
    key_waiting = ""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Says it."""
        turn = scope()
        turn.did(Action.SMALLTALK)
        turn.say(dispatcher, turn.text(self.key_waiting or self.key if turn.waiting else self.key))
        return [SlotSet("asked", None)]


class ActionGreet(_Reply, RasaAction):
    """Hello."""

    key = "greet"
    key_waiting = "waiting.here"

    def name(self) -> str:
        """Its name in the domain."""
        return "action_greet"


class ActionThanks(_Reply, RasaAction):
    """Thanks."""

    key = "thanks"

    def name(self) -> str:
        """Its name in the domain."""
        return "action_thanks"


class ActionBye(_Reply, RasaAction):
    """Goodbye."""

    key = "bye"

    def name(self) -> str:
        """Its name in the domain."""
        return "action_bye"


class ActionStart(RasaAction):
    """The conversation was opened without a word."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_start"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Says how to begin."""
        turn = scope()
        turn.did(Action.SMALLTALK)
        buttons = [turn.button("human", "/human"), turn.button("callback", "/callback")]
        turn.say(dispatcher, turn.text("start.help"), buttons)
        return [*LEAVE_FORM]


class ActionOther(RasaAction):
    """Something that is not the company's business."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_other"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Says what it can help with; an angry customer gets a person."""
        turn = scope()
        if turn.waiting:
            note_while_waiting(turn, dispatcher)
            return []
        if turn.angry:
            turn.did(Action.HANDOFF)
            turn.say(dispatcher, turn.text("angry"))
            fetch_person(turn, dispatcher, None, Reason.ANGRY)
            return [SlotSet("asked", None)]
        if tracker.get_slot("misses"):
            return not_understood(turn, dispatcher, tracker)
        turn.did(Action.SMALLTALK)
        buttons = [turn.button("human", "/human"), turn.button("callback", "/callback")]
        turn.say(dispatcher, turn.text("other"), buttons)
        return [SlotSet("asked", None)]


class _YesNo:
    """An answer to what the assistant asked last; without a question it is small talk."""

    follow: ClassVar[Mapping[str, str]] = {}
    key = ""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Follows the question up."""
        turn = scope()
        follow = self.follow.get("form" if tracker.active_loop.get("name") else tracker.get_slot("asked") or "")
        if follow is not None and not (turn.waiting and follow != "action_cancel"):
            return [FollowupAction(follow)]
        turn.did(Action.SMALLTALK)
        turn.say(dispatcher, turn.text("waiting.here" if turn.waiting else self.key))
        return [SlotSet("asked", None)]


class ActionAffirm(_YesNo, RasaAction):
    """Yes."""

    follow: ClassVar[Mapping[str, str]] = {"helped": "action_helped", "person": "action_request_agent"}
    key = "affirm.plain"

    def name(self) -> str:
        """Its name in the domain."""
        return "action_affirm"


class ActionDeny(_YesNo, RasaAction):
    """No."""

    follow: ClassVar[Mapping[str, str]] = {"helped": "action_not_helped", "form": "action_cancel"}
    key = "deny.plain"

    def name(self) -> str:
        """Its name in the domain."""
        return "action_deny"


class ActionOldButton(RasaAction):
    """A button was pressed that has no question any more."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_old_button"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Says so."""
        turn = scope()
        turn.did(Action.SMALLTALK)
        turn.say(dispatcher, turn.text("old_button"))
        return []


class ActionCancel(RasaAction):
    """The customer stops what is under way."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_cancel"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Leaves the form and empties what it gathered."""
        turn = scope()
        turn.did(Action.SMALLTALK)
        turn.say(dispatcher, turn.text("cancelled"))
        emptied = ("idea_text", "complaint_text", "complaint_begin", "phone", "call_at", "asked")
        return [*LEAVE_FORM, *(SlotSet(slot, None) for slot in emptied)]
