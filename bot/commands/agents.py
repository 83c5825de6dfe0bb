"""`okienko agent add`: accounts of the desk."""

import argparse
import getpass
import re
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.company import load_company
from bot.errors import Conflict, UserMistake
from bot.settings import load_settings
from bot.storage import accounts
from bot.storage.console import connection_of
from bot.storage.database import open_database
from bot.storage.migrate import migrate
from bot.types.desk import Role
from handoff.console.passwords import LONGEST, SHORTEST, hash_password

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")
LONGEST_NAME = 128


def register(subparsers: "Subparsers") -> None:
    """Adds `agent` to the command line."""
    verbs = subparsers.add_parser("agent", help="accounts of the desk").add_subparsers(dest="verb", required=True)
    add = verbs.add_parser("add", help="make an account; the password is prompted for, or read from stdin")
    add.add_argument("login", metavar="LOGIN")
    add.add_argument("--role", required=True, choices=[role.value for role in Role])
    add.add_argument("--team", action="append", default=[], metavar="T", help="may be given more than once")
    add.add_argument("--name", default="", metavar="N", help="customers see its first word; default: the login")
    add.set_defaults(run=add_agent)


def add_agent(arguments: argparse.Namespace) -> int:
    """Makes the account; `UserMistake` says what is wrong with the input."""
    settings = load_settings()
    company = load_company(settings.home / "okienko.yml")
    login = arguments.login.strip().lower()
    if not LOGIN.fullmatch(login):
        raise UserMistake(f"login '{arguments.login}': use up to 64 of a-z 0-9 . _ @ + - (not a sign first)")
    name = " ".join(arguments.name.split()) or login
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise UserMistake(f"--name: use up to {LONGEST_NAME} printable characters")
    for team in arguments.team:
        if team not in company.teams:
            raise UserMistake(f"--team: there is no team '{team}'; okienko.yml has {', '.join(company.teams)}")
    password_hash = hash_password(read_password())
    url = settings.effective_database_url()
    migrate(url)
    database = open_database(url)
    role, now = Role(arguments.role), datetime.now(UTC)
    try:
        database.write_now(
            lambda tx: accounts.add_agent(connection_of(tx), login, name, role, arguments.team, password_hash, now)
        )
    except Conflict as conflict:
        raise UserMistake(conflict.message) from None
    finally:
        database.close()
    print(f"agent {login} ({role.value}) added")
    return 0


def read_password() -> str:
    """The password, asked for twice at a terminal, else the first line of stdin."""
    if sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if getpass.getpass("Again: ") != password:
            raise UserMistake("the two passwords differ")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if not SHORTEST <= len(password) <= LONGEST:
        raise UserMistake(f"the password must have {SHORTEST} to {LONGEST} characters")
    return password
