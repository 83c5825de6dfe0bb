"""The dialogue as customers meet it, in three languages: the real Rasa, the trained model, the demo company."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.company import Company
from bot.content import load_anger, load_faq, load_texts
from bot.nlu.quiet import quiet
from bot.nlu.registry import Registry
from bot.ports import Brain
from bot.types.conversation import Holder
from bot.types.desk import Priority, Reason, TicketKind
from bot.types.effects import AddToTicket, BookCallback, OpenTicket, RequestAgent, Say
from bot.types.message import EventKind
from tests.talk import NIGHT, WORKING_HOURS, Talk

ROOT = Path(__file__).resolve().parents[2]
Begin = Callable[..., Talk]


@pytest.fixture(scope="module")
def brain(models_dir: Path, company: Company) -> Brain:
    """The promoted model's dialogue."""
    archive = Registry(models_dir).current()
    assert archive is not None
    with quiet():
        from bot.dialogue.brain import RasaBrain

        texts, faq = load_texts(ROOT / "data" / "texts"), load_faq(ROOT / "data" / "faq", company)
        return RasaBrain(archive, company, texts, faq, load_anger(ROOT / "data" / "anger.yml"))


@pytest.fixture(scope="module")
def begin(brain: Brain) -> Iterator[Begin]:
    """Begins a conversation."""
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        yield lambda **how: Talk(brain, loop, **how)


@pytest.mark.parametrize(
    ("text", "language", "topic", "words"),
    [
        ("Jak sprawdzić numer konta?", "pl", "account_number", "Modrzew24"),
        ("Как узнать номер своего счёта?", "ru", "account_number", "Modrzew24"),
        ("hwo do i reset my pasword", "en", "password_reset", "Modrzew24"),
        ("ile kosztuje prowadzenie konta", "pl", "account_fees", "9"),
        ("how long does a sepa transfer take", "en", "transfer_abroad", "SEPA"),
        ("когда закрывается отделение в субботу", "ru", "branch_hours", "17"),
    ],
)
def test_a_question_is_answered_in_its_language_and_asks_whether_it_helped(
    begin: Begin, text: str, language: str, topic: str, words: str
) -> None:
    talk = begin()
    answer = talk.say(text)
    assert (talk.result.outcome, talk.result.language, talk.understood.topic) == ("answer", language, topic)
    assert words in answer
    assert [button.payload for button in talk.buttons] == ["/helped", "/not_helped"]


def test_a_brand_has_its_own_answer(begin: Begin) -> None:
    question = "gdzie macie oddział i w jakich godzinach jest otwarty"
    modrzew, fala = begin(), begin(brand="fala")
    assert modrzew.say(question) != fala.say(question)
    assert fala.understood.topic == "branch_hours"


def test_the_assistant_says_what_it_is_once_a_session(begin: Begin) -> None:
    talk = begin()
    assert "wirtualny asystent banku Modrzew" in talk.say("cześć")
    assert "asystent" not in talk.say("jak zmienić pin do karty")


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("Zgubiłem kartę, co robić?", "card_block"),
        ("у меня украли карту помогите", "card_block"),
        ("someone called pretending to be the bank and asked for my sms code", "fraud_report"),
        ("na koncie mam płatność której nie robiłem, ktoś ukradł mi pieniądze", "unauthorized_transaction"),
    ],
)
@pytest.mark.parametrize("now", [WORKING_HOURS, NIGHT])
def test_danger_gets_the_safety_instruction_at_once_and_a_person_ahead_of_the_queue(
    begin: Begin, text: str, topic: str, now: datetime
) -> None:
    talk = begin(now=now)
    talk.say(text)
    request = talk.the(RequestAgent)
    assert (request.team, request.priority, request.topic) == ("security", Priority.URGENT, topic)
    said = [effect for effect in talk.result.effects if isinstance(effect, Say | RequestAgent)]
    assert isinstance(said[1], Say), "the instruction (after the introduction) comes before the person"


def test_thanks_to_a_helpful_answer(begin: Begin) -> None:
    talk = begin()
    talk.say("Как узнать номер своего счёта?")
    assert "рад" in talk.press("Да, спасибо")
    assert not talk.of(RequestAgent)


def test_an_answer_that_did_not_help_leads_to_a_person_or_a_call(begin: Begin) -> None:
    talk = begin()
    talk.say("hwo do i reset my pasword")
    talk.say("no that didn't help")
    assert [button.payload for button in talk.buttons] == ["/human", "/callback"]
    talk.press("Talk to a person")
    assert talk.the(RequestAgent).team == "digital", "the team of what was asked before"


@pytest.mark.parametrize("text", ["chcę rozmawiać z człowiekiem", "позовите оператора", "can I talk to a real person"])
def test_a_person_is_fetched_at_once(begin: Begin, text: str) -> None:
    talk = begin()
    talk.say(text)
    assert talk.result.outcome == "handoff"
    assert talk.the(RequestAgent).reason is Reason.REQUESTED


def test_outside_hours_the_truth_and_a_call_instead(begin: Begin) -> None:
    talk = begin(now=NIGHT)
    said = talk.say("chcę rozmawiać z człowiekiem")
    assert "jutro o 8:00" in said
    assert "/callback" in [button.payload for button in talk.buttons]
    talk = begin(now=WORKING_HOURS)
    assert "nie pracuje" not in talk.say("chcę rozmawiać z człowiekiem")


def test_an_idea_is_taken_down_with_a_reference_and_an_owner(begin: Begin) -> None:
    talk = begin()
    said = talk.say("dodajcie tryb ciemny do aplikacji, bo wieczorem oczy bolą")
    ticket = talk.the(OpenTicket)
    assert (ticket.kind, ticket.team) == (TicketKind.IDEA, "digital")
    assert ticket.reference in said
    assert not talk.of(RequestAgent), "an idea needs no person now"


def test_an_idea_that_is_only_announced_is_asked_for(begin: Begin) -> None:
    talk = begin()
    talk.say("I have an idea for you")
    assert not talk.of(OpenTicket)
    talk.say("let us freeze a card by holding the home button")
    assert talk.the(OpenTicket).text == "let us freeze a card by holding the home button"


def test_a_complaint_with_its_story_is_taken_down_with_its_legal_deadline(begin: Begin) -> None:
    talk = begin()
    said = talk.say("trzeci raz pobraliście mi opłatę za kartę której nie mam, to jest niedopuszczalne")
    ticket, request = talk.the(OpenTicket), talk.the(RequestAgent)
    assert ticket.kind is TicketKind.COMPLAINT
    assert ticket.due_on is not None
    assert ticket.due_on > date(2026, 3, 4)
    assert ticket.reference in said
    assert "przykro" in said
    assert (request.reason, request.priority, request.team) == (Reason.COMPLAINT, Priority.COMPLAINT, ticket.team)


@pytest.mark.parametrize(
    ("opening", "story"),
    [
        ("chcę złożyć reklamację", "bankomat na Dworcowej wydał mi 200 zł mniej i nikt nie oddzwania"),
        ("хочу подать жалобу", "с меня второй раз списали комиссию за счет, верните деньги"),
        ("I want to file a complaint", "you charged me twice for the same transfer and nobody answers"),
    ],
)
def test_a_complaint_without_its_story_is_asked_for_it(begin: Begin, opening: str, story: str) -> None:
    talk = begin()
    talk.say(opening)
    assert talk.result.outcome == "complaint"
    assert not talk.of(OpenTicket)
    talk.say(story)
    assert story in talk.the(OpenTicket).text
    assert talk.of(RequestAgent)


def test_a_complaint_can_be_called_off(begin: Begin) -> None:
    talk = begin()
    talk.say("chcę złożyć reklamację")
    talk.press("Rezygnuję")
    assert not talk.of(OpenTicket)
    talk.say("jak zmienić pin do karty")
    assert talk.result.outcome == "answer"


def test_a_person_can_be_asked_for_in_the_middle_of_a_form(begin: Begin) -> None:
    talk = begin()
    talk.say("chcę złożyć reklamację")
    talk.say("dajcie mi konsultanta")
    assert not talk.of(OpenTicket)
    assert talk.the(RequestAgent).reason is Reason.REQUESTED
    talk.say("jak zmienić pin do karty")
    assert talk.result.outcome == "answer", "the form is left"


def test_more_of_a_complaint_is_added_to_its_ticket(begin: Begin) -> None:
    talk = begin()
    talk.say("trzeci raz pobraliście mi opłatę za kartę której nie mam, to jest niedopuszczalne")
    reference = talk.the(OpenTicket).reference
    talk.say("i jeszcze na infolinii mnie okłamano, to skandal żeby tak traktować klienta")
    assert talk.the(AddToTicket).reference == reference
    talk.say("to było 18 zł, 12 listopada")
    assert talk.the(AddToTicket).text == "to było 18 zł, 12 listopada", "also what does not sound like one"


def test_a_call_is_booked_and_confirmed_with_a_code(begin: Begin) -> None:
    talk = begin()
    talk.say("zadzwońcie do mnie")
    assert any(say.ask_phone for say in talk.of(Say)), "channels that can offer to share the number"
    assert "niepełny" in talk.say("600 12")
    talk.say("600 100 200")
    said = talk.say("jutro po 17")
    booked = talk.the(BookCallback)
    assert (booked.phone, booked.due_at) == ("+48600100200", datetime(2026, 3, 5, 16, 0, tzinfo=UTC))
    assert booked.code in said
    assert booked.reference in said
    assert "600100200" not in said.replace(" ", ""), "the number is confirmed masked"


def test_a_call_in_one_sentence(begin: Begin) -> None:
    talk = begin()
    talk.say("please call me tomorrow at 10 am at +48 600 100 200")
    assert talk.the(BookCallback).due_at == datetime(2026, 3, 5, 9, 0, tzinfo=UTC)


def test_a_call_outside_hours_is_moved_and_the_customer_is_told(begin: Begin) -> None:
    talk = begin(now=NIGHT)
    talk.say("перезвоните мне")
    talk.send(EventKind.PHONE, phone="+48600100200")
    said = talk.say("сейчас")
    assert talk.the(BookCallback).due_at == datetime(2026, 3, 9, 7, 0, tzinfo=UTC)
    assert "не работает" in said


def test_a_question_in_the_middle_of_booking_is_answered_and_the_booking_goes_on(begin: Begin) -> None:
    talk = begin()
    talk.say("перезвоните мне пожалуйста")
    talk.say("а сколько стоит счет?")
    assert talk.result.outcome == "answer"
    talk.say("+48 600 100 200")
    talk.press("Сейчас")
    assert talk.the(BookCallback).phone == "+48600100200"


def test_twice_not_understood_and_a_person_takes_over(begin: Begin) -> None:
    talk = begin()
    talk.say("karta")
    assert talk.result.outcome == "clarify"
    assert talk.buttons, "a choice, not a guess"
    talk.say("przelew")
    assert talk.the(RequestAgent).reason is Reason.NOT_UNDERSTOOD


def test_what_is_none_of_our_business(begin: Begin) -> None:
    talk = begin()
    talk.say("what's the weather like in paris tomorrow")
    assert talk.result.outcome == "smalltalk"
    assert "/human" in [button.payload for button in talk.buttons], "a way on"


def test_an_angry_customer_gets_an_answer_and_a_person(begin: Begin) -> None:
    talk = begin()
    talk.say("kurwa gdzie jest mój przelew")
    assert talk.of(Say)
    assert talk.the(RequestAgent).team == "payments"


def test_the_language_follows_the_customer(begin: Begin) -> None:
    talk = begin()
    talk.say("dzień dobry, jak sprawdzić numer konta")
    assert talk.language == "pl"
    talk.say("ok")
    assert talk.language == "pl", "a word is no change of language"
    talk.say("sorry, can we continue in English please")
    assert talk.result.language == "en"


def test_who_waits_is_not_chatted_with_but_answered(begin: Begin) -> None:
    talk = begin()
    talk.say("chcę rozmawiać z człowiekiem")
    assert talk.holder is Holder.QUEUE
    assert "Proszę" in talk.say("ok dzięki")
    assert "konsultant" in talk.say("dzień dobry")
    talk.say("a jak zmienić pin do karty?")
    assert talk.result.outcome == "answer"
    assert not talk.buttons, "no 'did this help' while a person is on the way"


def test_who_is_with_a_person_hears_nothing_of_the_assistant(begin: Begin) -> None:
    talk = begin(holder=Holder.AGENT)
    assert talk.say("jak zmienić pin do karty") == ""
    assert (talk.result.outcome, talk.understood.topic) == ("silent", "card_pin")


@pytest.mark.parametrize(
    "text", ["", "🙂🙂🙂", "؟؟؟ مرحبا", "/restart", "/choose_topic{", '{"a": 1}', "x" * 9_999, "a " * 4_000]
)
def test_whatever_comes_is_answered(begin: Begin, text: str) -> None:
    assert begin().say(text)


def test_an_attachment_without_words_gets_a_person(begin: Begin) -> None:
    talk = begin()
    talk.send(EventKind.ATTACHMENT)
    assert talk.the(RequestAgent).reason is Reason.ATTACHMENT


def test_an_unknown_topic_of_an_old_button_is_no_error(begin: Begin) -> None:
    talk = begin()
    assert talk.send(EventKind.BUTTON, payload='/choose_topic{"topic":"gone"}')


def test_a_button_that_nobody_of_ours_made_is_no_order(begin: Begin) -> None:
    talk = begin()
    for payload in ("/restart", "/session_start", "/back", "/", "/x;y", '/pick_time{"moment":["a"]}'):
        assert "wcześniejszego pytania" in talk.send(EventKind.BUTTON, payload=payload)


@pytest.mark.parametrize("moment", ["202603040800", "999912312359", "soon"])
def test_a_time_that_is_over_or_none_books_no_call(begin: Begin, moment: str) -> None:
    talk = begin()
    talk.say("zadzwońcie do mnie, 600 100 200")
    talk.send(EventKind.BUTTON, payload=f'/pick_time{{"moment":"{moment}"}}')
    assert not talk.of(BookCallback)
    talk.press("Teraz")
    assert talk.of(BookCallback)
    talk.send(EventKind.BUTTON, payload='/pick_time{"moment":"now"}')
    assert not talk.of(BookCallback), "a second press books no second call"


@pytest.mark.parametrize("phone", ["+48600100200", "48600100200"])
def test_a_shared_number_is_understood_with_and_without_its_plus(begin: Begin, phone: str) -> None:
    talk = begin()
    talk.say("zadzwońcie do mnie")
    talk.send(EventKind.PHONE, phone=phone)
    talk.press("Teraz")
    assert talk.the(BookCallback).phone == "+48600100200"


@pytest.mark.parametrize("text", ["ukradli mi kartę", "украли карту", "my card was stolen"])
@pytest.mark.parametrize("before", ["mam pomysł", "chcę złożyć reklamację", "zadzwońcie do mnie"])
def test_danger_is_heard_in_the_middle_of_anything(begin: Begin, before: str, text: str) -> None:
    talk = begin()
    talk.say(before)
    talk.say(text)
    assert talk.the(RequestAgent).priority is Priority.URGENT
    assert not talk.of(OpenTicket)


@pytest.mark.parametrize("text", ["anuluj", "cancel", "nie, już nieważne", "dziękuję", "do widzenia"])
def test_what_is_no_story_opens_no_complaint(begin: Begin, text: str) -> None:
    talk = begin()
    talk.say("chcę złożyć reklamację")
    talk.say(text)
    assert not talk.of(OpenTicket)


@pytest.mark.parametrize("kind", [EventKind.START, EventKind.ATTACHMENT, EventKind.PHONE])
@pytest.mark.parametrize("before", ["chcę złożyć reklamację", "mam pomysł"])
def test_what_is_not_words_is_not_taken_down(begin: Begin, before: str, kind: EventKind) -> None:
    talk = begin()
    talk.say(before)
    talk.send(kind, phone="+48600100200" if kind is EventKind.PHONE else "")
    assert not talk.of(OpenTicket)


def test_a_question_leaves_the_idea_that_was_asked_for(begin: Begin) -> None:
    talk = begin()
    talk.say("mam pomysł")
    talk.say("anuluj")
    talk.say("gdzie jest mój przelew, miał być wczoraj")
    assert not talk.of(OpenTicket)
    assert talk.result.outcome == "answer"


def test_a_long_conversation_forgets_no_form(begin: Begin) -> None:
    talk = begin()
    talk.say("zadzwońcie do mnie")
    for question in ["jak zmienić pin do karty", "ile kosztuje prowadzenie konta", "jak sprawdzić numer konta"] * 5:
        talk.say(question)
        assert talk.result.outcome == "answer"
    talk.say("600 100 200")
    talk.press("Teraz")
    assert talk.the(BookCallback).phone == "+48600100200"


def test_the_first_words_decide_the_language_also_after_a_start(begin: Begin) -> None:
    talk = begin()
    talk.send(EventKind.START)
    talk.say("lost card")
    assert talk.language == "en"


def test_who_swears_politely_gets_a_person(begin: Begin) -> None:
    talk = begin()
    talk.say("dziękuję kurwa bardzo")
    assert talk.of(RequestAgent)


def test_a_file_with_words_that_say_nothing_gets_a_person(begin: Begin) -> None:
    talk = begin()
    talk.send(EventKind.ATTACHMENT, text="zobaczcie to")
    assert talk.the(RequestAgent).reason is Reason.ATTACHMENT


def test_the_truth_about_the_queue(begin: Begin) -> None:
    talk = begin(
        queue={("service", Priority.NORMAL): 2, ("service", Priority.URGENT): 1, ("cards", Priority.NORMAL): 5}
    )
    assert "przed Tobą: 3" in talk.say("chcę rozmawiać z człowiekiem")
    talk = begin(queue={("security", Priority.NORMAL): 2})
    assert "Nikt nie czeka przed Tobą" in talk.say("ukradli mi kartę")


def test_a_broken_action_is_an_error_and_not_silence(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr("actions.request_agent.fetch_person", broken)
    with pytest.raises(ZeroDivisionError):
        begin().say("chcę rozmawiać z człowiekiem")
