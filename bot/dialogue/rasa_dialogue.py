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
from rasa.shared.core.events import deserialise_events
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from rasa.shared.nlu.training_data.message import Message
from rasa.utils.endpoints import EndpointConfig
from rasa_sdk.executor import ActionExecutor

from bot.errors import UserMistake

# Rasa checks every answer of an action server against a JSON schema, and the schema against its meta-schema: 14 of a
# turn's 19 ms (facts.md). Our actions run in this process and are typed.
RemoteAction._validate_action_result = lambda _self, _result: True


class InProcessActions(EndpointConfig):
    """An "action server" that is this process."""

    def __init__(self) -> None:
        # the whole domain would be turned into a dictionary for each action; ours need none of it
        super().__init__(url="http://in-process", enable_selective_domain=True)
        self._executor = ActionExecutor()
        self._executor.register_package("actions")

    async def request(self, *_args: object, json: dict[str, Any], **_kwargs: object) -> Any:
        """Runs the action."""
        return await self._executor.run(json)


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
        self._trackers = TurnTrackers()
        try:
            self._agent = Agent.load(str(archive), action_endpoint=InProcessActions())
        except Exception as error:
            reason = " ".join(str(error).split())[:300]
            raise UserMistake(f"the model {archive} does not load: {reason}") from error
        self._agent.tracker_store = self._trackers
        assert self._agent.processor is not None
        self._processor = self._agent.processor
        self._processor.tracker_store = self._trackers
        self._domain: Domain = self._processor.domain

    async def parse(self, text: str) -> dict[str, Any]:
        """Rasa's parse data of a text."""
        parsed: dict[str, Any] = await self._processor.parse_message(UserMessage(text), only_output_properties=True)
        return parsed

    def parse_payload(self, payload: str) -> dict[str, Any]:
        """Rasa's parse data of a button's payload (`/intent{"entity": "value"}`), without the pipeline."""
        parsed = YAMLStoryReader.unpack_regex_message(Message({"text": payload}), self._domain)
        data: dict[str, Any] = parsed.as_dict(only_output_properties=True)
        return data

    async def run(
        self, sender: str, events: Sequence[Mapping[str, Any]], parse_data: dict[str, Any], message_id: int
    ) -> tuple[list[dict[str, Any]], bool]:
        """One turn of the dialogue. The events that are new, and whether they begin a session."""
        stored = deserialise_events([dict(event) for event in events])
        tracker = DialogueStateTracker.from_events(sender, stored, self._domain.slots)
        before = len(tracker.events)
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
        return new, any(event["event"] == "session_started" for event in new)
