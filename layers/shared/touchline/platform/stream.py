"""DynamoDB stream events as plain values."""

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from touchline.kernel.values import dataclass
from touchline.platform.dynamo.codec import decode_item
from touchline.platform.dynamo.values import Item


@dataclass(frozen=True, slots=True)
class Changed:
    """One change of a row. `id` is the same whenever the record comes again; `at` in ms."""

    id: str
    at: int
    before: Item | None
    now: Item | None


def records_of(event: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The records of an event, each with its ID, not yet read."""
    for record in event.get("Records") or ():
        yield str(record.get("eventID") or ""), record


def change_of(record: Mapping[str, Any]) -> Changed:
    """Read a record. Raises ValueError, KeyError, TypeError or StoreRefused when it is damaged."""
    said = record["dynamodb"]
    return Changed(
        id=str(said.get("SequenceNumber") or record["eventID"]),
        at=int(float(said["ApproximateCreationDateTime"]) * 1000),
        before=_image(said.get("OldImage")),
        now=_image(said.get("NewImage")),
    )


def _image(image: Mapping[str, Any] | None) -> Item | None:
    return decode_item(image, base64.b64decode) if image else None
