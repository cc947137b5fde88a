"""`touchline reconcile PARTNER FILE.csv`: their list against ours, with the likely causes."""

import csv
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import track

from cli.api import Api
from cli.output import console, errors, fail, failing_clearly, print_json, print_table
from cli.reading import account_read
from cli.report_file import all_rows
from cli.target import AccountName, ApiUrl, AsJson, TokenText, target_of
from touchline.kernel.money import micros_of
from touchline.reporting.ask import Days
from touchline.reporting.lookup import MOST_IDS
from touchline.reporting.reconcile import Difference, Ours, Theirs, reconcile, unsettled

app = typer.Typer(rich_markup_mode="rich")

NAMES: Mapping[str, Sequence[str]] = {
    "id": ("id", "conversion_id", "order_id", "transaction_id", "txid", "order"),
    "amount": ("amount", "payout", "commission", "sum"),
    "currency": ("currency", "payout_currency"),
    "status": ("status",),
}
"""What a column may be called, the first that is there counts."""


@app.command(
    epilog="Example: [cyan]touchline reconcile acme january.csv --from 2026-01-01"
    " --to 2026-01-31[/cyan]"
)
def reconcile_partner(
    partner: Annotated[str, typer.Argument(help="The partner's ID.")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Its CSV file.")],
    first: Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD.")],
    last: Annotated[str, typer.Option("--to", help="Last day, YYYY-MM-DD, included.")],
    event: Annotated[str, typer.Option(help="Only this event.")] = "",
    account: AccountName = "",
    as_json: AsJson = False,
    api_url: ApiUrl = "",
    token: TokenText = "",
) -> None:
    """Compare a partner's list of conversions with ours: missing, extra, other amounts, another
    status. Exit code 1 when anything differs."""
    theirs = _theirs(file)
    with failing_clearly():
        api = Api(target_of(api_url, token))
        query = {"account": account_read(api, account), "event": event}
        ours = _ours(api, partner, {**query, "from": first, "to": last})
        theirs = _looked_up(api, partner, query, theirs, ours)
        differences = reconcile(theirs, ours, Days(first, last))
    _told(theirs, ours, differences, as_json=as_json)
    raise typer.Exit(1 if differences else 0)


def _told(
    theirs: Sequence[Theirs],
    ours: Mapping[str, Sequence[Ours]],
    differences: Sequence[Difference],
    *,
    as_json: bool,
) -> None:
    paid = sum(1 for known in ours.values() for one in known if one.paid)
    counts = dict(Counter(one.kind for one in differences))
    if as_json:
        rows = [one.plain() for one in differences]
        print_json({"theirs": len(theirs), "ours": paid, "counts": counts, "differences": rows})
        return
    columns = ("what", "ID", "theirs", "ours", "likely cause")
    cells = [
        (one.kind.replace("_", " "), one.id, one.theirs, one.ours, one.cause) for one in differences
    ]
    print_table("differences", columns, cells)
    console.print(f"{len(theirs)} lines of theirs, {paid} conversions of ours", style="dim")


def _theirs(file: Path) -> list[Theirs]:
    with file.open(encoding="utf-8-sig", newline="") as text:
        reader = csv.DictReader(text)
        named = {name.strip().lower(): name for name in reader.fieldnames or ()}
        columns = {
            ours: next((named[one] for one in known if one in named), "")
            for ours, known in NAMES.items()
        }
        if not columns["id"]:
            fail(f"{file.name} has no column with IDs", f"Call it one of {', '.join(NAMES['id'])}.")
        return [_line(number, row, columns) for number, row in enumerate(reader, 2)]


def _line(number: int, row: Mapping[str, str | None], columns: Mapping[str, str]) -> Theirs:
    said = {name: (row.get(column) or "").strip() for name, column in columns.items()}
    try:
        amount = micros_of(said["amount"]) if said["amount"] else None
    except ValueError as error:
        fail(f"line {number}: {said['amount']!r} is {error}")
    return Theirs(number, said["id"], amount, said["currency"].upper(), said["status"].lower())


def _ours(api: Api, partner: str, query: Mapping[str, Any]) -> dict[str, list[Ours]]:
    found: defaultdict[str, list[Ours]] = defaultdict(list)
    for row in all_rows(api, "/reports/decisions", {**query, "partner": partner, "limit": 500}):
        decision = _stated(row, partner)
        reason = ", ".join(row["lost"]) or decision.reason
        found[decision.id].append(replace(decision, reason=reason))
    return dict(found)


def _looked_up(
    api: Api,
    partner: str,
    query: Mapping[str, Any],
    theirs: Sequence[Theirs],
    ours: dict[str, list[Ours]],
) -> list[Theirs]:
    """Looks at the conversions of every line that the decisions do not settle, and adds what it
    finds to `ours`. The lines come back with what their status words mean."""
    asked = {**query, "partner": partner}
    names = list(dict.fromkeys(one.id for one in theirs if unsettled(one, ours.get(one.id, ()))))
    doing = "looking at single conversions"
    for batch in track(_batches(names), doing, console=errors, transient=True):
        for row in api.call("POST", "/reports/lookup", {"ids": batch}, query=asked)["rows"]:
            ours[row["id"]] = _joined(ours.get(row["id"], []), _seen(row, partner))
    meant: dict[str, str | None] = {}
    for batch in _batches(sorted({one.word for one in theirs if one.word})):
        meant |= api.call("POST", "/reports/lookup", {"words": batch}, query=asked)["words"]
    return [replace(one, status=meant.get(one.word) or "") for one in theirs]


def _batches(texts: Sequence[str]) -> list[Sequence[str]]:
    return [texts[at : at + MOST_IDS] for at in range(0, len(texts), MOST_IDS)]


def _joined(known: list[Ours], seen: Ours) -> list[Ours]:
    """What the night decided keeps its money; how the conversion stands is as it was seen."""
    same = [
        replace(one, status=seen.status, refunded=seen.refunded, changed_at=seen.changed_at)
        for one in known
        if one.occurred_at == seen.occurred_at
    ]
    others = [one for one in known if one.occurred_at != seen.occurred_at]
    return [*others, *(same or [seen])]


def _stated(row: Mapping[str, Any], partner: str) -> Ours:
    """What decisions and single conversions both say."""
    return Ours(
        id=row["id"],
        occurred_at=_instant(row["occurred_at"]),
        paid=row["payer"] == partner,
        payout_micros=micros_of(row["payout"]),
        currency=row["payout_currency"],
        value_micros=micros_of(row["value"]),
        value_currency=row["currency"],
        reason=row["reason"],
    )


def _seen(row: Mapping[str, Any], partner: str) -> Ours:
    return replace(
        _stated(row, partner),
        status=row["status"],
        decided=row["decided"],
        refunded=row["refunded"],
        changed_at=_instant(row["changed_at"]) if row["changed_at"] else 0,
    )


def _instant(said: str) -> int:
    from touchline.registry.external import read_at  # noqa: PLC0415 - heavy, needed here only

    return int(read_at(said))
