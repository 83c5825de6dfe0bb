"""What the database tells of the service's health."""

from datetime import datetime

from prometheus_client import Gauge
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import StoreAway
from bot.storage.migrate import is_current
from bot.storage.schema import assignments, deliveries, pending, workers

DATABASE_ERRORS = (SQLAlchemyError, StoreAway)

WAITING_TURNS = Gauge("okienko_waiting_turns", "Customers' messages that wait for their turns")
WAITING_DELIVERIES = Gauge("okienko_waiting_deliveries", "Messages that wait in the outbox")
WAITING_CUSTOMERS = Gauge("okienko_waiting_customers", "Conversations in the queue")
WORKERS = Gauge("okienko_workers", "Workers with a model that were seen lately")


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
    """Sets the gauges."""
    undelivered = deliveries.c.state.in_(("stored", "sending"))
    WAITING_TURNS.set(connection.execute(select(func.count()).select_from(pending)).scalar_one())
    WAITING_DELIVERIES.set(connection.execute(select(func.count()).where(undelivered)).scalar_one())
    in_queue = (assignments.c.closed_at.is_(None), assignments.c.agent_id.is_(None))
    WAITING_CUSTOMERS.set(connection.execute(select(func.count()).where(*in_queue)).scalar_one())
    WORKERS.set(_workers(connection, since))
