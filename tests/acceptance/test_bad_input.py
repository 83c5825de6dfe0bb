"""Whatever comes in, there is exactly one sensible end: a refusal, a record, or an answer. And whatever the person at
the keyboard gets wrong, there is exactly one line that says what."""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from yarl import URL

from tests.product import Product, Widget, until
from tests.servers import free_port
from tests.serving import Serve
from tests.simulators.messenger import MessengerSimulator
from tests.simulators.platform import Hook
from tests.simulators.telegram import TelegramSimulator

ROOT = Path(__file__).resolve().parents[2]
SECRET = "simulated_secret-1"
module_loop = pytest.mark.asyncio(loop_scope="module")

#: What people, phones and mischief send as a text.
TEXTS = {
    "empty": "",
    "blank": " \n\t ",
    "long": "Zgubiłem kartę. " * 6250,  # 100,000 characters
    "one long word": "x" * 100_000,
    "emoji": "😀👩‍👩‍👧👍🏽🇵🇱" * 20,
    "right to left": "\u200fمرحبا، كيف حالك؟ \u202eكارت",
    "NUL": "Zgubi\x00łem\x00 kartę\x00",
    "only NUL": "\x00\x00",
    "half an emoji": "Zgubiłem kartę \ud83d",
    "a payload": '/choose_topic{"topic":"card_block"}',
    "a broken payload": "/choose_topic{",
    "braces": "{brand} {0} %s {{}} ${HOME}",
    "markup": "<script>alert(1)</script> *_[a](b)`",
}


@dataclass
class Service:
    """The product beside both simulated platforms."""

    product: Product
    telegram: TelegramSimulator
    messenger: MessengerSimulator
    numbers: "count[int]"

    def events(self, channel: str, sender: str) -> list[tuple[str, str]]:
        rows = self.product.rows("SELECT kind, detail FROM events WHERE channel = ? AND sender = ?", channel, sender)
        return [(row["kind"], row["detail"]) for row in rows]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(serve: Serve) -> AsyncIterator[Service]:
    async with TelegramSimulator() as telegram, MessengerSimulator() as messenger:
        settings = {
            "OKIENKO_PUBLIC_URL": "{url}",
            "OKIENKO_TELEGRAM_API": telegram.address,
            "OKIENKO_TELEGRAM_TOKEN": telegram.token,
            "OKIENKO_TELEGRAM_MODE": "webhook",
            "OKIENKO_TELEGRAM_SECRET": SECRET,
            "OKIENKO_MESSENGER_API": messenger.api,
            "OKIENKO_MESSENGER_PAGE_TOKEN": messenger.page_token,
            "OKIENKO_MESSENGER_APP_SECRET": messenger.app_secret,
            "OKIENKO_MESSENGER_VERIFY_TOKEN": messenger.verify_token,
        }
        async with serve(**settings) as product:
            messenger.webhook_url = f"{product.url}/channels/messenger/webhook"
            await product.ready()
            await telegram.wait_until(lambda: bool(telegram.webhook_url), "the announcement of the webhook")
            yield Service(product, telegram, messenger, count(7001))


async def to_telegram(service: Service, body: bytes, secret: str = SECRET) -> int:
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
    return await service.telegram.post(Hook(body, headers))


@module_loop
async def test_a_wrong_signature_is_refused(service: Service) -> None:
    body = json.dumps(service.messenger.payload_of(service.messenger.message_event("7000", text="Halo"))).encode()
    for signature in ("", "sha256=" + "0" * 64, "sha1=abc", service.messenger.signature(body + b" ")):
        assert await service.messenger.post_raw(body, signature) == 403
    update = json.dumps({"update_id": 1, "message": service.telegram.message_of(7000, text="Halo")}).encode()
    for secret in ("", "wrong", SECRET.upper()):
        assert await to_telegram(service, update, secret) == 403
    assert service.events("messenger", "7000") == service.events("telegram", "7000") == []


@module_loop
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"null", b"\xff\xfe", b"[" * 5000, b"1" * 5000])
async def test_what_is_no_json_object_is_malformed(service: Service, body: bytes) -> None:
    assert await service.messenger.post_raw(body) == 400
    assert await to_telegram(service, body) == 400


@module_loop
async def test_an_oversized_body_is_refused(service: Service) -> None:
    body = b'{"object": "page", "entry": [], "more": "' + b"x" * (1 << 20) + b'"}'
    assert await service.messenger.post_raw(body) == 413
    assert await to_telegram(service, body) == 413


@module_loop
async def test_unknown_events_are_taken_and_recorded(service: Service) -> None:
    sender = str(next(service.numbers))
    messenger, telegram = service.messenger, service.telegram
    strange = messenger.event(sender, quantum={"entangled": True})
    unread = messenger.event(sender, message={"mid": "m_strange", "is_deleted": True})
    assert await messenger.deliver(strange, unread) == 200
    assert [kind for kind, _ in service.events("messenger", sender)] == ["unsupported", "unsupported"]
    before = service.product.rows("SELECT max(id) AS id FROM events")[0]["id"]
    for fields in ({"quantum": {"entangled": True}}, {"message": {"no": "such"}}, {}):
        telegram._updates += 1
        assert await to_telegram(service, json.dumps({"update_id": telegram._updates, **fields}).encode()) == 200
    edited = telegram.message_of(int(sender), text="Halo", edit_date=1)
    assert await telegram.push(edited_message=edited)
    rows = service.product.rows("SELECT kind, detail FROM events WHERE id > ? ORDER BY id", before)
    assert [row["kind"] for row in rows] == ["unsupported"] * 4
    assert rows[-1]["detail"] == "edited_message"
    assert service.product.outcomes(sender) == []


@module_loop
@pytest.mark.parametrize("name", TEXTS)
async def test_any_text_over_the_widget_gets_its_answer(service: Service, name: str) -> None:
    session = uuid.uuid4().hex
    async with Widget(service.product.url, session=session) as widget:
        await widget.say(TEXTS[name])
        await widget.hear_messages(2)
        await widget.say("Zgubiłem kartę, co robić?")  # and the conversation goes on
        await until(lambda: has_turns(service, session, 2), "both turns")


async def has_turns(service: Service, sender: str, count: int) -> bool:
    return len(service.product.outcomes(sender)) == count


@module_loop
@pytest.mark.parametrize("name", TEXTS)
async def test_any_text_over_the_webhooks_gets_its_answer(service: Service, name: str) -> None:
    number = next(service.numbers)
    psid, text = str(number), TEXTS[name]
    update = {"update_id": number, "message": service.telegram.message_of(number, text=text)}
    event = service.messenger.message_event(psid, text=text)
    for _ in range(2):  # platforms repeat themselves
        assert await service.telegram.deliver(update) == 200
        assert await service.messenger.deliver(event) == 200
    await service.telegram.wait_for_messages(number, 2)
    if text:
        await service.messenger.wait_for_messages(psid, 2)
    else:  # Meta sends no empty texts: it is some novelty without words, and not answered
        assert [kind for kind, _ in service.events("messenger", psid)] == ["unsupported"]
    rows = service.product.rows(
        "SELECT conversations.channel, (SELECT count(*) FROM turns JOIN messages ON messages.id = message_id"
        " WHERE conversation_id = conversations.id) AS turns"
        " FROM conversations JOIN contacts ON contacts.id = contact_id WHERE external_id = ?",
        psid,
    )
    assert {row["channel"]: row["turns"] for row in rows} == {"telegram": 1} | ({"messenger": 1} if text else {})


@module_loop
@pytest.mark.parametrize(
    "frame",
    ["", "{", "[]", "null", '{"text": "Halo"}', '{"id": 7, "text": "Halo"}', '{"id": "a b", "text": "x"}',
     '{"id": "a", "text": 7}', '{"id": "a", "text": null}', "[" * 5000],
)  # fmt: skip
async def test_a_frame_that_cannot_be_read_is_told_so_and_the_socket_stays(service: Service, frame: str) -> None:
    session = uuid.uuid4().hex
    address = f"{service.product.url}/channels/webchat/ws?brand=modrzew&session={session}"
    async with aiohttp.ClientSession() as client, client.ws_connect(address) as socket:
        await socket.send_str(frame)
        told = await socket.receive_json()
        assert (told["type"], told["code"]) == ("error", "malformed")
        await socket.send_json({"id": "good", "text": "Halo"})
        assert (await socket.receive_json())["type"] == "ack"


@module_loop
@pytest.mark.parametrize(
    ("query", "status"),
    [("brand=nobody&session=s", 404), ("brand=modrzew", 400), ("brand=modrzew&session=a/b", 400),
     (f"brand=modrzew&session={'s' * 129}", 400), ("brand=modrzew&session=s&after=x", 400),
     ("brand=modrzew&session=s&after=-1", 400), (f"brand=modrzew&session=s&after={'9' * 30}", 400)],
)  # fmt: skip
async def test_a_widget_with_a_bad_address_is_refused(service: Service, query: str, status: int) -> None:
    address = f"{service.product.url}/channels/webchat/ws?{query}"
    async with aiohttp.ClientSession() as client, client.get(address) as response:
        assert response.status == status
        assert (await response.json())["error"]["code"]


@module_loop
async def test_a_frame_larger_than_any_message_ends_the_socket_and_nothing_else(service: Service) -> None:
    session = uuid.uuid4().hex
    address = f"{service.product.url}/channels/webchat/ws?brand=modrzew&session={session}"
    async with aiohttp.ClientSession() as client, client.ws_connect(address) as socket:
        await socket.send_json({"id": "big", "text": "x" * (2 << 20)})
        async with asyncio.timeout(30):
            closed = await socket.receive()
        assert closed.data == 1009  # message too big
    async with Widget(service.product.url, session=session) as widget:
        await widget.say("Halo")
        await widget.hear_messages(2)


@module_loop
async def test_a_flood_from_one_session_is_slowed_down_and_loses_nothing(service: Service) -> None:
    session = uuid.uuid4().hex
    address = f"{service.product.url}/channels/webchat/ws?brand=modrzew&session={session}"
    told: list[str] = []
    async with aiohttp.ClientSession() as client, client.ws_connect(address) as socket:
        for number in range(80):
            await socket.send_json({"id": f"m{number}", "text": "halo"})
        while len(told) < 80:
            frame = await socket.receive_json()
            told += [frame["id"]] if frame["type"] == "ack" else []
            told += [frame["code"]] if frame["type"] == "error" else []
    acked = [one for one in told if one != "too_many"]
    assert 0 < len(acked) < 80
    stored = service.product.rows("SELECT external_id FROM events WHERE sender = ?", session)
    assert sorted(row["external_id"].rpartition(":")[2] for row in stored) == sorted(acked)


@module_loop
async def test_unknown_paths_and_methods_are_not_errors_of_ours(service: Service) -> None:
    async with aiohttp.ClientSession() as client:
        for method, path, status in [
            ("GET", "/nothing", 404),
            ("POST", "/healthz", 405),
            ("GET", "/demo/nobody", 404),
            ("GET", "/demo/../okienko.yml", 404),
            ("GET", "/demo/static/..%2f..%2fwidget.js", 404),
            ("DELETE", "/channels/telegram/webhook", 405),
        ]:
            async with client.request(method, URL(service.product.url + path, encoded=True)) as response:
                assert response.status == status, path


@module_loop
async def test_a_second_service_on_the_same_folder_is_refused(service: Service) -> None:
    second = service.product.command("serve", "--port", str(free_port()))
    assert second.returncode == 2
    (line,) = second.stderr.strip().splitlines()
    assert "another 'okienko serve'" in line


@module_loop
async def test_at_the_end_the_ledger_balances(service: Service) -> None:
    await service.product.settled()
    ledger = service.product.audit()
    assert (ledger["status"], ledger["findings"]) == (0, [])


# ------------------------------------------------------------------ the command line


@dataclass
class Keyboard:
    """A company's folder, and somebody who runs `okienko` in it."""

    home: Path
    settings: dict[str, str]

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("OKIENKO_")}
        return subprocess.run(
            [sys.executable, "-m", "bot.cli", *arguments],
            cwd=ROOT, env=clean | self.settings | settings, capture_output=True, text=True, timeout=90, check=False,
        )  # fmt: skip

    def refuses(self, *arguments: str, **settings: str) -> str:
        """The one line that it says."""
        done = self.run(*arguments, **settings)
        assert done.returncode == 2, (done.stdout, done.stderr)
        assert done.stdout == ""
        (line,) = done.stderr.splitlines()
        assert line.startswith("okienko: ")
        assert "Traceback" not in line
        return line


@pytest.fixture
def keyboard(tmp_path: Path, models_dir: Path) -> Keyboard:
    home = tmp_path / "home"
    home.mkdir()
    shutil.copytree(ROOT / "data", home / "data")
    for name in ("okienko.yml", "config.yml", "domain.yml"):
        shutil.copyfile(ROOT / name, home / name)
    (home / "models").symlink_to(models_dir)
    settings = {"OKIENKO_HOME": str(home), "OKIENKO_VAR": str(tmp_path / "var")}
    return Keyboard(home, settings)


@pytest.fixture
def port() -> str:
    return str(free_port())


def test_a_missing_model_is_one_line(keyboard: Keyboard, port: str) -> None:
    (keyboard.home / "models").unlink()
    assert "okienko train" in keyboard.refuses("serve", "--port", port)
    assert "okienko train" in keyboard.refuses("worker", OKIENKO_REDIS_URL="redis://127.0.0.1:1/0")


def test_a_registry_without_its_archive_is_one_line(keyboard: Keyboard, port: str) -> None:
    (keyboard.home / "models").unlink()
    shutil.copytree(ROOT / "models", keyboard.home / "models", ignore=shutil.ignore_patterns("*.tar.gz"))
    assert "model" in keyboard.refuses("serve", "--port", port)


def test_a_broken_model_is_one_line(keyboard: Keyboard, port: str) -> None:
    (keyboard.home / "models").unlink()
    shutil.copytree(ROOT / "models", keyboard.home / "models")
    for archive in (keyboard.home / "models").glob("*.tar.gz"):
        archive.write_bytes(b"not an archive")
    done = keyboard.run("serve", "--port", port)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert [line for line in done.stderr.splitlines() if line.startswith("okienko: ")]


BREAKAGES: dict[str, tuple[str, Callable[[str], str], str]] = {
    "okienko.yml, YAML": ("okienko.yml", lambda text: text + "\n  : [", "line"),
    "okienko.yml, meaning": ("okienko.yml", lambda text: text.replace("default_team: service", "default_team: nobody"),
                             "nobody"),
    "okienko.yml, a misspelt key": ("okienko.yml", lambda text: text.replace("time_zone:", "timezone:"), "time"),
    "okienko.yml, empty": ("okienko.yml", lambda text: "", "okienko.yml"),
    "an FAQ file, YAML": ("data/faq/card_pin.yml", lambda text: text + "\n\t- : [", "line"),
    "an FAQ file, meaning": ("data/faq/card_pin.yml", lambda text: text.replace("answer:", "anwser:", 1), "card_pin"),
    "an FAQ file, a placeholder": ("data/faq/card_pin.yml", lambda text: text.replace("{app}", "{application}"),
                                   "application"),
    "the texts, YAML": ("data/texts/assistant.yml", lambda text: text + "\n}", "line"),
    "the texts, a language": ("data/texts/desk.yml", lambda text: text.replace("  ru:", "  xx:", 1), "ru"),
    "the signs of anger": ("data/anger.yml", lambda text: "[", "anger.yml"),
}  # fmt: skip


@pytest.mark.parametrize("name", BREAKAGES)
def test_a_broken_file_is_one_line_that_names_it(keyboard: Keyboard, port: str, name: str) -> None:
    path, breaks, word = BREAKAGES[name]
    file = keyboard.home / path
    broken = breaks(file.read_text(encoding="utf-8"))
    assert broken != file.read_text(encoding="utf-8")
    file.write_text(broken, encoding="utf-8")
    line = keyboard.refuses("serve", "--demo", "--port", port)
    assert Path(path).name in line
    assert word in line


def test_a_missing_file_is_one_line_that_names_it(keyboard: Keyboard, port: str) -> None:
    (keyboard.home / "okienko.yml").unlink()
    assert "okienko.yml" in keyboard.refuses("serve", "--port", port)


def test_a_busy_port_is_one_line(keyboard: Keyboard) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = str(taken.getsockname()[1])
        assert number in keyboard.refuses("serve", "--port", number)
        assert number in keyboard.refuses("web", "--port", number, OKIENKO_REDIS_URL="redis://127.0.0.1:1/0")


def test_a_host_that_is_not_ours_is_one_line(keyboard: Keyboard, port: str) -> None:
    assert "192.0.2.1" in keyboard.refuses("serve", "--host", "192.0.2.1", "--port", port)


REDIS = {"OKIENKO_REDIS_URL": "redis://127.0.0.1:1/0"}
UNREACHABLE = "postgresql://nobody@127.0.0.1:1/okienko"


@pytest.mark.parametrize(
    ("command", "setting", "value", "word"),
    [
        ("serve", "OKIENKO_TELEGRAMM_TOKEN", "x", "OKIENKO_TELEGRAMM_TOKEN"),
        ("web", "OKIENKO_TELEGRAMM_TOKEN", "x", "OKIENKO_TELEGRAMM_TOKEN"),
        ("worker", "OKIENKO_WORKERS", "many", "OKIENKO_WORKERS"),
        ("audit", "OKIENKO_DATABASE_URL", "mysql://host/db", "OKIENKO_DATABASE_URL"),
        ("serve", "OKIENKO_DATABASE_URL", "postgresql://host:port/db", "OKIENKO_DATABASE_URL"),
        ("serve", "OKIENKO_DATABASE_URL", UNREACHABLE, "127.0.0.1:1"),
        ("worker", "OKIENKO_DATABASE_URL", UNREACHABLE, "127.0.0.1:1"),
        ("migrate", "OKIENKO_DATABASE_URL", UNREACHABLE, "127.0.0.1:1"),
        ("audit", "OKIENKO_DATABASE_URL", UNREACHABLE, "127.0.0.1:1"),
        ("serve", "OKIENKO_DATABASE_URL", "sqlite:////proc/nowhere/okienko.db", "/proc/nowhere"),
        ("web", "OKIENKO_DATABASE_URL", "sqlite:////proc/nowhere/okienko.db", "/proc/nowhere"),
        ("audit", "OKIENKO_DATABASE_URL", "sqlite:////proc/nowhere/okienko.db", "/proc/nowhere"),
        ("serve", "OKIENKO_VAR", "/proc/nowhere", "/proc/nowhere"),
        ("web", "OKIENKO_REDIS_URL", "", "OKIENKO_REDIS_URL"),
        ("worker", "OKIENKO_REDIS_URL", "", "OKIENKO_REDIS_URL"),
        ("serve", "OKIENKO_TELEGRAM_TOKEN", "not-a-token", "OKIENKO_TELEGRAM_TOKEN"),
        ("serve", "OKIENKO_MESSENGER_PAGE_TOKEN", "alone", "OKIENKO_MESSENGER_APP_SECRET"),
    ],
)
def test_a_bad_setting_is_one_line_that_names_it(
    keyboard: Keyboard, port: str, command: str, setting: str, value: str, word: str
) -> None:
    where = ("--port", port) if command in ("serve", "web") else ()
    more = REDIS if command in ("web", "worker") else {}
    assert word in keyboard.refuses(command, *where, **more | {setting: value})


def test_secrets_are_not_told(keyboard: Keyboard) -> None:
    line = keyboard.refuses("migrate", OKIENKO_DATABASE_URL="postgresql://u:hunter2@127.0.0.1:1/okienko")
    assert "hunter2" not in line
    line = keyboard.refuses("migrate", OKIENKO_TELEGRAM_SECRET="hunter2 with spaces")
    assert "hunter2" not in line


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("serve", "--port", "http"), "http"),
        (("serve", "--port", "70000"), "70000"),
        (("fly",), "fly"),
        ((), "COMMAND"),
    ],
)
def test_a_misspelt_command_says_how_it_is_used(keyboard: Keyboard, arguments: tuple[str, ...], word: str) -> None:
    done = keyboard.run(*arguments)
    assert done.returncode == 2
    assert word in done.stderr
    assert "Traceback" not in done.stderr
