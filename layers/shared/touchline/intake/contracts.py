"""The bodies of the JSON routes. /openapi.json is made from these."""

from touchline.intake.shapes import (
    Amount,
    Anything,
    Flag,
    Instant,
    ListOf,
    OneOf,
    Record,
    Text,
    WordMap,
)
from touchline.intake.submission import MAX_EXTRAS, MAX_ID, MAX_TEXT
from touchline.ledger.model import TouchKind

MAX_ITEMS = 500
_ID = Text(MAX_ID, 1)
_WORD = Text(MAX_TEXT)
_CONSENT = ListOf(Text(40, 1), 20)
_SUBS = {f"sub{n}": _WORD for n in range(1, 21)}
_PERSON = {
    "user_domain": Text(40),
    "user_id": Text(MAX_ID),
    "visitor": Text(MAX_ID),
    "email": Text(254),
    "phone": Text(64),
}

EVENT = Record(
    {
        "customerId": _ID,
        "apiName": Text(MAX_TEXT, 1),
        "userDomain": Text(40, 1),
        "userId": _ID,
        "actionId": _ID,
        "actionTimestamp": Instant(text_too=False),
        "value": Amount(),
        "currency": Text(8),
        "source": _WORD,
    },
    required=("customerId", "apiName", "userDomain", "userId", "actionId", "actionTimestamp"),
)
"""`POST /event`: one conversion; times are UNIX milliseconds."""

CUSTOMER_EVENT = Record(
    {**{n: s for n, s in EVENT.fields.items() if n != "apiName"}, "eventName": _WORD},
    required=("eventName", "userDomain", "userId", "actionId", "actionTimestamp"),
)
"""`POST /customer/{customerId}/event`: the same with `eventName`, in seconds or milliseconds."""

CONVERSION = Record(
    {
        "type": OneOf(("conversion",)),
        "event": _WORD,
        "conversion_id": Text(MAX_ID),
        "value": Amount(),
        "payout": Amount(),
        "currency": Text(8),
        "payout_currency": Text(8),
        "status": _WORD,
        "occurred_at": Instant(),
        "click_id": Text(MAX_ID),
        "click_ref": _WORD,
        "click_time": Instant(),
        **_PERSON,
        "partner": _WORD,
        "campaign": _WORD,
        "coupon": _WORD,
        "reason": _WORD,
        "refund_value": Amount(),
        "refund_id": Text(MAX_ID),
        "source": _WORD,
        "skip_hook": Flag(),
        "consent": _CONSENT,
        "metadata": WordMap(MAX_EXTRAS),
        "subs": WordMap(20, MAX_TEXT),
        **_SUBS,
    }
)
"""A conversion under our own names: an item of `POST /batch`, and a JSON `POST /postback`."""

TOUCH = Record(
    {
        "type": OneOf(("touch",)),
        "kind": OneOf(tuple(TouchKind)),
        "channel": Text(64),
        "campaign": _WORD,
        "partner": _WORD,
        "name": Text(200),
        "occurred_at": Instant(),
        "id": Text(64),
        "host": _WORD,
        "url": Text(2048),
        "referrer": Text(2048),
        "click_ref": _WORD,
        "source": _WORD,
        "ad_ids": WordMap(10, 255),
        "subs": WordMap(20, MAX_TEXT),
        "consent": _CONSENT,
        **_PERSON,
        **_SUBS,
    },
    required=("kind",),
)
"""One touch, of `POST /touch` and of `POST /batch`."""

TOUCHES = Record({"touches": ListOf(Anything(TOUCH.schema()), MAX_ITEMS, 1)}, required=("touches",))
"""Many touches in one `POST /touch`."""

IDENTIFY = Record(
    {
        "type": OneOf(("identify",)),
        "identities": ListOf(
            Anything(
                {
                    "anyOf": [
                        {"type": "string", "examples": ["salesforce:72349876"]},
                        {
                            "type": "object",
                            "properties": {
                                "email": {"type": "string"},
                                "phone": {"type": "string"},
                            },
                        },
                    ]
                }
            ),
            20,
            1,
        ),
        "consent": _CONSENT,
    },
    required=("identities",),
)
"""`POST /identify`: identities of one person."""

UPSERT_EVENT = Record(
    {
        "event_name": Text(MAX_TEXT, 1),
        "timestamp": Instant(),
        "event_params": Anything({"type": "object"}),
    },
    required=("event_name", "timestamp"),
)
"""One event of a user in `POST /users/upsert`."""

UPSERT_PARAMETERS = Record(
    {
        "event_group_id": Text(MAX_ID),
        "unit_price": Amount(),
        "quantity": Amount(),
        "currency": Text(8),
        "coupon": _WORD,
        "status": _WORD,
        "custom": Anything({"type": "object"}),
    }
)

UPSERT_USER = Record(
    {
        "identifiers": Record(
            {
                "email": Text(254),
                "phone": Text(64),
                "uuid": Text(MAX_ID),
                "custom": WordMap(20, MAX_ID),
            }
        ),
        "attributes": Anything({"type": "object"}),
        "events": ListOf(Anything(UPSERT_EVENT.schema()), 100),
        "skip_hook": Flag(),
        "source": _WORD,
    },
    required=("identifiers",),
)
"""One user of `POST /users/upsert`."""

UPSERT = Record(
    {
        "users": ListOf(Anything(UPSERT_USER.schema()), MAX_ITEMS, 1),
        "skip_hook": Flag(),
        "source": _WORD,
    },
    required=("users",),
)

BATCH = Record(
    {
        "items": ListOf(
            Anything({"anyOf": [CONVERSION.schema(), TOUCH.schema(), IDENTIFY.schema()]}),
            MAX_ITEMS,
            1,
        )
    },
    required=("items",),
)
