"""Copies rows of a table that was restored to a point in time back into the stack's own table.

`.venv/bin/python -m local.restore STACK REGION ledger RESTORED_TABLE` shows what it would do; with
`--yes` it does it. Rows that are missing are put back, those whose time is over are left out. Rows
that are there are never touched, unless `--replace` says that the restored ones are the right ones.
It may be run again at any time: what is done is seen, and not done twice.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator

from botocore.exceptions import BotoCoreError, ClientError

from local.progress import console, fail, step
from local.stack import outputs_on_aws
from touchline.kernel.clock import system_clock
from touchline.kernel.errors import ConditionFailed, StoreError
from touchline.platform.connect import Connections
from touchline.platform.dynamo import Item, Key, Missing, Table
from touchline.platform.settings import Aws, load

SEGMENTS = 4
SAME, EXPIRED, MISSING, DIFFERENT = "same", "expired", "missing", "different"
AFTERWARDS = {
    "ledger": "run the nights concerned again, and the erasures made since that point in time",
    "registry": "compare it with your file: touchline drift",
    "results": "run the nights concerned again: touchline attribute",
    "deliveries": "look at what waits: touchline deliveries list",
}
"""The tables by the names that people use, and what is left to do for each."""


def compare(restored: Table, present: Table, now: int) -> Iterator[tuple[str, Item]]:
    """Every row of the restored table, and how it stands in the present one. `now` in ms."""
    for rows in _pages(restored):
        keys = [_key_of(row) for row in rows]
        there = {_key_of(row): row for row in present.batch_get(keys)}
        for key, row in zip(keys, rows, strict=True):
            if _is_over(row, now):
                yield EXPIRED, row
            elif key not in there:
                yield MISSING, row
            else:
                yield (SAME if there[key] == row else DIFFERENT), row


def put_back(restored: Table, present: Table, now: int, *, replace: bool) -> int:
    """Put back what is missing, and with `replace` what is different; how many rows that were.

    A row that came back by itself meanwhile is left as it is.
    """
    done = 0
    for found, row in compare(restored, present, now):
        if found == MISSING:
            try:
                present.put(row, condition=Missing("pk"))
                done += 1
            except ConditionFailed:
                continue
        elif found == DIFFERENT and replace:
            present.put(row)
            done += 1
    return done


def _pages(table: Table) -> Iterator[tuple[Item, ...]]:
    for segment in range(SEGMENTS):
        page = table.scan(segment=segment, segments=SEGMENTS)
        yield page.items
        while page.next is not None:
            page = table.scan(segment=segment, segments=SEGMENTS, start=page.next)
            yield page.items


def _key_of(row: Item) -> Key:
    return Key(str(row["pk"]), str(row["sk"]))


def _is_over(row: Item, now: int) -> bool:
    expires_at = row.get("expires_at")
    return isinstance(expires_at, int) and expires_at * 1000 <= now


def main(arguments: list[str]) -> int:
    """Compare, show, and with --yes put back; 0, 1 with the cause, 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m local.restore", description=__doc__)
    parser.add_argument("stack")
    parser.add_argument("region")
    parser.add_argument("table", choices=sorted(AFTERWARDS))
    parser.add_argument("restored", help="the table that was restored to a point in time")
    parser.add_argument("--replace", action="store_true", help="also rows that are different now")
    parser.add_argument("--yes", action="store_true", help="do it")
    asked = parser.parse_args(arguments)
    try:
        own = outputs_on_aws(asked.stack, asked.region)[f"{asked.table.title()}Table"]
        aws = Aws(aws_region=asked.region, aws_endpoint_url=load(Aws).aws_endpoint_url)
        connections = Connections(aws)
        restored, present = connections.table(asked.restored), connections.table(own)
        with step(f"Compare {asked.restored} with {own}"):
            counted = Counter(found for found, _ in compare(restored, present, system_clock()))
        _show(counted, replace=asked.replace)
        if not asked.yes:
            console.print("Nothing was done; --yes does it.")
            return 0
        with step("Put rows back"):
            done = put_back(restored, present, system_clock(), replace=asked.replace)
    except (StoreError, BotoCoreError, ClientError) as error:
        fail(f"{type(error).__name__}: {error}")
        return 1
    console.print(f"{done} rows are back. Now {AFTERWARDS[asked.table]}.", soft_wrap=True)
    return 0


def _show(counted: Counter[str], *, replace: bool) -> None:
    console.print(f"  {counted[SAME]} rows are as they were")
    console.print(f"  {counted[EXPIRED]} are left out: their time is over")
    console.print(f"  {counted[MISSING]} are missing and will be put back")
    fate = "will be replaced" if replace else "will be left as they are (--replace to change that)"
    console.print(f"  {counted[DIFFERENT]} are different and {fate}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
