"""The brain of a turn: what was understood, in which language to answer, and what the dialogue decides."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from actions.scope import Scope, current_scope
from bot.company import Company
from bot.dialogue.rasa_dialogue import RasaDialogue
from bot.nlu.parsed import understanding_of
from bot.ports import Knowledge, Texts, Work
from bot.rules.language import choose
from bot.rules.mood import is_angry
from bot.types.conversation import CustomerMessage, Holder
from bot.types.effects import TurnResult
from bot.types.languages import Language
from bot.types.message import EventKind
from bot.types.understanding import Action, Understanding

#: A turn that only listens: a person holds the conversation.
SILENT = "silent"


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
        self._anger = anger

    async def understand(self, text: str) -> Understanding:
        """What is understood of a text."""
        return understanding_of(await self._dialogue.parse(_spoken(text)), self.model)

    async def turn(self, work: Work, now: datetime) -> TurnResult:
        """What to do about the message. Nothing is written."""
        parse_data = await self._parse(work.message)
        understanding = understanding_of(parse_data, self.model)
        spoken = _is_spoken(work.message)
        language = self._language(work, understanding) if spoken else work.conversation.language
        understanding = replace(understanding, language=language)
        if work.conversation.holder is Holder.AGENT:
            return TurnResult(SILENT, language=language, understanding=understanding if spoken else None)
        scope = Scope(
            work=work,
            now=now,
            language=language,
            understanding=understanding,
            intent=str(parse_data["intent"]["name"]),
            company=self._company,
            texts=self._texts,
            knowledge=self._knowledge,
            angry=spoken and is_angry(work.message.text, self._anger.get(language, ())),
        )
        token = current_scope.set(scope)
        try:
            events, fresh = await self._dialogue.run(
                str(work.conversation.id), work.events, _for_dialogue(parse_data), work.message.id
            )
        finally:
            current_scope.reset(token)
        return TurnResult(
            outcome=(scope.outcome or Action.CLARIFY).value,
            effects=tuple(scope.effects),
            events=tuple(events),
            fresh=fresh,
            language=language,
            understanding=understanding if spoken else None,
        )

    async def _parse(self, message: CustomerMessage) -> dict[str, Any]:
        payload = _payload(message)
        if payload is not None:
            return self._dialogue.parse_payload(payload)
        return await self._dialogue.parse(_spoken(message.text))

    @staticmethod
    def _language(work: Work, understanding: Understanding) -> Language:
        return choose(
            work.conversation.language,
            understanding.language,
            understanding.language_certain,
            work.message.text,
            first=not work.spoken_before,
        )


def _is_spoken(message: CustomerMessage) -> bool:
    return _payload(message) is None


def _payload(message: CustomerMessage) -> str | None:
    """What the message is to the dialogue where it is not words: a button, a shared number, a file, the start."""
    match message.kind:
        case EventKind.BUTTON.value:
            return message.payload
        case EventKind.PHONE.value:
            return f"/share_phone{json.dumps({'phone': message.phone})}"
        case EventKind.START.value:
            return "/start"
        case EventKind.ATTACHMENT.value if not message.text:
            return "/attachment"
        case EventKind.TEXT.value if not message.text:
            return "/start"  # nothing readable was left of it: say how to begin
        case _:
            return None


def _spoken(text: str) -> str:
    # Rasa reads a text that begins with a slash as a payload; a customer's words are never an order
    return text.lstrip("/ ") or "?"


def _for_dialogue(parse_data: dict[str, Any]) -> dict[str, Any]:
    """What the tracker keeps of the parse data: it is stored with every turn, so no rankings."""
    kept = ("text", "intent", "entities")
    return {key: parse_data[key] for key in kept if key in parse_data}
