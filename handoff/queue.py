"""The order in which waiting customers are served."""

from datetime import datetime

from bot.types.desk import Assignment, Priority


def order_key(waiting: Assignment) -> tuple[Priority, datetime, int]:
    """Sorts waiting assignments: the most urgent first, then whoever has waited longest."""
    return waiting.priority, waiting.opened_at, waiting.id
