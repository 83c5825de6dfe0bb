"""The demo company with all its teams always at work: what a test sees must not depend on the hour it runs at."""

from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
SHARED = ("config.yml", "data", "domain.yml", "models")


def always_open(home: Path) -> Path:
    """Makes such a company's folder of `home`; what does not differ from the demo company's is linked."""
    home.mkdir(parents=True, exist_ok=True)
    for name in SHARED:
        (home / name).symlink_to(ROOT / name)
    company = yaml.safe_load((ROOT / "okienko.yml").read_text(encoding="utf-8"))
    for team in company["teams"].values():
        team.update(hours={"mon-sun": "0:00-24:00"}, holidays=True)
    (home / "okienko.yml").write_text(yaml.safe_dump(company, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return home
