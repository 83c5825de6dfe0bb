"""The company's own settings: `okienko.yml` (brands, teams, hours, holidays, deadlines)."""

from collections.abc import Mapping
from datetime import date, time
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, available_timezones

import yaml
from holidays.registry import COUNTRIES
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from bot.errors import UserMistake
from bot.types.languages import Language

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Brand(_Part):
    """A brand: the words that answers are filled with, and the widget's looks."""

    name: str
    app: str = ""
    site: str = ""
    hotline: str = ""
    colour: str = "#1d4ed8"
    default_language: Language = "pl"
    telegram_start: str = ""  # deep-link payload of /start that means this brand


class Shift(_Part):
    """Opening hours of one day, local time, end excluded; `00:00-24:00` is the whole day."""

    start: time
    end: time  # 00:00 as an end means midnight at the day's end


class Team(_Part):
    """A team of agents: its topics and its hours per weekday (a missing day is closed)."""

    name: Mapping[Language, str]
    topics: tuple[str, ...] = ()
    hours: Mapping[Weekday, Shift] = Field(default_factory=dict)
    holidays: bool = False  # works on public holidays too

    @field_validator("hours", mode="before")
    @classmethod
    def _hours(cls, value: object) -> object:
        if not isinstance(value, Mapping):
            raise ValueError("must map days (mon-fri, sat ...) to hours such as 8:00-20:00")
        days: dict[str, object] = {}
        for key, hours in value.items():
            for day in _days(str(key)):
                days[day] = _shift(str(hours))
        return days


def _days(key: str) -> list[str]:
    names: list[str] = list(WEEKDAYS)
    first, _, last = key.strip().lower().partition("-")
    if first not in names or (last and last not in names):
        raise ValueError(f"'{key}' is not a day; use mon tue wed thu fri sat sun, or a range such as mon-fri")
    if not last:
        return [first]
    return names[names.index(first) : names.index(last) + 1]


def _shift(text: str) -> dict[str, time]:
    try:
        start, end = (part.strip() for part in text.split("-"))
        return {
            "start": time.fromisoformat(start.zfill(5)),
            "end": time(0) if end == "24:00" else time.fromisoformat(end.zfill(5)),
        }
    except ValueError:
        raise ValueError(f"'{text}' is not a pair of hours such as 8:00-20:00") from None


class ComplaintDeadline(_Part):
    """How long the law gives for the answer to a complaint on these topics (empty = all others)."""

    days: int = Field(gt=0)
    kind: Literal["calendar", "business"] = "calendar"
    topics: tuple[str, ...] = ()
    source: str = ""


class UnderstandingThresholds(_Part):
    """Calibrated confidences from which the assistant acts by itself."""

    intent: float = Field(default=0.5, ge=0, le=1)
    topic: float = Field(default=0.5, ge=0, le=1)
    suggest: float = Field(default=0.08, ge=0, le=1)


class Company(_Part):
    """The whole of okienko.yml."""

    name: str
    time_zone: str
    country: str = Field(min_length=2, max_length=2)  # ISO 3166, for public holidays and phone numbers
    brands: Mapping[str, Brand] = Field(min_length=1)
    teams: Mapping[str, Team] = Field(min_length=1)
    default_team: str
    urgent_topics: tuple[str, ...] = ()
    extra_holidays: tuple[date, ...] = ()
    complaint_deadlines: tuple[ComplaintDeadline, ...] = Field(min_length=1)
    understanding: UnderstandingThresholds = UnderstandingThresholds()

    @field_validator("country")
    @classmethod
    def _country(cls, value: str) -> str:
        # the library's table of names; asking for the holidays themselves loads half a second of other countries
        if not any(value in names[1:] for names in COUNTRIES.values()):
            raise ValueError(f"no public holidays are known for '{value}' (use a code such as PL)")
        return value

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"'{value}' is not a time zone such as Europe/Warsaw")
        return value

    @model_validator(mode="after")
    def _teams_exist(self) -> "Company":
        if self.default_team not in self.teams:
            raise ValueError(f"default_team '{self.default_team}' is not one of the teams")
        owners: dict[str, str] = {}
        for name, team in self.teams.items():
            for topic in team.topics:
                if topic in owners:
                    raise ValueError(f"topic '{topic}' belongs to two teams: {owners[topic]} and {name}")
                owners[topic] = name
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The company's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def default_brand(self) -> str:
        """The brand of channels that do not name one: the first in the file."""
        return next(iter(self.brands))


def load_company(path: Path) -> Company:
    """Reads okienko.yml; `UserMistake` says what is wrong and where."""
    try:
        raw: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserMistake(f"{path} is missing: it names the company's brands, teams and hours (see README)") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}" if mark is not None else ""
        raise UserMistake(f"{path}{line}: not readable as YAML ({getattr(error, 'problem', 'syntax error')})") from None
    except (OSError, ValueError) as error:  # a folder; a file that is not UTF-8; a date such as 2026-02-31
        raise UserMistake(f"{path}: not readable ({getattr(error, 'strerror', None) or error})") from None
    try:
        return Company.model_validate(raw)
    except ValidationError as error:
        # a name that is not known explains the one that is missing
        first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        unknown = "there is no such setting" if first["type"] == "extra_forbidden" else None
        raise UserMistake(f"{path}: {where}: {unknown or first['msg'].removeprefix('Value error, ')}") from None
