"""Where exports are noted, beside what the nights published."""

import json
from collections.abc import Sequence
from dataclasses import replace

from touchline.kernel.clock import DAY_MS, SECOND_MS, Clock
from touchline.kernel.errors import ConditionFailed, Conflict
from touchline.kernel.ids import Realm
from touchline.ledger.fields import text
from touchline.ledger.result_keys import export_key, exports_pk
from touchline.platform.dynamo import Equals, Item, Missing, Table
from touchline.reporting.exports.job import Export, export_in, plain

KIND = "export"


class ExportStore:
    """Exports of a realm over the results table."""

    def __init__(self, results: Table, clock: Clock) -> None:
        self._results = results
        self._clock = clock

    def get(self, realm: Realm, name: str) -> Export | None:
        """The export of this ID."""
        item = self._results.get(export_key(realm, name))
        return export_in(json.loads(text(item, "body"))) if item else None

    def latest(self, realm: Realm, limit: int) -> Sequence[Export]:
        """The newest exports: IDs begin with the instant at which they were asked for."""
        page = self._results.query(exports_pk(realm), descending=True, limit=limit)
        return [export_in(json.loads(text(item, "body"))) for item in page.items]

    def keep(self, export: Export) -> Export:
        """Write it down, if nobody wrote since it was read; as it is now.

        Raises Conflict `stale_version`.
        """
        now = replace(export, version=export.version + 1, changed_at=self._clock())
        unchanged = Equals("version", export.version) if export.version else Missing("pk")
        key = export_key(export.realm, export.id)
        item: Item = {
            "pk": key.pk,
            "sk": key.sk,
            "kind": KIND,
            "version": now.version,
            "body": json.dumps(plain(now), separators=(",", ":")),
            "expires_at": (export.expires_at + DAY_MS) // SECOND_MS,
        }
        try:
            self._results.put(item, condition=unchanged)
        except ConditionFailed as failed:
            raise Conflict("stale_version", f"export {export.id} is written elsewhere") from failed
        return now
