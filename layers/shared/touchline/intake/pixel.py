"""A view: a 43-byte picture that leaves a touch."""

from typing import Final

from touchline.intake.fraud import machine_marks
from touchline.intake.visit import Visit, trace
from touchline.kernel.ids import NewId, Realm, TouchId, realm_of
from touchline.kernel.values import dataclass
from touchline.ledger.identity import Identity
from touchline.ledger.model import Touch, TouchKind
from touchline.registry.model import Campaign, Registry

GIF: Final = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00"
    b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
"""One transparent point: 43 bytes."""

NEVER_CACHED: Final = "no-store, no-cache, must-revalidate, private"


@dataclass(frozen=True, slots=True)
class View:
    """What is to be stored of a view."""

    realm: Realm
    touch: Touch


def take(visit: Visit, registry: Registry, campaign: Campaign, new_id: NewId) -> View:
    """Judge a view. Without `ud` and `uid` nobody is known: it is counted, flagged `no_identity`,
    and lies alone under `view:<touch id>`."""
    read = trace(visit, registry, campaign)
    marks = [*read.flags, *machine_marks(visit.method, visit.headers)]
    touch_id = TouchId(new_id("tch"))
    if read.person is None:
        marks.append("no_identity")
    under = read.person or Identity(f"view:{touch_id}")
    touch = read.touch(touch_id, under, TouchKind.VIEW, None, tuple(marks))
    return View(realm_of(registry.account.id, test=read.is_test), touch)
