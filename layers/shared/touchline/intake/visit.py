"""A browser's request for a click or a pixel, and the touch that it leaves."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from touchline.intake.landing import host_of
from touchline.intake.masking import masked
from touchline.intake.privacy import kept_address
from touchline.kernel.clock import SECOND_MS
from touchline.kernel.errors import Refused
from touchline.kernel.ids import CampaignId, ClickId, PartnerId, TouchId
from touchline.kernel.values import dataclass
from touchline.ledger.identity import RESERVED_DOMAINS, VISITOR, Identity, identity
from touchline.ledger.model import Touch, TouchKind
from touchline.registry.model import Campaign, Partner, Registry

SUBS = tuple(f"sub{number}" for number in range(1, 21))
AD_IDS = (
    *("gclid", "gbraid", "wbraid", "dclid", "fbclid", "msclkid", "ttclid", "twclid"),
    *("li_fat_id", "ScCid", "epik", "yclid", "irclickid", "awc", "cjevent", "rdt_cid"),
)
"""The click IDs that ad platforms append, as they spell them (site.js looks for the same)."""
TEST = "tl_test"
"""With `tl_test=1` a click or view belongs to the account's test side."""

UNTOLD = (RESERVED_DOMAINS | {"email", "phone"}) - {VISITOR}

_LONGEST = 120
"""Characters kept of a value, so that an ordinary touch stays within one write unit (1 KB)."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request: `headers` in lower case, `received_at` in milliseconds."""

    method: str
    path: str
    raw_query: str
    headers: Mapping[str, str]
    source_ip: str
    received_at: int

    @property
    def query(self) -> dict[str, str]:
        """Decoded parameters; of repeated ones the first, blank ones are absent."""
        return dict(reversed(parse_qsl(self.raw_query, errors="replace")))


@dataclass(frozen=True, slots=True)
class Trace:
    """What a visit says about who came and from where; `flags` are remarks on what was wrong."""

    at: int
    campaign: CampaignId
    channel: str
    is_test: bool
    partner: Partner | None
    person: Identity | None
    subs: Mapping[str, str]
    ad_ids: Mapping[str, str]
    click_ref: str
    host: str
    ip: str
    user_agent: str
    expires_at: int
    flags: tuple[str, ...]

    def touch(
        self,
        touch_id: TouchId,
        under: Identity,
        kind: TouchKind,
        click_id: ClickId | None,
        flags: tuple[str, ...],
    ) -> Touch:
        """The touch that is stored under the identity `under`."""
        return Touch(
            id=touch_id,
            identity=under,
            kind=kind,
            channel=self.channel,
            occurred_at=self.at,
            received_at=self.at,
            campaign=self.campaign,
            partner=self.partner.id if self.partner else None,
            click_id=click_id,
            click_ref=self.click_ref,
            subs=self.subs,
            ad_ids=self.ad_ids,
            host=self.host,
            ip=self.ip,
            user_agent=self.user_agent,
            flags=flags,
            expires_at=self.expires_at,
            listed=self._is_listed(kind),
        )

    def _is_listed(self, kind: TouchKind) -> bool:
        return kind is TouchKind.CLICK and self.partner is not None and self.partner.list_clicks


def trace(visit: Visit, registry: Registry, campaign: Campaign) -> Trace:
    """Read a visit. What is wrong with it becomes a flag: a person's browser is never refused."""
    query = visit.query
    flags: list[str] = []
    partner = _partner(query.get("pid", ""), registry, flags)
    person = _person(query, flags)
    cut = {name: _printable(value)[:_LONGEST] for name, value in query.items()}
    if any(len(query.get(name, "")) > _LONGEST for name in ("click_ref", *SUBS, *AD_IDS)):
        flags.append("shortened")
    if not campaign.active:
        flags.append("campaign_inactive")
    subs, masks = masked({name: cut[name] for name in SUBS if name in cut})
    flags += masks
    account = registry.account
    return Trace(
        at=visit.received_at,
        campaign=campaign.id,
        channel=(partner.channel if partner else "") or campaign.channel or "other",
        is_test=query.get(TEST) == "1",
        partner=partner,
        person=person,
        subs=subs,
        ad_ids={name: cut[name] for name in AD_IDS if name in cut},
        click_ref=cut.get("click_ref", ""),
        host=host_of(visit.headers.get("referer", ""))[:_LONGEST],
        ip=kept_address(visit.source_ip, account.ip_mode),
        user_agent=_printable(visit.headers.get("user-agent", ""))[:_LONGEST],
        expires_at=visit.received_at // SECOND_MS + account.touch_retention_seconds,
        flags=tuple(flags),
    )


def _partner(given: str, registry: Registry, flags: list[str]) -> Partner | None:
    if not given:
        return None
    partner = registry.partners.get(PartnerId(given))
    if partner is None:
        flags.append("unknown_partner")
        return None
    if not partner.active:
        flags.append("partner_inactive")
        return None
    return partner


def _person(query: Mapping[str, str], flags: list[str]) -> Identity | None:
    """The identity in `ud` and `uid`. Emails, phones and click IDs are not taken from a URL."""
    domain, value = query.get("ud", ""), query.get("uid", "")
    if not domain and not value:
        return None
    try:
        known = identity(domain, value)
    except Refused as refused:
        flags.append(refused.code)
        return None
    if known.partition(":")[0] in UNTOLD:
        flags.append("bad_identity")
        return None
    return known


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable())
