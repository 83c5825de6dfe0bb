"""The brain of a turn: what was understood, in which language to answer, and what the dialogue decides."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from actions.scope import Scope, current_scope
from actions.urgent import intent_of_turn
from bot.company import Company
from bot.dialogue.rasa_dialogue import RasaDialogue
from bot.nlu.parsed import understanding_of
from bot.nlu.text import as_typed
from bot.ports import Knowledge, Texts, Work
from bot.rules import payload
from bot.rules.language import choose
from bot.rules.mood import is_angry
from bot.rules.payload import Order
from bot.types.conversation import CustomerMessage, Holder
from bot.types.desk import Reason
from bot.types.effects import TurnResult
from bot.types.languages import LANGUAGES, Language
from bot.types.message import EventKind
from bot.types.understanding import Action, Understanding

#: A turn that only listens: a person holds the conversation.
SILENT = "silent"
#: Intents that say nothing about a matter.
NO_MATTER = frozenset({"nlu_fallback", "other", "greet", "thanks", "bye", "affirm"})


class RasaBrain:
    """Implements `ports.Brain`."""

    def __init__(
        self,
        archive: Path,
        company: Company,
        texts: Texts,
        knowledge: Knowledge,
        anger: Mapping[str, Sequence[str]],
    ) -> None:
        self.model = archive.name
        self._dialogue = RasaDialogue(archive)
        self._company = company
        self._texts = texts
        self._knowledge = knowledge
        self._anger = [stem for stems in anger.values() for stem in stems]
        self._cancel_words = {
            word for language in LANGUAGES for word in texts.say("words.cancel", language).casefold().split(", ")
        }

    async def understand(self, text: str) -> Understanding:
        """What is understood of a text."""
        return understanding_of(await self._dialogue.parse(as_typed(text)), self.model)

    async def turn(self, work: Work, now: datetime) -> TurnResult:
        """What to do about the message. Nothing is written."""
        parse_data, understanding = await self._understood(work)
        spoken = understanding is not None
        understanding = understanding or understanding_of({}, self.model)
        language = self._language(work, understanding) if spoken else work.conversation.language
        understanding = replace(understanding, language=language)
        kept = understanding if spoken else None
        if _is_with_person(work):
            return TurnResult(SILENT, language=language, understanding=kept)
        scope = Scope(
            work=work,
            now=now,
            language=language,
            understanding=understanding,
            intent=str(parse_data["intent"]["name"]),
            spoken=spoken,
            company=self._company,
            texts=self._texts,
            knowledge=self._knowledge,
            angry=spoken and is_angry(work.message.text, self._anger),
        )
        if spoken:
            scope.intent = intent_of_turn(scope)
            parse_data["intent"] = {"name": scope.intent, "confidence": 1.0}
        token = current_scope.set(scope)
        try:
            events, fresh = await self._dialogue.run(
                str(work.conversation.id), work.events, _for_dialogue(parse_data), work.message.id
            )
        finally:
            current_scope.reset(token)
        if not scope.answered:
            raise RuntimeError(f"the dialogue said nothing to intent {scope.intent}")
        return TurnResult(
            outcome=(scope.outcome or Action.CLARIFY).value,
            effects=tuple(scope.effects),
            events=tuple(events),
            fresh=fresh,
            language=language,
            understanding=kept,
        )

    async def _understood(self, work: Work) -> tuple[dict[str, Any], Understanding | None]:
        """Parse data for the dialogue; the understanding, where the message is words."""
        message = work.message
        order = _order(message) or self._cancelled(message)
        if order is None:
            parse_data = await self._dialogue.parse(as_typed(message.text))
            understanding = understanding_of(parse_data, self.model)
            if not message.attachments or parse_data["intent"]["name"] not in NO_MATTER:
                return parse_data, understanding
            # a caption that says nothing by itself ("look at this"): the file is the message
            order = Order("attachment", {})
        entities = [{"entity": name, "value": value} for name, value in order.entities.items()]
        return {"text": message.text, "intent": {"name": order.intent, "confidence": 1.0}, "entities": entities}, None

    def _cancelled(self, message: CustomerMessage) -> Order | None:
        said = message.text.casefold().strip(" .!")
        return Order("cancel", {}) if said in self._cancel_words else None

    @staticmethod
    def _language(work: Work, understanding: Understanding) -> Language:
        return choose(
            work.conversation.language,
            understanding.language,
            understanding.language_certain,
            work.message.text,
            first=not work.understood_before,
        )


def _is_with_person(work: Work) -> bool:
    """Whether the assistant must be silent: an agent holds, or a person has answered with another tool."""
    if work.conversation.holder is Holder.AGENT or work.message.holder is Holder.AGENT:
        return True
    return work.assignment is not None and work.assignment.reason is Reason.OUTSIDE_REPLY


def _order(message: CustomerMessage) -> Order | None:
    """What the message is to the dialogue where it is not words: a button, a shared number, a file, the start."""
    match message.kind:
        case EventKind.BUTTON.value:
            return payload.read(message.payload) or (None if message.text else Order("old_button", {}))
        case EventKind.PHONE.value:
            return Order("share_phone", {"phone": message.phone})
        case EventKind.START.value:
            return Order("start", {})
        case EventKind.ATTACHMENT.value if not message.text:
            return Order("attachment", {})
        case EventKind.TEXT.value if not message.text:
            return Order("start", {})  # nothing readable was left of it: say how to begin
        case _:
            return None


def _for_dialogue(parse_data: dict[str, Any]) -> dict[str, Any]:
    """What the tracker keeps of the parse data: it is stored with every turn, so no rankings."""
    kept = ("text", "intent", "entities")
    return {key: parse_data[key] for key in kept if key in parse_data}
