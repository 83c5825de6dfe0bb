"""Settings of one installation: the environment's `OKIENKO_*` names (README), checked once at start."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import UserMistake

PREFIX = "OKIENKO_"


class Settings(BaseSettings):
    """Every `OKIENKO_*` setting. Secrets are `SecretStr`: they never show in logs or `repr`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    database_url: str = Field(default="", repr=False)  # may hold a password
    redis_url: str = Field(default="", repr=False)
    secret_key: SecretStr = SecretStr("")
    public_url: str = ""
    workers: int = Field(default=1, ge=1, le=64)
    admin_password: SecretStr = SecretStr("")
    home: Path = Path(".")  # the company's folder: okienko.yml, data/, models/, config.yml, domain.yml
    var: Path | None = None  # where the embedded database and keys live; default `<home>/var`

    telegram_token: SecretStr = SecretStr("")
    telegram_mode: Literal["polling", "webhook"] = "polling"
    telegram_secret: SecretStr = SecretStr("")
    telegram_api: str = "https://api.telegram.org"

    messenger_page_token: SecretStr = SecretStr("")
    messenger_app_secret: SecretStr = SecretStr("")
    messenger_verify_token: SecretStr = SecretStr("")
    messenger_api: str = "https://graph.facebook.com/v23.0"

    smtp_url: SecretStr = SecretStr("")
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("telegram_secret")
    @classmethod
    def _telegram_secret(cls, value: SecretStr) -> SecretStr:
        # Bot API, setWebhook: 1-256 characters, only A-Z, a-z, 0-9, _ and -
        if value.get_secret_value() and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", value.get_secret_value()):
            raise ValueError("use 1-256 characters of A-Z a-z 0-9 _ -")
        return value

    @field_validator("telegram_api", "messenger_api", "public_url")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not re.match(r"https?://[^/\s]+", value):
            raise ValueError("must begin with http:// or https:// and name a host")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        if value and not re.match(r"(sqlite|postgresql)(\+\w+)?://", value):
            raise ValueError("must begin with sqlite:// or postgresql://")
        return value

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, value: str) -> str:
        if value and not re.match(r"(rediss?|unix)://", value):
            raise ValueError("must begin with redis://, rediss:// or unix://")
        return value

    @property
    def var_dir(self) -> Path:
        """The folder for what the service itself keeps."""
        return self.var if self.var is not None else self.home / "var"

    @property
    def telegram_on(self) -> bool:
        """Whether Telegram is configured."""
        return bool(self.telegram_token.get_secret_value())

    @property
    def messenger_on(self) -> bool:
        """Whether Messenger is configured."""
        return bool(self.messenger_page_token.get_secret_value())

    def effective_database_url(self) -> str:
        """The database's address; embedded SQLite in `var/` where none is given."""
        return self.database_url or f"sqlite:///{(self.var_dir / 'okienko.db').resolve()}"


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings from the environment; `UserMistake` names the setting that is unknown or bad."""
    environ = os.environ if environ is None else environ
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    mine = {name: value for name, value in environ.items() if name.startswith(PREFIX)}
    # names for tests and benchmarks, not settings of the service
    unknown = sorted(
        name for name in mine if name not in known and not name.startswith(("OKIENKO_BENCH_", "OKIENKO_TEST_"))
    )
    if unknown:
        raise UserMistake(f"unknown setting {unknown[0]}; the known ones are listed in README under Settings")
    values = {name.removeprefix(PREFIX).lower(): value for name, value in mine.items() if name in known}
    try:
        settings = Settings.model_validate({name: value for name, value in values.items() if value != ""})
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + str(first["loc"][0]).upper()
        raise UserMistake(f"bad value for {name}: {first['msg'].removeprefix('Value error, ')}") from None
    if not settings.home.is_dir():
        raise UserMistake(f"bad value for OKIENKO_HOME: there is no folder {settings.home}")
    _check_together(settings)
    return settings


def _check_together(settings: Settings) -> None:
    """Settings that make sense only together."""
    if settings.messenger_on and not settings.messenger_app_secret.get_secret_value():
        raise UserMistake("OKIENKO_MESSENGER_APP_SECRET is missing: without it no Messenger event can be verified")
    if settings.messenger_on and not settings.messenger_verify_token.get_secret_value():
        raise UserMistake("OKIENKO_MESSENGER_VERIFY_TOKEN is missing: Meta asks for it when the webhook is set up")
    if settings.telegram_on and settings.telegram_mode == "webhook" and not settings.telegram_secret.get_secret_value():
        raise UserMistake("OKIENKO_TELEGRAM_SECRET is missing: mode webhook needs it to verify updates")
