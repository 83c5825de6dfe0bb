"""Accounts of the desk: agents, their teams, and the tokens of those who are logged in.

Passwords and tokens arrive here hashed; neither is ever stored as it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Select, delete, insert, select, update

from bot.errors import Conflict
from bot.storage.schema import agent_teams, agents, tokens
from bot.types.desk import Agent, Role


def add_agent(
    connection: Connection, login: str, name: str, role: Role, teams: Iterable[str], password_hash: str, now: datetime
) -> int:
    """Stores an account; its id. Raises Conflict `login_taken`."""
    taken = connection.execute(select(agents.c.id).where(agents.c.login == login)).one_or_none()
    if taken is not None:
        raise Conflict(f"there is already an account '{login}'", code="login_taken")
    values = {"login": login, "name": name, "role": role.value, "password_hash": password_hash, "created_at": now}
    agent_id: int = connection.execute(insert(agents).values(**values).returning(agents.c.id)).scalar_one()
    rows = [{"agent_id": agent_id, "team": team} for team in sorted(set(teams))]
    if rows:
        connection.execute(insert(agent_teams), rows)
    return agent_id


def set_password(connection: Connection, login: str, name: str, password_hash: str) -> None:
    """Changes the password of the account with this login, if it has this name too."""
    ours = (agents.c.login == login, agents.c.name == name)
    connection.execute(update(agents).where(*ours).values(password_hash=password_hash))


def logins(connection: Connection) -> frozenset[str]:
    """The logins of all accounts, disabled ones included."""
    return frozenset(connection.execute(select(agents.c.login)).scalars())


def agents_by_id(connection: Connection, ids: Iterable[int | None]) -> Mapping[int, Agent]:
    """The accounts with these ids (None is passed over), in two queries whatever their number."""
    wanted = sorted({agent_id for agent_id in ids if agent_id is not None})
    if not wanted:
        return {}
    found = _agents(connection, select(agents).where(agents.c.id.in_(wanted)))
    return {agent.id: agent for agent in found}


def credentials(connection: Connection, login: str) -> tuple[Agent, str] | None:
    """The account of that login with its password's hash; None where there is none or it is disabled."""
    query = select(agents).where(agents.c.login == login, agents.c.disabled.is_(False))
    found = _agents(connection, query)
    if not found:
        return None
    return found[0], connection.execute(query.with_only_columns(agents.c.password_hash)).scalar_one()


def add_token(connection: Connection, token_hash: str, agent_id: int, expires_at: datetime, now: datetime) -> None:
    """Stores a login; those that have expired are dropped on the way."""
    connection.execute(delete(tokens).where(tokens.c.expires_at <= now))
    connection.execute(insert(tokens).values(hash=token_hash, agent_id=agent_id, expires_at=expires_at))


def drop_token(connection: Connection, token_hash: str) -> None:
    """Ends a login."""
    connection.execute(delete(tokens).where(tokens.c.hash == token_hash))


def agent_of_token(connection: Connection, token_hash: str, now: datetime) -> Agent | None:
    """Who is logged in with the token; None if it is unknown, has expired, or the account is disabled."""
    query = (
        select(agents)
        .join(tokens, tokens.c.agent_id == agents.c.id)
        .where(tokens.c.hash == token_hash, tokens.c.expires_at > now, agents.c.disabled.is_(False))
    )
    found = _agents(connection, query)
    return found[0] if found else None


def _agents(connection: Connection, query: Select[tuple[object, ...]]) -> Sequence[Agent]:
    rows = connection.execute(query).all()
    teams: dict[int, list[str]] = {row.id: [] for row in rows}
    memberships = select(agent_teams).where(agent_teams.c.agent_id.in_(list(teams))).order_by(agent_teams.c.team)
    for row in connection.execute(memberships) if rows else ():
        teams[row.agent_id].append(row.team)
    return [Agent(row.id, row.login, row.name, Role(row.role), tuple(teams[row.id])) for row in rows]
