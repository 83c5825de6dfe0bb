"""okienko.yml: what a company may say, and what it is told if it cannot be read."""

from datetime import date, time
from pathlib import Path

import pytest

from bot.company import WEEKDAYS, Company, load_company
from bot.errors import UserMistake

SMALL = """\
name: Kiosk
time_zone: Europe/Warsaw
country: PL
brands:
  kiosk: {name: Kiosk, telegram_start: kiosk1}
  stragan: {name: Stragan, default_language: ru}
teams:
  service:
    name: {pl: Obsługa, ru: Поддержка, en: Service}
    topics: [branch_hours]
    hours: {mon-fri: "8:00-20:00", sat: "09:30-24:00"}
  night:
    name: {pl: Noc, ru: Ночь, en: Night}
    hours: {mon-sun: "0:00-24:00"}
    holidays: true
default_team: service
extra_holidays: [2026-12-31]
complaint_deadlines:
  - {days: 15, kind: business, topics: [card_block], source: An act}
  - {days: 30}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "okienko.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_demo_company(company: Company) -> None:
    assert list(company.brands) == ["modrzew", "fala"]
    assert company.default_brand == "modrzew"
    assert company.zone.key == "Europe/Warsaw"
    assert set(company.urgent_topics) <= set(company.teams["security"].topics)


def test_a_small_company(tmp_path: Path) -> None:
    company = load_company(written(tmp_path, SMALL))
    service, night = company.teams["service"], company.teams["night"]
    assert company.default_brand == "kiosk"
    assert company.brands["stragan"].default_language == "ru"
    assert list(service.hours) == ["mon", "tue", "wed", "thu", "fri", "sat"]
    assert (service.hours["mon"].start, service.hours["mon"].end) == (time(8), time(20))
    assert (service.hours["sat"].start, service.hours["sat"].end) == (time(9, 30), time(0))
    assert tuple(night.hours) == WEEKDAYS
    assert (night.holidays, service.holidays) == (True, False)
    assert company.extra_holidays == (date(2026, 12, 31),)
    assert [deadline.kind for deadline in company.complaint_deadlines] == ["business", "calendar"]
    assert company.understanding.topic == 0.5


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("country: PL\n", "", "country: Field required"),
        ("country: PL\n", "country: Poland\n", "country: "),
        ("Europe/Warsaw", "Europe/Warszawa", "time_zone: 'Europe/Warszawa' is not a time zone"),
        ("default_team: service", "default_team: servis", "default_team 'servis' is not one of the teams"),
        ("name: Kiosk\n", "name: Kiosk\ncolor: red\n", "color: "),
        ("telegram_start: kiosk1", "telegram: kiosk1", "brands.kiosk.telegram: "),
        ("default_language: ru", "default_language: de", "brands.stragan.default_language: "),
        ("mon-fri:", "mo-fr:", "teams.service.hours: 'mo-fr' is not a day"),
        ("mon-fri:", "mon-frei:", "teams.service.hours: 'mon-frei' is not a day"),
        ('"8:00-20:00"', '"8-20"', "teams.service.hours: '8-20' is not a pair of hours"),
        ('"8:00-20:00"', '"8:00-25:00"', "teams.service.hours: '8:00-25:00' is not a pair of hours"),
        ('"8:00-20:00"', '"8:00"', "teams.service.hours: '8:00' is not a pair of hours"),
        ('{mon-sun: "0:00-24:00"}', "always", "teams.night.hours: must map days"),
        ("holidays: true", "holidays: true\n    topics: [branch_hours]", "topic 'branch_hours' belongs to two teams"),
        ("{days: 30}", "{days: 0}", "complaint_deadlines.1.days: "),
        ("kind: business", "kind: moon", "complaint_deadlines.0.kind: "),
        ("2026-12-31", "2026-02-31", "not readable (day is out of range"),
        ("default_team: service\n", "default_team: service\nunderstanding: {topic: 1.5}\n", "understanding.topic: "),
        ("brands:\n", "brands: {}\nshops:\n", "shops: there is no such setting"),
        ("time_zone: Europe/Warsaw\n", "time_zone: [Europe/Warsaw\n", " line 3: not readable as YAML"),
        (SMALL, "", "the file: "),
        (SMALL, "- 1\n- 2\n", "the file: "),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in SMALL
    path = written(tmp_path, SMALL.replace(old, new, 1))
    with pytest.raises(UserMistake) as mistake:
        load_company(path)
    assert str(mistake.value).startswith(str(path))
    assert said in str(mistake.value)
    assert "\n" not in str(mistake.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UserMistake, match=r"okienko\.yml is missing"):
        load_company(tmp_path / "okienko.yml")


def test_not_a_text(tmp_path: Path) -> None:
    path = tmp_path / "okienko.yml"
    path.write_bytes(b"\xff\xfe\x00name: Kiosk")
    for unreadable in (path, tmp_path):
        with pytest.raises(UserMistake, match="not readable"):
            load_company(unreadable)
