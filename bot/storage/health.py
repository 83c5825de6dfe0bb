"""What the database tells of the service's health."""

from datetime import datetime
from math import nan

from prometheus_client import Gauge
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import StoreAway
from bot.storage.migrate import is_current
from bot.storage.schema import assignments, deliveries, pending, turns, workers

DATABASE_ERRORS = (SQLAlchemyError, StoreAway)

WAITING_TURNS = Gauge("okienko_waiting_turns", "Customers' messages that wait for their turns")
WAITING_DELIVERIES = Gauge("okienko_waiting_deliveries", "Messages that wait in the outbox")
WAITING_CUSTOMERS = Gauge("okienko_waiting_customers", "Conversations in the queue")
WORKERS = Gauge("okienko_workers", "Workers with a model that were seen lately")
TURNS_DONE = Gauge("okienko_turns_done", "Turns that were ever done, by outcome", ["outcome"])
TURNS_REPEATED = Gauge("okienko_turns_repeated", "Attempts at turns beyond the first ones")
DATABASE = Gauge("okienko_database", "1 if the database answered; if it is 0, the other gauges are unknown")


def missing(connection: Connection, since: datetime) -> list[str]:
    """What is not there yet: "schema", "worker". Empty when the service is ready."""
    if not is_current(connection):
        return ["schema"]
    return [] if _workers(connection, since) else ["worker"]


def _workers(connection: Connection, since: datetime) -> int:
    return connection.execute(
        select(func.count()).where(workers.c.seen_at >= since, workers.c.model != "")
    ).scalar_one()


def measure(connection: Connection, since: datetime) -> None:
    """Sets the gauges. Turns run in the workers, which serve no metrics: the turns' own rows tell of them."""
    undelivered = deliveries.c.state.in_(("stored", "sending"))
    WAITING_TURNS.set(connection.execute(select(func.count()).select_from(pending)).scalar_one())
    WAITING_DELIVERIES.set(connection.execute(select(func.count()).where(undelivered)).scalar_one())
    in_queue = (assignments.c.closed_at.is_(None), assignments.c.agent_id.is_(None))
    WAITING_CUSTOMERS.set(connection.execute(select(func.count()).where(*in_queue)).scalar_one())
    WORKERS.set(_workers(connection, since))
    attempts = func.sum(turns.c.attempts)
    done = connection.execute(select(turns.c.outcome, func.count(), attempts).group_by(turns.c.outcome)).all()
    for outcome, count, _ in done:
        TURNS_DONE.labels(outcome).set(count)
    TURNS_REPEATED.set(sum(tried - count for _, count, tried in done))
    DATABASE.set(1)


def unknown() -> None:
    """Sets the gauges where the database does not answer: no number is better than an old one."""
    DATABASE.set(0)
    TURNS_DONE.clear()
    for gauge in (WAITING_TURNS, WAITING_DELIVERIES, WAITING_CUSTOMERS, WORKERS, TURNS_REPEATED):
        gauge.set(nan)
