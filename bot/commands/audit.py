"""`okienko audit`: does the ledger balance?"""

import argparse
import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.settings import load_settings
from bot.storage.audit import Ledger, reconcile
from bot.storage.database import open_database
from bot.storage.migrate import migrate

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def register(subparsers: "Subparsers") -> None:
    """Adds `audit` to the command line."""
    audit = subparsers.add_parser("audit", help="is anything lost, doubled, reordered, stuck or misrouted?")
    audit.add_argument("--json", action="store_true", help="as JSON")
    audit.set_defaults(run=run_audit)


def run_audit(arguments: argparse.Namespace) -> int:
    """0 if the ledger balances, 1 if it does not."""
    url = load_settings().effective_database_url()
    migrate(url)
    database = open_database(url)
    try:
        ledger = database.read_now(lambda tx: reconcile(tx.connection, datetime.now(UTC)))
    finally:
        database.close()
    if arguments.json:
        print(json.dumps(asdict(ledger) | {"balanced": not ledger.findings}, indent=2))
    else:
        _print(ledger)
    return 1 if ledger.findings else 0


def _print(ledger: Ledger) -> None:
    for name, number in ledger.sums.items():
        print(f"{name.replace('_', ' '):<24}{number:>8}")
    if not ledger.findings:
        print("the ledger balances: nothing lost, doubled, reordered, stuck or misrouted")
    for finding in (*ledger.findings, *ledger.notes):
        ids = ", ".join(str(number) for number in finding.ids)
        more = " ..." if finding.count > len(finding.ids) else ""
        print(f"{finding.kind}: {finding.count} {finding.what}: {ids}{more}")
