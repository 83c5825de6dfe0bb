"""`okienko serve`, `web`, `worker`, `migrate`: the service and its parts."""

import argparse
import asyncio
import fcntl
import logging
import os
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from bot.errors import UserMistake
from bot.logs import set_up_logs
from bot.nlu.registry import Registry
from bot.settings import Settings, load_settings
from bot.types.desk import Role

if TYPE_CHECKING:
    from bot.company import Company

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

log = logging.getLogger(__name__)

DEMO_LOGIN = "anna"
DEMO_NAME = "Anna Nowak"


def register(subparsers: "Subparsers") -> None:
    """Adds the commands."""
    serve = subparsers.add_parser("serve", help="the whole product on this machine")
    serve.add_argument("--demo", action="store_true", help="with demo pages and an agent's login")
    _address(serve)
    serve.set_defaults(run=run_serve)
    web = subparsers.add_parser("web", help="the web process alone (needs OKIENKO_REDIS_URL)")
    web.add_argument("--demo", action="store_true", help="with demo pages")
    _address(web)
    web.set_defaults(run=run_web_alone)
    worker = subparsers.add_parser("worker", help="one worker alone (needs OKIENKO_REDIS_URL)")
    worker.set_defaults(run=run_worker_alone)
    migrating = subparsers.add_parser("migrate", help="bring the database's schema up to date")
    migrating.set_defaults(run=run_migrate)


def _address(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", metavar="H", help="default 127.0.0.1")
    parser.add_argument("--port", type=_port, default=8080, metavar="P", help="default 8080")


def _port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"'{text}' is not a port: use a number from 1 to 65535")
    return int(text)


def run_serve(arguments: argparse.Namespace) -> int:
    """Starts the web process first, so that it answers at once; the rest follows while it comes up."""
    from bot.supervisor import Supervisor, check_port, listens, part_of_us, valkey_part

    settings = load_settings()
    set_up_logs(settings)
    _check_model(settings)
    check_port(arguments.host, arguments.port)
    var = settings.var_dir.resolve()
    try:
        var.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserMistake(f"the folder {var} (OKIENKO_VAR) cannot be made: {error.strerror}") from None
    alone = _alone(var)
    url = settings.effective_database_url()
    environment = dict(os.environ) | {"OKIENKO_DATABASE_URL": url}
    first = []
    if not settings.redis_url:
        valkey, environment["OKIENKO_REDIS_URL"] = valkey_part(var)
        first.append(valkey)
    demo = ["--demo"] if arguments.demo else []
    where = ("--host", arguments.host, "--port", str(arguments.port))
    first.append(part_of_us("web", "web", *demo, *where, environment=environment))
    workers = [part_of_us(f"worker-{n + 1}", "worker", environment=environment) for n in range(settings.workers)]

    async def prepare() -> None:
        from bot.company import load_company  # while the web process comes up
        from bot.storage.migrate import migrate

        await asyncio.to_thread(migrate, url)
        # the web process has read and checked the company's files by then, so that a mistake in them is told once
        await listens(arguments.host, arguments.port)
        company = load_company(settings.home / "okienko.yml")
        login = await asyncio.to_thread(_first_accounts, settings, company, demo=arguments.demo)
        _welcome(arguments, company, login)

    with alone:
        return asyncio.run(Supervisor(first, workers, prepare).run())


def _alone(var: Path) -> IO[str]:
    """A lock on the folder, held while the file is open: two services on it would share one Valkey's socket."""
    lock = (var / "serve.lock").open("w", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise UserMistake(f"another 'okienko serve' works in {var}; give this one a folder with OKIENKO_VAR") from None
    return lock


def run_web_alone(arguments: argparse.Namespace) -> int:
    """The web process."""
    from bot.supervisor import check_port
    from bot.web import run_web

    settings = load_settings()
    set_up_logs(settings)
    _need_redis(settings)
    check_port(arguments.host, arguments.port)
    run_web(settings, arguments.host, arguments.port, demo=arguments.demo)
    return 0


def run_worker_alone(_arguments: argparse.Namespace) -> int:
    """A worker."""
    from bot.worker import run_worker

    settings = load_settings()
    set_up_logs(settings)
    _need_redis(settings)
    _check_model(settings)
    run_worker(settings)
    return 0


def run_migrate(_arguments: argparse.Namespace) -> int:
    """The schema."""
    from bot.storage.migrate import migrate

    settings = load_settings()
    migrate(settings.effective_database_url())
    print("the database's schema is up to date")
    return 0


def _need_redis(settings: Settings) -> None:
    if not settings.redis_url:
        raise UserMistake(
            "OKIENKO_REDIS_URL is missing: parts that run one by one meet there ('okienko serve' brings its own)"
        )


def _check_model(settings: Settings) -> None:
    if Registry(settings.home / "models").current() is None:
        raise UserMistake(f"there is no model in {settings.home / 'models'}: run 'okienko train' first")


def _first_accounts(settings: Settings, company: "Company", *, demo: bool) -> tuple[str, str] | None:
    """Makes the admin's account if there is none and a password is given, and the demo's agent. The demo's login."""
    from bot.storage import accounts
    from bot.storage.database import open_database
    from handoff.console.passwords import hash_password

    database = open_database(settings.effective_database_url())
    now = datetime.now(UTC)
    admin = settings.admin_password.get_secret_value()
    try:
        known = database.read_now(lambda tx: accounts.logins(tx.connection))
        if admin and not known - {DEMO_LOGIN}:
            made = hash_password(admin)
            database.write_now(
                lambda tx: accounts.add_agent(tx.connection, "admin", "Admin", Role.ADMIN, (), made, now)
            )
        if not demo:
            return None
        password = _demo_password(settings.var_dir / "demo-password")
        made_demo, teams = hash_password(password), tuple(company.teams)
        if DEMO_LOGIN not in known:
            database.write_now(
                lambda tx: accounts.add_agent(tx.connection, DEMO_LOGIN, DEMO_NAME, Role.LEAD, teams, made_demo, now)
            )
        else:  # the file may be newer than the account; somebody else's account of that login is left alone
            database.write_now(lambda tx: accounts.set_password(tx.connection, DEMO_LOGIN, DEMO_NAME, made_demo))
        return DEMO_LOGIN, password
    finally:
        database.close()


def _demo_password(path: Path) -> str:
    """The demo agent's password: made once, kept beside the embedded database."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(9) + "\n", encoding="utf-8")
    return path.read_text(encoding="utf-8").strip()


def _welcome(arguments: argparse.Namespace, company: "Company", login: tuple[str, str] | None) -> None:
    address = f"http://{'[' + arguments.host + ']' if ':' in arguments.host else arguments.host}:{arguments.port}"
    lines = [f"Okienko for {company.name} starts; the assistant answers in about 20 seconds.", ""]
    if login is not None:
        lines.append(f"  Start here          {address}/")
        lines += [f"  {brand.name:<18}  {address}/demo/{key}" for key, brand in company.brands.items()]
    lines.append(f"  Agents' console     {address}/console")
    if login is not None:
        lines.append(f"  Agent's login       {login[0]}   password {login[1]}")
    lines += [f"  Is it ready?        {address}/readyz", "", "Ctrl-C stops it."]
    print("\n".join(lines), flush=True)
