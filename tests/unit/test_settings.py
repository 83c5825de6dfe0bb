"""Settings: what is known, what is refused, and how it is said."""

from pathlib import Path

import pytest

from bot.errors import UserMistake
from bot.settings import load_settings

SECRETS = {
    "OKIENKO_SECRET_KEY": "sesame-1",
    "OKIENKO_ADMIN_PASSWORD": "sesame-2",
    "OKIENKO_TELEGRAM_TOKEN": "123:sesame-3",
    "OKIENKO_TELEGRAM_SECRET": "sesame-4",
    "OKIENKO_MESSENGER_PAGE_TOKEN": "sesame-5",
    "OKIENKO_MESSENGER_APP_SECRET": "sesame-6",
    "OKIENKO_MESSENGER_VERIFY_TOKEN": "sesame-7",
    "OKIENKO_SMTP_URL": "smtp://me:sesame-8@mail.example",
    "OKIENKO_DATABASE_URL": "postgresql://me:sesame-9@db.example/okienko",
    "OKIENKO_REDIS_URL": "redis://:sesame-10@redis.example",
}


def test_nothing_set() -> None:
    settings = load_settings({})
    assert settings.workers == 1
    assert not settings.telegram_on
    assert not settings.messenger_on
    assert settings.var_dir == Path("var")
    assert settings.effective_database_url() == f"sqlite:///{Path('var').resolve()}/okienko.db"


def test_what_is_set(tmp_path: Path) -> None:
    settings = load_settings(
        {
            "OKIENKO_WORKERS": "4",
            "OKIENKO_HOME": str(tmp_path),
            "OKIENKO_PUBLIC_URL": "https://help.example/",
            "OKIENKO_LOG_LEVEL": "debug",
            "PATH": "/bin",
            **SECRETS,
        }
    )
    assert settings.workers == 4
    assert settings.public_url == "https://help.example"
    assert settings.var_dir == tmp_path / "var"
    assert settings.log_level == "debug"
    assert settings.telegram_on
    assert settings.messenger_on
    assert settings.telegram_token.get_secret_value() == "123:sesame-3"
    assert settings.effective_database_url() == SECRETS["OKIENKO_DATABASE_URL"]


def test_an_empty_value_is_as_good_as_none() -> None:
    assert load_settings({"OKIENKO_WORKERS": "", "OKIENKO_TELEGRAM_TOKEN": ""}) == load_settings({})


def test_secrets_never_show() -> None:
    settings = load_settings(SECRETS)
    for shown in (repr(settings), str(settings)):
        assert "sesame" not in shown


def test_names_of_tests_and_benchmarks_are_let_through() -> None:
    assert load_settings({"OKIENKO_TEST_X": "1", "OKIENKO_BENCH_TURNS": "9"}) == load_settings({})


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"OKIENKO_TELEGRAM_TOKN": "1"}, "unknown setting OKIENKO_TELEGRAM_TOKN"),
        ({"OKIENKO_WORKERS": "0"}, "OKIENKO_WORKERS"),
        ({"OKIENKO_WORKERS": "65"}, "OKIENKO_WORKERS"),
        ({"OKIENKO_WORKERS": "many"}, "OKIENKO_WORKERS"),
        ({"OKIENKO_TELEGRAM_MODE": "smoke"}, "OKIENKO_TELEGRAM_MODE"),
        ({"OKIENKO_TELEGRAM_SECRET": "not allowed!"}, "OKIENKO_TELEGRAM_SECRET"),
        ({"OKIENKO_TELEGRAM_SECRET": "x" * 257}, "OKIENKO_TELEGRAM_SECRET"),
        ({"OKIENKO_TELEGRAM_API": "telegram.example"}, "OKIENKO_TELEGRAM_API"),
        ({"OKIENKO_MESSENGER_API": "ftp://graph.example"}, "OKIENKO_MESSENGER_API"),
        ({"OKIENKO_PUBLIC_URL": "https://"}, "OKIENKO_PUBLIC_URL"),
        ({"OKIENKO_DATABASE_URL": "mysql://db.example/okienko"}, "OKIENKO_DATABASE_URL"),
        ({"OKIENKO_REDIS_URL": "http://redis.example"}, "OKIENKO_REDIS_URL"),
        ({"OKIENKO_LOG_LEVEL": "loud"}, "OKIENKO_LOG_LEVEL"),
        # those that make sense only together
        (
            {"OKIENKO_MESSENGER_PAGE_TOKEN": "t", "OKIENKO_MESSENGER_VERIFY_TOKEN": "v"},
            "OKIENKO_MESSENGER_APP_SECRET is missing",
        ),
        (
            {"OKIENKO_MESSENGER_PAGE_TOKEN": "t", "OKIENKO_MESSENGER_APP_SECRET": "s"},
            "OKIENKO_MESSENGER_VERIFY_TOKEN is missing",
        ),
        (
            {"OKIENKO_TELEGRAM_TOKEN": "1:t", "OKIENKO_TELEGRAM_MODE": "webhook"},
            "OKIENKO_TELEGRAM_SECRET is missing",
        ),
    ],
)
def test_a_bad_setting_is_one_clear_line(environ: dict[str, str], said: str) -> None:
    with pytest.raises(UserMistake) as mistake:
        load_settings(environ)
    assert said in str(mistake.value)
    assert "\n" not in str(mistake.value)


@pytest.mark.parametrize("name", ["OKIENKO_DATABASE_URL", "OKIENKO_REDIS_URL", "OKIENKO_TELEGRAM_SECRET"])
def test_a_bad_secret_is_not_repeated(name: str) -> None:
    with pytest.raises(UserMistake) as mistake:
        load_settings({name: "http://me:sesame!@host"})
    assert name in str(mistake.value)
    assert "sesame" not in str(mistake.value)
    assert mistake.value.__suppress_context__  # nor shown by a traceback


def test_a_home_that_is_not_there_is_no_empty_house(tmp_path: Path) -> None:
    with pytest.raises(UserMistake, match="OKIENKO_HOME"):
        load_settings({"OKIENKO_HOME": str(tmp_path / "nowhere")})
