"""A complaint's ticket: taken down once, with its legal deadline, and added to while it is open."""

from rasa_sdk.executor import CollectingDispatcher

from actions.scope import Scope
from actions.when_text import date_text
from bot.types.desk import TicketKind
from bot.types.effects import AddToTicket, OpenTicket
from handoff.deadlines import due_on
from handoff.reference import new_reference


def open_or_extend(
    turn: Scope, dispatcher: CollectingDispatcher, topic: str | None, text: str, *, sympathy: bool = True
) -> bool:
    """Takes the complaint down, or adds to the one whose customer waits for a person already; True if it is new."""
    known = turn.work.open_ticket
    if known is not None and turn.waiting:
        turn.effects.append(AddToTicket(known.reference, text))
        turn.say(dispatcher, turn.text("complaint.added", reference=known.reference))
        return False
    due = due_on(turn.company, topic, turn.now)
    reference = new_reference("R", turn.now.astimezone(turn.company.zone).year)
    turn.effects.append(OpenTicket(reference, TicketKind.COMPLAINT, text, turn.topic_team(topic), topic, due))
    taken = turn.text("complaint.taken", reference=reference, date=date_text(turn, due))
    turn.say(dispatcher, f"{turn.text('complaint.sorry')} {taken}" if sympathy else taken)
    return True
