"""Every key of the ledger table, each with the string it makes. Parts are escaped: `#` and `%`.

Numbers in sort keys are padded so that text order is number order.
"""

import hashlib
import zlib

from touchline.kernel.ids import PartnerId, Realm, Receipt, TouchId
from touchline.ledger.identity import Identity
from touchline.ledger.model import ConversionKey
from touchline.platform.dynamo import Key

SHARDS = 8
"""Partitions per day of each index of changes, so that no day is one hot key."""


def part(text: str) -> str:
    """Escape one part of a key, so that no two tuples of parts make one key (injective)."""
    return text.replace("%", "%25").replace("#", "%23")


def unpart(text: str) -> str:
    """The part that was escaped."""
    return text.replace("%23", "#").replace("%25", "%")


def padded(instant_ms: int) -> str:
    """13 digits: `1767225600000`. Instants before 1970 do not occur in rows."""
    return f"{instant_ms:013d}"


def shard_of(text: str) -> int:
    """The shard of a thing by its ID, the same on every machine."""
    return zlib.crc32(text.encode("utf-8", "surrogatepass")) % SHARDS


def _named(*parts: str) -> str:
    return hashlib.sha256("#".join(map(part, parts)).encode()).hexdigest()[:16]


def identity_pk(realm: Realm, known: Identity) -> str:
    """`shop#I#crm:72349876`: touches and links of one identity."""
    return f"{part(realm)}#I#{part(known)}"


def touch_sk(occurred_at: int, touch: TouchId) -> str:
    """`T#1767225600000#tch_…`."""
    return f"T#{padded(occurred_at)}#{part(touch)}"


def link_sk(other: Identity) -> str:
    """`L#visitor:9f2…`: the other end of a link; written in both directions."""
    return f"L#{part(other)}"


def conversion_pk(realm: Realm, key: ConversionKey) -> str:
    """`shop#C#purchase#A-1001`: every claim to one order, its repeats and its conflicts."""
    return f"{part(realm)}#C#{part(key.event)}#{part(key.id)}"


def conversion_sk(scope: str) -> str:
    """`C#` for the account's own systems, `C#acme` for partner acme."""
    return f"C#{part(scope)}"


def repeat_sk(scope: str, receipt: Receipt) -> str:
    """`R#acme#rcp_…`: the same conversion once more, with the same or other content."""
    return f"R#{part(scope)}#{receipt}"


def refunds_sk(scope: str) -> str:
    """`E#acme`: refunds that came before the conversion, waiting in quarantine."""
    return f"E#{part(scope)}"


def quarantine_pk(realm: Realm, day: str) -> str:
    """`shop#Q#2026-01-31`: what could not be judged, by the UTC day it was received."""
    return f"{part(realm)}#Q#{day}"


def quarantine_sk(receipt: Receipt) -> str:
    """`rcp_…`: one quarantined request."""
    return receipt


def tally_pk(realm: Realm, name: str) -> str:
    """`shop#N#partner:acme:2026-01:*`: how much was paid under one cap or tier, in one period."""
    return f"{part(realm)}#N#{part(name)}"


TALLY_SK = "N"
ATTRIBUTES_SK = "A"
"""Beside the touches and links of an identity: what a back end told about the person."""


def words_pk(realm: Realm, scope: str) -> str:
    """`shop#W#acme`: conversions whose status word nobody has explained yet."""
    return f"{part(realm)}#W#{part(scope)}"


def word_sk(word: str, key: ConversionKey) -> str:
    """`waiting#9f86d081…`: the word, and 16 digits that name the conversion."""
    return f"{part(word)}#{_named(key.event, key.id)}"


def signature_pk(realm: Realm, partner: PartnerId) -> str:
    """`shop#S#acme`: signatures that a partner used, each under its 64 hex digits; TTL."""
    return f"{part(realm)}#S#{part(partner)}"


def echo_pk(realm: Realm, made_of: str) -> str:
    """`shop#E#9f86d081…`: the last click that was made of this, for ten seconds; TTL."""
    return f"{part(realm)}#E#{part(made_of)}"


def leases_pk(realm: Realm, partner: PartnerId) -> str:
    """`shop#A#acme`: what is leased of a partner's rate limit; TTL."""
    return f"{part(realm)}#A#{part(partner)}"


ALONE = "1"
"""The sort key of a row that is alone in its partition."""


def changes_batch(realm: Realm, day: str, shard: int) -> str:
    """`shop#B#2026-01-31#3` (index by_batch): conversions received or changed that UTC day."""
    return f"{part(realm)}#B#{day}#{shard}"


def privacy_pk(realm: Realm) -> str:
    """`shop#X`: what was done for privacy: receipts of erasures (`ers_…`), and what follows."""
    return f"{part(realm)}#X"


def erasure_run_key(realm: Realm, asked: str) -> Key:
    """`shop#X` / `run#9f86d081…`: an erasure under way, by the digest of whom it is about."""
    return Key(privacy_pk(realm), f"run#{asked}")


def retention_key(realm: Realm) -> Key:
    """`shop#X` / `retention`: up to which day raw requests whose time was over were taken out."""
    return Key(privacy_pk(realm), "retention")


def links_batch(realm: Realm, day: str, shard: int) -> str:
    """`shop#L#2026-01-31#3` (index by_batch): links and late touches of that UTC day."""
    return f"{part(realm)}#L#{day}#{shard}"


def clicks_of(realm: Realm, partner: PartnerId, day: str, shard: int) -> str:
    """`shop#K#acme#2026-01-31#3` (index by_identity): clicks of a partner that occurred that UTC
    day."""
    return f"{part(realm)}#K#{part(partner)}#{day}#{shard}"


def click_at(occurred_at: int, touch: TouchId) -> str:
    """`1767225600000#tch_…`: the order of clicks of a partner."""
    return f"{padded(occurred_at)}#{part(touch)}"


def changes_at(changed_at: int, pk: str, sk: str) -> str:
    """`1767225600000#9f86d081…`: the order within a batch; 16 digits name the row, since an index
    key has no room for two keys."""
    return f"{padded(changed_at)}#{_named(pk, sk)}"


def person(realm: Realm, known: Identity) -> str:
    """`shop#P#crm:72349876` (index by_identity): conversions whose first identity this is."""
    return f"{part(realm)}#P#{part(known)}"
