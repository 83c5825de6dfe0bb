"""What the assistant does with a message, decided from what it understood: triage, then topic."""

from bot.types.understanding import Action, Thresholds, Understanding

_ACTIONS = {
    "idea": Action.IDEA,
    "complaint": Action.COMPLAINT,
    "human": Action.HANDOFF,
    "callback": Action.CALLBACK,
    "greet": Action.SMALLTALK,
    "thanks": Action.SMALLTALK,
    "bye": Action.SMALLTALK,
    "affirm": Action.SMALLTALK,
    "deny": Action.SMALLTALK,
    "other": Action.SMALLTALK,
}


def decide(u: Understanding, t: Thresholds) -> Action:
    """The action for a message: nothing is done on an uncertain intent, nothing is answered on an uncertain topic."""
    if u.intent_confidence < t.intent:
        return Action.CLARIFY
    if u.intent == "question":
        certain = u.topic is not None and u.topic_confidence >= t.topic
        return Action.ANSWER if certain else Action.CLARIFY
    return _ACTIONS.get(u.intent, Action.CLARIFY)
