"""Rows of the desk: holders, assignments, agents, callbacks."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, update

from bot.errors import NotFound
from bot.storage.rows import Rows
from bot.storage.schema import agent_teams, agents, assignments, callback_attempts, callbacks, conversations
from bot.types.conversation import Holder, Status
from bot.types.desk import Agent, Assignment, Callback, CallbackStatus, CallOutcome, Priority, Reason, Role
from bot.types.languages import Language


class DeskRows(Rows):
    """Implements `ports.DeskTx`."""

    def set_holder(
        self, conversation_id: int, holder: Holder, *, agent_id: int | None = None, team: str | None = None
    ) -> None:
        """Changes the holder and raises the fence."""
        self.connection.execute(
            update(conversations)
            .where(conversations.c.id == conversation_id)
            .values(holder=holder.value, agent_id=agent_id, team=team, fence=conversations.c.fence + 1)
        )

    def set_status(self, conversation_id: int, status: Status) -> None:
        """Open or resolved."""
        self._set(conversation_id, status=status.value)

    def set_language(self, conversation_id: int, language: Language) -> None:
        """The language that the customer is answered in."""
        self._set(conversation_id, language=language)

    def open_assignment(self, conversation_id: int) -> Assignment | None:
        """The one open assignment, if any."""
        row = self.connection.execute(
            select(assignments).where(
                assignments.c.conversation_id == conversation_id, assignments.c.closed_at.is_(None)
            )
        ).one_or_none()
        if row is None:
            return None
        return Assignment(
            id=row.id,
            conversation_id=row.conversation_id,
            team=row.team,
            priority=Priority(row.priority),
            reason=Reason(row.reason),
            opened_at=row.opened_at,
            agent_id=row.agent_id,
            claimed_at=row.claimed_at,
        )

    def add_assignment(
        self,
        conversation_id: int,
        team: str,
        priority: Priority,
        reason: Reason,
        topic: str | None,
        now: datetime,
    ) -> int:
        """Opens one; the schema refuses a second."""
        return self._insert(
            assignments,
            conversation_id=conversation_id,
            team=team,
            priority=int(priority),
            reason=reason.value,
            topic=topic,
            opened_at=now,
        )

    def change_assignment(
        self,
        assignment_id: int,
        *,
        team: str | None = None,
        priority: Priority | None = None,
        agent_id: int | None = None,
        claimed_at: datetime | None = None,
        release: bool = False,
    ) -> None:
        """Changes what is given; `release` takes the agent off."""
        given = {"team": team, "priority": priority, "agent_id": agent_id, "claimed_at": claimed_at}
        values: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        if release:
            values |= {"agent_id": None, "claimed_at": None}
        if values:
            self.connection.execute(update(assignments).where(assignments.c.id == assignment_id).values(**values))

    def close_assignment(self, assignment_id: int, result: str, now: datetime) -> None:
        """Ends it: resolved, returned."""
        self.connection.execute(
            update(assignments).where(assignments.c.id == assignment_id).values(closed_at=now, result=result)
        )

    def agent(self, agent_id: int) -> Agent:
        """Raises NotFound."""
        row = self.connection.execute(select(agents).where(agents.c.id == agent_id)).one_or_none()
        if row is None:
            raise NotFound(f"there is no agent {agent_id}")
        return self._agent(row)

    def agent_by_login(self, login: str) -> Agent | None:
        """The account of that login, if there is one and it is not disabled."""
        row = self.connection.execute(
            select(agents).where(agents.c.login == login, agents.c.disabled.is_(False))
        ).one_or_none()
        return None if row is None else self._agent(row)

    def callback(self, callback_id: int) -> Callback:
        """Raises NotFound. Locked until the commit."""
        row = self.connection.execute(
            select(callbacks).where(callbacks.c.id == callback_id).with_for_update()
        ).one_or_none()
        if row is None:
            raise NotFound(f"there is no callback {callback_id}")
        return Callback(
            id=row.id,
            reference=row.reference,
            conversation_id=row.conversation_id,
            phone=row.phone,
            team=row.team,
            due_at=row.due_at,
            code=row.code,
            status=CallbackStatus(row.status),
            language=row.language,
            topic=row.topic,
        )

    def add_attempt(self, callback_id: int, agent_id: int, outcome: CallOutcome, note: str, now: datetime) -> int:
        """Logs an attempt to call; the number of attempts so far."""
        self._insert(
            callback_attempts, callback_id=callback_id, agent_id=agent_id, outcome=outcome.value, note=note, at=now
        )
        return self.connection.execute(
            select(func.count()).where(callback_attempts.c.callback_id == callback_id)
        ).scalar_one()

    def set_callback(self, callback_id: int, status: CallbackStatus, due_at: datetime | None = None) -> None:
        """Changes a callback's status and, where given, its time."""
        values: dict[str, Any] = {"status": status.value}
        if due_at is not None:
            values["due_at"] = due_at
        self.connection.execute(update(callbacks).where(callbacks.c.id == callback_id).values(**values))

    def _set(self, conversation_id: int, **values: Any) -> None:
        self.connection.execute(update(conversations).where(conversations.c.id == conversation_id).values(**values))

    def _agent(self, row: Row[Any]) -> Agent:
        teams = self.connection.execute(
            select(agent_teams.c.team).where(agent_teams.c.agent_id == row.id).order_by(agent_teams.c.team)
        )
        return Agent(row.id, row.login, row.name, Role(row.role), tuple(teams.scalars()))
