"""From a submission to a conversion: every field judged, every remark named. Pure."""

from collections.abc import Mapping

from touchline.intake import values
from touchline.intake.arrival import Arrival
from touchline.intake.caller import Caller
from touchline.intake.catalogue import Naming, default_value, naming
from touchline.intake.dialects import status_of
from touchline.intake.masking import masked
from touchline.intake.submission import Submission, derived_id, digest_of
from touchline.kernel.clock import DAY_MS, MINUTE_MS, SECOND_MS
from touchline.kernel.errors import Forbidden, Refused
from touchline.kernel.ids import CampaignId, ClickId, ConversionId, EventName, PartnerId
from touchline.kernel.values import dataclass
from touchline.ledger.model import Conversion, ConversionKey, Status, Touch
from touchline.registry.model import Duplicates, EventDefinition

REFUNDED = "refunded"
NO_ID = frozenset({"null", "none", "nil", "undefined", "nan", "n/a", "(null)", "[object object]"})
"""What broken senders put where they have no ID: taken at its word, all their sales were one."""
BACKEND = "backend"
"""The kind of partner that may report conversions of other partners' clicks."""
LATE_MS = 5 * MINUTE_MS
FORGIVEN_MS = DAY_MS
"""A postback's clock may run ahead by so much; the time of receipt is used then, remarked."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A conversion as one request says it is.

    `stated` are the fields that the sender named, with what it said; only they are news to a
    conversion that is there already. `refund` is set when the word was `refunded`: the amount to
    take back in micros, -1 for all of it.
    """

    conversion: Conversion
    stated: Mapping[str, str]
    duplicates: Duplicates = Duplicates.UPDATE
    payout_stated: bool = False
    refund: int | None = None
    refund_id: str = ""
    reason: str = ""


def judge(submission: Submission, click: Touch | None, caller: Caller, arrival: Arrival) -> Draft:
    """The conversion of a submission; `click` is the touch of its click ID, if it was found.

    Raises Refused with the reason for what cannot be taken at its word (the caller quarantines
    it), Forbidden `forbidden_account` for another partner's name.
    """
    partner = _partner(submission, click, caller)
    name = _event_name(submission, click, caller, partner)
    occurred_at, time_remarks = _occurred_at(submission, arrival, caller)
    named = naming(caller.registry.events, name, occurred_at)
    definition = named.definition
    source = submission.source or caller.scope or arrival.route.strip("/").partition("/")[0]
    _check_source(definition, source)
    _check_age(occurred_at, arrival, caller, definition)
    money = _Money.of(submission, definition, occurred_at, caller)
    status, word_known, refund = _status(submission, caller)
    stated = _stated(submission)
    own_id = "" if submission.conversion_id.lower() in NO_ID else submission.conversion_id
    conversion_id = own_id or derived_id(submission)
    subs, masks = masked({**(click.subs if click else {}), **submission.subs})
    told = with_reason(submission.extras, submission.reason)
    parameters, more_masks = masked(told)
    remarks = [
        *submission.remarks,
        *masks,
        *more_masks,
        *time_remarks,
        *money.remarks,
        *(() if own_id else ("derived_id",)),
        *(() if word_known else ("unknown_status",)),
        *_click_remarks(submission, click),
        *_partner_remarks(submission, click, partner, caller),
    ]
    conversion = Conversion(
        realm=caller.realm,
        key=ConversionKey(EventName(name), ConversionId(conversion_id), caller.scope),
        occurred_at=occurred_at,
        received_at=arrival.received_at,
        receipt=arrival.receipt,
        attempt=arrival.receipt,
        digest=digest_of(stated),
        identities=submission.identities,
        status=status,
        status_word="" if word_known else submission.status,
        value_micros=money.value_micros,
        currency=money.currency,
        payout_micros=money.payout_micros,
        payout_currency=money.payout_currency,
        click_id=ClickId(submission.click_id) or None,
        click_ref=submission.click_ref or (click.click_ref if click else ""),
        clicked_at=click.occurred_at if click else _click_time(submission),
        partner=partner,
        campaign=CampaignId(submission.campaign) or (click.campaign if click else None) or None,
        coupon=submission.coupon,
        source=source,
        subs=subs,
        parameters=parameters,
        excluded=_excluded(submission, named),
        flags=tuple(dict.fromkeys(remarks)),
        consent=submission.consent,
        changed_at=arrival.recorded_at,
        envelope=arrival.envelope,
    )
    return Draft(
        conversion=conversion,
        stated=stated,
        duplicates=definition.duplicates,
        payout_stated=bool(submission.payout),
        refund=refund,
        refund_id=submission.refund_id or conversion.digest,
        reason=parameters.get("reason", ""),
    )


def with_reason(parameters: Mapping[str, str], reason: str) -> Mapping[str, str]:
    """The parameters, with why the sender decided as it did where it says so."""
    return {**parameters, "reason": reason} if reason else parameters


def _stated(submission: Submission) -> dict[str, str]:
    """What the sender said about the conversion itself, for telling news from repeats."""
    names = (
        *("value", "payout", "currency", "payout_currency", "status", "occurred_at"),
        *("click_id", "click_time", "partner", "campaign", "coupon", "refund_value", "refund_id"),
    )
    said = {name: str(value) for name in names if (value := getattr(submission, name))}
    if submission.identities:
        said["identities"] = " ".join(sorted(submission.identities))
    if "status" in said:
        said["status"] = said["status"].lower()
    return said


def _partner(submission: Submission, click: Touch | None, caller: Caller) -> PartnerId | None:
    named = submission.partner
    own = caller.partner
    if own and own.kind != BACKEND:
        if named and named != own.id:
            raise Forbidden("forbidden_account", field="partner")
        if click and click.partner and click.partner != own.id:
            raise Refused("other_partners_click", field="click_id")
        return own.id
    if named:
        if named not in {partner.id for partner in caller.registry.partners.values()}:
            raise Refused("no_such_partner", named[:64], field="partner")
        return PartnerId(named)
    if click and click.partner:
        return click.partner
    return by_coupon(submission.coupon, caller)


def by_coupon(coupon: str, caller: Caller) -> PartnerId | None:
    """The partner whose coupon this is (any case)."""
    if not coupon:
        return None
    for partner in caller.registry.partners.values():
        if partner.active and coupon.lower() in {own.lower() for own in partner.coupons}:
            return partner.id
    return None


def _event_name(
    submission: Submission, click: Touch | None, caller: Caller, partner: PartnerId | None
) -> str:
    if submission.event:
        return submission.event
    registry = caller.registry
    declared = registry.partners.get(partner) if partner else None
    if declared and declared.default_event:
        return declared.default_event
    campaign = submission.campaign or (click.campaign if click else "") or ""
    known = registry.campaigns.get(CampaignId(campaign))
    if known and known.event:
        return known.event
    raise Refused("missing_event", field="event")


def _occurred_at(
    submission: Submission, arrival: Arrival, caller: Caller
) -> tuple[int, tuple[str, ...]]:
    if not submission.occurred_at:
        return arrival.received_at, ()
    occurred_at, remarks = values.instant(submission.occurred_at)
    ahead = occurred_at - arrival.received_at
    if ahead > caller.account.future_skew_seconds * SECOND_MS:
        if submission.strict_time or ahead > FORGIVEN_MS:
            raise Refused("in_future", "the time lies after the call", field="occurred_at")
        return arrival.received_at, (*remarks, "skewed")
    if ahead < -LATE_MS:
        return occurred_at, (*remarks, "late")
    return occurred_at, remarks


def _check_age(
    occurred_at: int, arrival: Arrival, caller: Caller, definition: EventDefinition
) -> None:
    longest = definition.max_age_seconds
    seconds = caller.account.max_age_seconds if longest is None else longest
    if arrival.received_at - occurred_at > seconds * SECOND_MS:
        raise Refused("too_old", f"more than {seconds} s before the call", field="occurred_at")


def _check_source(definition: EventDefinition, source: str) -> None:
    if source in definition.paused_sources:
        raise Refused("source_paused", source, field="source")


def _click_time(submission: Submission) -> int | None:
    return values.instant(submission.click_time)[0] if submission.click_time else None


def _click_remarks(submission: Submission, click: Touch | None) -> tuple[str, ...]:
    if submission.click_id:
        return () if click else ("unknown_click",)
    return ("clickless",) if submission.click_time or submission.coupon else ()


def _partner_remarks(
    submission: Submission, click: Touch | None, partner: PartnerId | None, caller: Caller
) -> tuple[str, ...]:
    by_click_or_name = submission.partner or caller.partner or (click and click.partner)
    return ("by_coupon",) if partner and not by_click_or_name else ()


def _status(submission: Submission, caller: Caller) -> tuple[Status, bool, int | None]:
    """The status, whether its word is known, and what to take back (-1: all)."""
    if not submission.status:
        return Status.APPROVED, True, None
    meaning = status_of(submission.status, caller.partner, submission.status_lists)
    if meaning == REFUNDED:
        part = submission.refund_value
        return Status.APPROVED, True, values.amount(part, "refund_value") if part else -1
    if meaning is None or meaning not in set(Status):
        return Status.PENDING, False, None
    return Status(meaning), True, None


def _excluded(submission: Submission, named: Naming) -> str:
    return "skip_hook" if submission.skip_hook else named.excluded


@dataclass(frozen=True, slots=True)
class _Money:
    value_micros: int
    currency: str
    payout_micros: int
    payout_currency: str
    remarks: tuple[str, ...]

    @classmethod
    def of(
        cls, submission: Submission, definition: EventDefinition, occurred_at: int, caller: Caller
    ) -> "_Money":
        remarks = []
        currency = caller.account.currency
        if submission.currency:
            currency = values.currency(submission.currency)
        elif submission.value:
            remarks.append("assumed_currency")
        if submission.value:
            value = values.amount(submission.value, "value")
        else:
            value, estimated = default_value(definition, occurred_at)
            if estimated is not None:
                currency = estimated or currency
                remarks.append("default_value")
        paid_in = submission.payout_currency
        return cls(
            value,
            currency,
            values.amount(submission.payout, "payout") if submission.payout else 0,
            values.currency(paid_in) if paid_in else currency,
            tuple(remarks),
        )
