"""Questions: the FAQ's answer where the topic is certain, a choice of topics where it is not, a person after that."""

from typing import Any

from rasa_sdk import Action as RasaAction
from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.request_agent import LEAVE_FORM, fetch_person
from actions.scope import Scope, scope
from bot.types.article import ArticleText
from bot.types.desk import Priority, Reason
from bot.types.effects import AddToTicket
from bot.types.message import Button
from bot.types.understanding import Action

SUGGESTIONS = 3
#: After this many messages in a row that were not understood, a person takes over.
MISSES_TO_HANDOFF = 2


def article_text(scope: Scope, topic: str) -> ArticleText | None:
    """The FAQ's text on a topic for the conversation's brand and language."""
    article = scope.knowledge.article(topic, scope.brand, scope.now)
    return article.texts.get(scope.language) if article is not None else None


def answer(scope: Scope, dispatcher: CollectingDispatcher, topic: str, form: str | None = None) -> list[EventType]:
    """Answers a topic from the FAQ; for urgent topics also fetches a person, ahead of the queue."""
    text = article_text(scope, topic)
    asked_helped = False
    if text is None:
        scope.say(dispatcher, scope.text("answer.none"))
        fetch_person(scope, dispatcher, topic, Reason.NOT_HELPED)
    elif topic in scope.company.urgent_topics and not scope.waiting:
        scope.say(dispatcher, _filled(scope, text))
        fetch_person(scope, dispatcher, topic, Reason.URGENT, Priority.URGENT)
    elif scope.angry:
        scope.say(dispatcher, _filled(scope, text))
        scope.say(dispatcher, scope.text("angry"))
        fetch_person(scope, dispatcher, topic, Reason.ANGRY)
    elif scope.waiting:
        scope.say(dispatcher, _filled(scope, text))
    else:
        asked_helped = True
        question = scope.text("answer.helped_question")
        buttons = [scope.button("helped", "/helped"), scope.button("not_helped", "/not_helped")]
        scope.say(dispatcher, f"{_filled(scope, text)}\n\n{question}", buttons)
    return [
        # who asks something else has no idea to tell just now; a call that is being booked goes on
        *(LEAVE_FORM if form == "idea_form" else []),
        SlotSet("topic", topic),
        SlotSet("misses", 0),
        SlotSet("asked", "helped" if asked_helped else None),
    ]


def filled_answer(scope: Scope, topic: str) -> str | None:
    """The FAQ's answer on a topic, with its links."""
    text = article_text(scope, topic)
    return None if text is None else _filled(scope, text)


def _filled(scope: Scope, text: ArticleText) -> str:
    parts = [text.answer]
    site = scope.company.brands[scope.brand].site
    parts.extend(scope.text("answer.link", link=site + path) for path in (text.link, text.video) if path)
    return "\n".join(parts)


def suggest(scope: Scope, dispatcher: CollectingDispatcher) -> bool:
    """Offers the likeliest topics as buttons; False where none is likely at all."""
    least = scope.company.understanding.suggest
    # a question about "cards" is as good as none to a single topic: then the likeliest of them are compared
    likely = sum(guess.confidence for guess in scope.understanding.topics)
    if scope.understanding.intent == "question":
        least = min(least, least * likely)
    buttons = [
        Button(text.title, f'/choose_topic{{"topic":"{guess.name}"}}')
        for guess in scope.understanding.topics[:SUGGESTIONS]
        if guess.confidence >= least and (text := article_text(scope, guess.name)) is not None
    ]
    if not buttons:
        return False
    scope.say(dispatcher, scope.text("topic.choose"), [*buttons, scope.button("none", "/none_of_these")])
    return True


def note_while_waiting(scope: Scope, dispatcher: CollectingDispatcher) -> None:
    """More of the matter, while a person is on the way: into the open complaint, if there is one."""
    scope.did(Action.CLARIFY)
    ticket = scope.work.open_ticket
    if ticket is None or not scope.work.message.text:
        scope.say(dispatcher, scope.text("waiting.noted"))
        return
    scope.effects.append(AddToTicket(ticket.reference, scope.work.message.text))
    scope.say(dispatcher, scope.text("complaint.added", reference=ticket.reference))


def not_understood(scope: Scope, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
    """The first time: a choice of topics, or another wording; the second time in a row: a person."""
    misses = int(tracker.get_slot("misses") or 0) + 1
    if scope.waiting:
        note_while_waiting(scope, dispatcher)
        return []
    if misses >= MISSES_TO_HANDOFF or scope.angry:
        scope.did(Action.HANDOFF)
        scope.say(dispatcher, scope.text("angry" if scope.angry else "not_understood.twice"))
        reason = Reason.ANGRY if scope.angry else Reason.NOT_UNDERSTOOD
        fetch_person(scope, dispatcher, scope.understanding.topic, reason)
        return [SlotSet("misses", 0), SlotSet("asked", None)]
    scope.did(Action.CLARIFY)
    if not suggest(scope, dispatcher):
        buttons = [scope.button("human", "/human"), scope.button("callback", "/callback")]
        scope.say(dispatcher, scope.text("not_understood"), buttons)
    return [SlotSet("misses", misses), SlotSet("asked", None)]


class ActionAnswerQuestion(RasaAction):
    """A question was asked."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_answer_question"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Answers, or asks which topic is meant."""
        turn = scope()
        understood = turn.understanding
        if understood.topic is not None and understood.topic_confidence >= turn.company.understanding.topic:
            turn.did(Action.ANSWER)
            return answer(turn, dispatcher, understood.topic, tracker.active_loop.get("name"))
        return not_understood(turn, dispatcher, tracker)


class ActionAnswerTopic(RasaAction):
    """A suggested topic was chosen."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_answer_topic"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Answers it."""
        turn = scope()
        topic = next(tracker.get_latest_entity_values("topic"), None)
        if topic is None or topic not in turn.knowledge.topics():
            return not_understood(turn, dispatcher, tracker)
        turn.did(Action.ANSWER)
        return answer(turn, dispatcher, topic)


class ActionNotUnderstood(RasaAction):
    """Nothing certain was understood."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_not_understood"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Asks, or fetches a person."""
        return not_understood(scope(), dispatcher, tracker)


class ActionNoneOfThese(RasaAction):
    """None of the suggested topics was meant."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_none_of_these"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Fetches a person."""
        turn = scope()
        turn.did(Action.HANDOFF)
        fetch_person(turn, dispatcher, None, Reason.NOT_UNDERSTOOD)
        return [SlotSet("misses", 0), SlotSet("asked", None)]


class ActionHelped(RasaAction):
    """The answer helped."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_helped"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Is glad."""
        turn = scope()
        turn.did(Action.SMALLTALK)
        turn.say(dispatcher, turn.text("helped"))
        return [SlotSet("asked", None), SlotSet("misses", 0)]


class ActionNotHelped(RasaAction):
    """The answer did not help."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_not_helped"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Offers a person; fetches one where the customer is angry."""
        turn = scope()
        turn.did(Action.CLARIFY)
        if turn.angry:
            fetch_person(turn, dispatcher, tracker.get_slot("topic"), Reason.ANGRY)
            return [SlotSet("asked", None)]
        buttons = [turn.button("human", "/human"), turn.button("callback", "/callback")]
        turn.say(dispatcher, turn.text("not_helped"), buttons)
        return [*LEAVE_FORM, SlotSet("asked", "person")]
