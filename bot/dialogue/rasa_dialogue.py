"""Rasa's dialogue inside a turn: no server, no tracker database, no action server, no input or output at all.

The tracker is built from the conversation's own stored events and handed to Rasa's processor; the tracker store keeps
what the processor saves in memory until the turn is over. Actions run in this process (`ActionExecutor`), so that what
they decide can join the turn's transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rasa.core.actions.action import RemoteAction
from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActiveLoop, SlotSet, deserialise_events
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig
from rasa_sdk.executor import ActionExecutor

from bot.errors import UserMistake
from bot.nlu.runner import StraightRunner

# Rasa checks every answer of an action server against a JSON schema, and the schema against its meta-schema: 14 of a
# turn's 19 ms, measured. Our actions run in this process and are typed.
RemoteAction._validate_action_result = lambda _self, _result: True


#: A conversation's events are replaced by what they amount to once there are more than these.
EVENTS_KEPT = 50


class InProcessActions(EndpointConfig):
    """An "action server" that is this process."""

    def __init__(self) -> None:
        # the whole domain would be turned into a dictionary for each action; ours need none of it
        super().__init__(url="http://in-process", enable_selective_domain=True)
        self.failure: Exception | None = None
        self._executor = ActionExecutor()
        self._executor.register_package("actions")

    async def request(self, *_args: object, json: dict[str, Any], **_kwargs: object) -> Any:
        """Runs the action. What it raises is kept, for Rasa's processor logs an action's exception and goes on."""
        try:
            return await self._executor.run(json)
        except Exception as error:
            self.failure = error
            raise


class TurnTrackers(TrackerStore):
    """Trackers of running turns, in memory only."""

    def __init__(self) -> None:
        super().__init__(None)
        self.trackers: dict[str, DialogueStateTracker] = {}

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keeps it until the turn is over."""
        self.trackers[tracker.sender_id] = tracker

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The running turn's tracker."""
        return self.trackers.get(sender_id)

    async def keys(self) -> Iterable[str]:
        """Ids of running turns."""
        return list(self.trackers)


class RasaDialogue:
    """A loaded model."""

    def __init__(self, archive: Path) -> None:
        self._actions = InProcessActions()
        self._trackers = TurnTrackers()
        try:
            self._agent = Agent.load(str(archive), action_endpoint=self._actions)
        except Exception as error:
            reason = " ".join(str(error).split())[:300]
            raise UserMistake(f"the model {archive} does not load: {reason}") from error
        self._agent.tracker_store = self._trackers
        assert self._agent.processor is not None
        self._processor = self._agent.processor
        self._processor.graph_runner = StraightRunner(self._processor.graph_runner)
        self._processor.tracker_store = self._trackers
        self._domain: Domain = self._processor.domain

    async def parse(self, text: str) -> dict[str, Any]:
        """Rasa's parse data of a text."""
        parsed: dict[str, Any] = await self._processor.parse_message(UserMessage(text), only_output_properties=True)
        return parsed

    async def run(
        self, sender: str, events: Sequence[Mapping[str, Any]], parse_data: dict[str, Any], message_id: int
    ) -> tuple[list[dict[str, Any]], bool]:
        """One turn of the dialogue. The events to keep, and whether they replace the earlier ones.

        Raises what an action raised.
        """
        self._actions.failure = None
        stored = deserialise_events([dict(event) for event in events])
        tracker = DialogueStateTracker.from_events(sender, stored, self._domain.slots)
        before, state = len(tracker.events), _state(tracker)
        self._trackers.trackers[sender] = tracker
        try:
            await self._processor.handle_message(
                UserMessage(
                    parse_data.get("text"),
                    CollectingOutputChannel(),
                    sender,
                    parse_data=parse_data,
                    message_id=str(message_id),
                )
            )
            after = self._trackers.trackers[sender]
            new = [event.as_dict() for event in list(after.events)[before:]]
        finally:
            del self._trackers.trackers[sender]
        if self._actions.failure is not None:
            raise self._actions.failure
        if any(event["event"] == "session_started" for event in new):
            return new, True
        if before + len(new) > EVENTS_KEPT:
            return [*state, *new], True
        return new, False


def _state(tracker: DialogueStateTracker) -> list[dict[str, Any]]:
    """What earlier events amount to (slots and the form under way), as events that can stand for all of them.

    A turn's cost grows with the events that are read again, and cutting off the oldest would forget a form.
    """
    slots = [SlotSet(slot.name, slot.value) for slot in tracker.slots.values() if slot.value != slot.initial_value]
    loop = [ActiveLoop(tracker.active_loop_name)] if tracker.active_loop_name else []
    return [event.as_dict() for event in (*slots, *loop)]
