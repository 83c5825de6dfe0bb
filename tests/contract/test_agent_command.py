"""`okienko agent add`."""

import argparse
import asyncio
import io
from pathlib import Path

import pytest

from bot.commands.agents import register
from bot.errors import UserMistake
from bot.storage.accounts import credentials
from bot.storage.console import connection_of
from bot.storage.database import open_database
from bot.types.desk import Role
from handoff.console.passwords import is_right

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def environment(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("OKIENKO_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("OKIENKO_HOME", str(ROOT))
    return sqlite_url


def run(monkeypatch: pytest.MonkeyPatch, stdin: str, *words: str) -> int:
    parser = argparse.ArgumentParser()
    register(parser.add_subparsers())
    monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
    arguments = parser.parse_args(["agent", "add", *words])
    return int(arguments.run(arguments))


def test_an_account_is_made(
    environment: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["Anna", "--role", "lead", "--team", "cards", "--team", "loans", "--name", "Anna  Nowak"]
    assert run(monkeypatch, "correct horse\n", *words) == 0
    database = open_database(environment)
    found = database.read_now(lambda tx: credentials(connection_of(tx), "anna"))
    database.close()
    assert found is not None
    agent, stored = found
    assert (agent.login, agent.name, agent.role, agent.teams) == ("anna", "Anna Nowak", Role.LEAD, ("cards", "loans"))
    assert asyncio.run(is_right("correct horse", stored))
    assert not asyncio.run(is_right("correct hors", stored))
    assert "correct horse" not in stored + "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("stdin", "words", "message"),
    [
        ("correct horse\n", ["a b", "--role", "agent"], "login"),
        ("correct horse\n", ["x" * 65, "--role", "agent"], "login"),
        ("correct horse\n", ["ola", "--role", "agent", "--team", "poets"], "poets"),
        ("correct horse\n", ["ola", "--role", "agent", "--name", "x" * 129], "name"),
        ("short\n", ["ola", "--role", "agent"], "password"),
        ("", ["ola", "--role", "agent"], "password"),
        ("x" * 300, ["ola", "--role", "agent"], "password"),
    ],
)
def test_a_mistake_is_one_clear_line(
    environment: str, monkeypatch: pytest.MonkeyPatch, stdin: str, words: list[str], message: str
) -> None:
    with pytest.raises(UserMistake, match=message) as caught:
        run(monkeypatch, stdin, *words)
    assert "\n" not in caught.value.message


def test_a_login_is_given_once(environment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, "correct horse\n", "anna", "--role", "agent")
    with pytest.raises(UserMistake, match="anna"):
        run(monkeypatch, "correct horse\n", "ANNA", "--role", "agent")
