"""Pages of a list: `?limit=` and an opaque `?cursor=` that leads nowhere but onwards."""

import base64
import binascii
import json

from admin.call import Call
from touchline.kernel.errors import Refused
from touchline.platform.dynamo import Cursor

DEFAULT_LIMIT = 100
MOST = 500


def limit_of(call: Call) -> int:
    """`?limit=`, 1 to 500. Raises Refused `bad_field`."""
    text = call.request.first("limit", str(DEFAULT_LIMIT))
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= MOST):
        raise Refused("bad_field", f"limit: 1 to {MOST}", field="limit")
    return int(text)


def told(cursor: Cursor | None) -> str | None:
    """A table's cursor as it is told: base64url."""
    return None if cursor is None else base64.urlsafe_b64encode(cursor.encode()).decode()


def start_of(call: Call, pk: str, prefix: str) -> Cursor | None:
    """The cursor that came back, if it lies in this very list. Raises Refused `bad_cursor`."""
    text = call.request.first("cursor")
    if not text:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(text.encode()))
        sound = key.keys() == {"pk", "sk"} and key["pk"] == pk and key["sk"].startswith(prefix)
    except (ValueError, binascii.Error, AttributeError, TypeError, KeyError) as error:
        raise Refused("bad_cursor", field="cursor") from error
    if not sound:
        raise Refused("bad_cursor", field="cursor")
    return Cursor(json.dumps(key))
