"""A click: minted, stored, and sent on to where the campaign lands.

Nobody who clicked is refused: what is wrong with a click (a machine, an echo, a refused signature)
is a flag on its touch, which then earns nothing, and the answer says so in its headers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from touchline.intake.fraud import fingerprint, machine_marks
from touchline.intake.landing import landing
from touchline.intake.signature import Open, Seen, Signed, Verdict, judge
from touchline.intake.visit import Trace, Visit, trace
from touchline.kernel.errors import Refused, StoreUnavailable
from touchline.kernel.ids import ClickId, NewId, Realm, Receipt, TouchId, realm_of
from touchline.ledger.identity import CLICK, Identity
from touchline.ledger.model import (
    DUPLICATE_CLICK,
    REFUSED_SIGNATURE,
    UNCOUNTED_FLAGS,
    Link,
    Touch,
    TouchKind,
)
from touchline.registry.model import Campaign, Partner, Registry, Signing

SOURCE = "site:click"
"""Anybody can write such a URL, so the night trusts these links as little as a site key's."""
UNCHECKED = "unchecked"
"""A store was down: nobody could tell whether this is an echo, a replay, or signed; it counts."""


class Echoes(Protocol):
    """Knows the clicks of the last moments by what they are made of."""

    def first_click(self, realm: Realm, made_of: str, click: ClickId, now: int) -> ClickId:
        """The click with this fingerprint within the echo time: `click` itself when it is new."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What was seen before: clicks by fingerprint, signatures by their text; and partners' keys."""

    echoes: Echoes
    signatures: Seen
    open_secret: Open


@dataclass(frozen=True, slots=True)
class Click:
    """What is to be stored of a click, and where its person goes.

    `refusal` is the reason code of a refused signature, "" otherwise.
    """

    realm: Realm
    touch: Touch
    links: tuple[Link, ...]
    location: str
    refusal: str = ""

    @property
    def counts(self) -> bool:
        """Whether it can earn credit."""
        return UNCOUNTED_FLAGS.isdisjoint(self.touch.flags)


def take(
    visit: Visit,
    registry: Registry,
    campaign: Campaign,
    receipt: Receipt,
    memory: Memory,
    new_id: NewId,
) -> Click:
    """Judge a click and say what to store and where to go.

    While the store is down the click counts and is flagged `unchecked`. Raises Refused
    `landing_refused` when the campaign's own landing URL is not on a host that it lists.
    """
    read = trace(visit, registry, campaign)
    realm = realm_of(registry.account.id, test=read.is_test)
    judged = _Judged(
        list(dict.fromkeys((*read.flags, *machine_marks(visit.method, visit.headers))))
    )
    fresh = ClickId(new_id("clk"))
    click_id = _recognise(visit, realm, campaign, read, fresh, memory, judged)
    location = _where(campaign, visit.query, read, click_id, judged)
    known = Identity(f"{CLICK}:{click_id}")
    touch = read.touch(
        TouchId(new_id("tch")), known, TouchKind.CLICK, click_id, tuple(judged.flags)
    )
    return Click(realm, touch, _links(known, read, receipt), location, judged.refusal)


@dataclass(slots=True)
class _Judged:
    """The flags gathered on the way, and the refusal of the signature."""

    flags: list[str]
    refusal: str = ""

    @property
    def counts(self) -> bool:
        return UNCOUNTED_FLAGS.isdisjoint(self.flags)


def _recognise(
    visit: Visit,
    realm: Realm,
    campaign: Campaign,
    read: Trace,
    fresh: ClickId,
    memory: Memory,
    judged: _Judged,
) -> ClickId:
    """The click's ID: an echo has that of the first click, so that either may convert.

    Only a click that counts leaves an echo: a browser that fetched ahead must not make the real
    click look like a repetition. An echo is not asked for its signature a second time.
    """
    try:
        verdict = _signature(visit, read, memory.open_secret, judged)
        if not judged.counts:
            return fresh
        first = memory.echoes.first_click(
            realm, _made_of(visit, campaign, read), fresh, visit.received_at
        )
        if first != fresh:
            judged.flags.append(DUPLICATE_CLICK)
        elif verdict and not verdict.refusal and read.partner:
            _use_once(memory.signatures, realm, read.partner, verdict, fresh, judged)
    except StoreUnavailable:
        judged.flags.append(UNCHECKED)
        return fresh
    return first


def _signature(visit: Visit, read: Trace, open_secret: Open, judged: _Judged) -> Verdict | None:
    if read.partner is None:
        return None
    verdict = judge(
        read.partner.click_signing,
        read.partner,
        Signed(visit.method, visit.path, visit.raw_query),
        visit.received_at,
        open_secret,
    )
    if verdict and verdict.refusal:
        _refuse(judged, read.partner, verdict.refusal)
    return verdict


def _use_once(
    signatures: Seen,
    realm: Realm,
    partner: Partner,
    verdict: Verdict,
    click: ClickId,
    judged: _Judged,
) -> None:
    until = verdict.good_until
    if not signatures.remember_use(realm, partner.id, verdict.signature, until, by=click):
        _refuse(judged, partner, "signature_replayed")


def _refuse(judged: _Judged, partner: Partner, code: str) -> None:
    if partner.click_signing == Signing.REPORT:
        judged.flags.append(f"would_refuse:{code}")
        return
    judged.flags.append(REFUSED_SIGNATURE)
    judged.refusal = code


def _made_of(visit: Visit, campaign: Campaign, read: Trace) -> str:
    return fingerprint(
        campaign.id,
        read.partner.id if read.partner else "",
        visit.source_ip,
        visit.headers.get("user-agent", ""),
        visit.headers.get("accept-language", ""),
        visit.raw_query,
    )


def _where(
    campaign: Campaign, query: Mapping[str, str], read: Trace, click_id: ClickId, judged: _Judged
) -> str:
    values = {
        **read.subs,
        **read.ad_ids,
        "click_id": click_id,
        "campaign": campaign.id,
        "partner": read.partner.id if read.partner else "",
        "click_ref": read.click_ref,
    }
    deep_link = query.get("url", "")
    if deep_link:
        try:
            return landing(campaign, deep_link, values)
        except Refused as refused:
            judged.flags.append(refused.code)
    return landing(campaign, "", values)


def _links(known: Identity, read: Trace, receipt: Receipt) -> tuple[Link, ...]:
    if read.person is None:
        return ()
    return (Link(known, read.person, read.at, SOURCE, receipt, changed_at=read.at),)
