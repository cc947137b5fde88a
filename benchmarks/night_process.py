"""One side of the night's benchmark, in a process of its own: `python -m benchmarks.night_process
SIDE PORT` runs the night of the stub's day and prints what it took. Sides: wire, boto3."""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.night_resource import ResourceTable
from benchmarks.night_stub import DAY, REALM
from benchmarks.peak import peak_mb
from touchline.attribution.night.judging import terms_by_event
from touchline.attribution.night.run import Bench, run_night
from touchline.attribution.night.store import NightStore
from touchline.attribution.store import JourneyStore
from touchline.kernel.ids import AccountId, EventName
from touchline.platform.connect import Connections
from touchline.platform.settings import Aws
from touchline.registry.attribution_rules import AttributionRules
from touchline.registry.model import Account, EventDefinition, Registry


def main(side: str, port: str) -> None:
    """Run it, and print CPU seconds, wall seconds, decisions and peak memory as JSON."""
    tables = _tables(side, f"http://127.0.0.1:{port}")
    rules = AttributionRules(data_driven_models=())
    registry = Registry(
        account=Account(AccountId(REALM), currency="EUR", rules=rules),
        events={EventName("purchase"): EventDefinition(EventName("purchase"))},
    )
    bench = Bench(
        journeys=JourneyStore(tables("ledger"), tables("results")),
        nights=NightStore(tables("results"), lambda: 1_800_000_000_000),
        terms=terms_by_event(registry, rules, "1"),
        rules=rules,
        rules_version="1",
        pin="1",
        owner="benchmark",
    )
    before = peak_mb()
    cpu, wall = time.process_time(), time.perf_counter()
    record = run_night(REALM, DAY, bench)
    told = {
        "status": record["status"],
        "decided": record["decided"],
        "cpu": time.process_time() - cpu,
        "wall": time.perf_counter() - wall,
        "peak_mb": peak_mb(),
        "import_mb": before,
    }
    sys.stdout.write(json.dumps(told))


def _tables(side: str, endpoint: str) -> Callable[[str], Any]:
    if side == "boto3":
        return lambda name: ResourceTable(endpoint, name)
    return Connections(Aws("eu-west-1", endpoint, "AKID", "secret")).table


if __name__ == "__main__":
    main(*sys.argv[1:])
