"""Recording a conversion: one conditional write decides whether it is new; life.py what else."""

from collections.abc import Mapping
from dataclasses import replace

from touchline.intake.arrival import Arrival, Outcome, Result
from touchline.intake.caller import Caller
from touchline.intake.judge import Draft, judge
from touchline.intake.life import Another, Changed, NotTaken, Same, news
from touchline.intake.linking import links_between
from touchline.intake.payout import Terms, price, repriced, terms_of
from touchline.intake.ports import Desk
from touchline.intake.restate import restate
from touchline.intake.submission import Submission, digest_of
from touchline.intake.suspicion import Watch, signs, suspected, too_many, watches
from touchline.kernel.clock import SECOND_MS
from touchline.kernel.errors import Conflict, Refused, StoreUnavailable
from touchline.kernel.ids import TouchId
from touchline.kernel.values import dataclass
from touchline.ledger.identity import CLICK, Identity
from touchline.ledger.model import Conversion, Repeat, Tally, Touch, TouchKind

RACES = 8
"""How often a write that somebody else overtook is tried again before the request is spilled."""


def record(desk: Desk, caller: Caller, arrival: Arrival, submission: Submission) -> Outcome:
    """Store a conversion, or take the news of one that is there.

    Raises Refused with the reason for what cannot be taken, StoreUnavailable.
    """
    click = _click(desk, caller, arrival, submission)
    draft = _with_clickless_touch(desk, caller, judge(submission, click, caller, arrival), arrival)
    terms = terms_of(draft.conversion, caller.registry)
    domain, account = submission.mail_domain, caller.account
    recorder = _Recorder(
        desk,
        caller,
        arrival,
        terms,
        signs(draft.conversion, click, domain, account),
        watches(draft.conversion, click, account.fraud),
    )
    for _ in range(RACES):
        try:
            return recorder.store(draft)
        except Conflict as conflict:
            if conflict.code not in {"tally_moved", "stale_version"}:
                raise
    raise StoreUnavailable("many at once")


@dataclass(frozen=True, slots=True)
class _Recorder:
    desk: Desk
    caller: Caller
    arrival: Arrival
    terms: Terms
    signs: tuple[str, ...]
    watches: tuple[Watch, ...]

    def store(self, draft: Draft) -> Outcome:
        if draft.refund is not None:
            return self._taken_back(draft)
        tallied = self._tallied()
        judged = self._suspected(draft.conversion, tallied)
        priced, steps = price(judged, self.terms, tallied, stated=draft.payout_stated)
        if "unknown_status" in priced.flags:
            word = priced.status_word.lower()
            self.desk.ledger.note_word(priced.realm, priced.key.scope, word, priced.key)
        counted = [one.step for one in self.watches]
        existing = self.desk.ledger.add_conversion(priced, (*steps, *counted))
        if existing is None:
            self._link(priced.identities)
            return self._outcome(Result.STORED, priced, priced.flags)
        repeated = replace(draft, conversion=repriced(draft.conversion, self.terms, tallied))
        return self._again(existing, repeated)

    def _suspected(self, conversion: Conversion, tallied: Mapping[str, Tally]) -> Conversion:
        """Only a new conversion is looked at: news of one that is there does not make it worse."""
        found = (*self.signs, *too_many(self.watches, tallied))
        return suspected(conversion, found, self.caller.account.fraud.verdict)

    def _taken_back(self, draft: Draft) -> Outcome:
        """A refund never makes a conversion: what it takes back must be there, or it waits."""
        key = draft.conversion.key
        existing = self.desk.ledger.conversion(self.caller.realm, key)
        if existing is None:
            if self.desk.keeps_refused:
                self.desk.ledger.note_refund(self.caller.realm, key, self.arrival.receipt)
            raise Refused("nothing_to_refund", key.id, field="conversion_id")
        return self._again(existing, draft)

    def _again(self, existing: Conversion, draft: Draft) -> Outcome:
        verdict = news(existing, draft, self.caller.account.lock_after_seconds)
        match verdict:
            case Another(another):
                key = replace(draft.conversion.key, id=another)
                return self.store(replace(draft, conversion=replace(draft.conversion, key=key)))
            case Changed(conversion, reasons):
                repeat = self._repeat(existing, draft, applied=True)
                stored = restate(
                    self.desk.ledger, self.caller.registry, existing, conversion, repeat
                )
                self._link(stored.identities)
                gained = (flag for flag in stored.flags if flag not in existing.flags)
                told = (*reasons, *draft.conversion.flags, *gained)
                return self._outcome(Result.UPDATED, stored, told)
            case NotTaken(reason):
                self.desk.ledger.add_repeat(
                    existing.realm, self._repeat(existing, draft, conflict=True)
                )
                return self._outcome(Result.DUPLICATE, existing, (reason,))
            case Same(reason):
                self.desk.ledger.add_repeat(existing.realm, self._repeat(existing, draft))
                self._link(existing.identities)
                return self._outcome(
                    Result.DUPLICATE, existing, (reason,) if reason else ("repeat",)
                )

    def _repeat(
        self, existing: Conversion, draft: Draft, *, conflict: bool = False, applied: bool = False
    ) -> Repeat:
        return Repeat(
            key=existing.key,
            receipt=self.arrival.receipt,
            at=self.arrival.recorded_at,
            digest=draft.conversion.digest,
            conflict=conflict,
            applied=applied,
            first_digest=existing.digest,
            envelope=self.arrival.envelope,
        )

    def _tallied(self) -> dict[str, Tally]:
        names = (*self.terms.tallies, *(one.tally for one in self.watches))
        if not names:
            return {}
        found = self.desk.ledger.tallies(self.caller.realm, names)
        return {tally.name: tally for tally in found}

    def _link(self, identities: tuple[Identity, ...]) -> None:
        links = links_between(identities, self.arrival)
        if links:
            self.desk.ledger.put_links(self.caller.realm, links)

    def _outcome(self, result: Result, conversion: Conversion, reasons: tuple[str, ...]) -> Outcome:
        excluded = (conversion.excluded,) if conversion.excluded else ()
        return Outcome(
            result,
            self.arrival.receipt,
            tuple(dict.fromkeys((*excluded, *reasons))),
            conversion_id=conversion.key.id,
        )


def _click(desk: Desk, caller: Caller, arrival: Arrival, submission: Submission) -> Touch | None:
    if not submission.click_id:
        return None
    named = Identity(f"{CLICK}:{submission.click_id}")
    return desk.ledger.first_touch(caller.realm, named, arrival.recorded_at)


def _with_clickless_touch(desk: Desk, caller: Caller, draft: Draft, arrival: Arrival) -> Draft:
    """A partner and a click time without a click ID are a click that we did not see ourselves.

    It becomes a touch of the conversion, so that it is credited by the rules of any other click.
    """
    conversion = draft.conversion
    if conversion.click_id or conversion.clicked_at is None or conversion.partner is None:
        return draft
    named = digest_of([conversion.partner, conversion.key.event, conversion.key.id])
    known = Identity(f"{CLICK}:clickless-{named}")
    partner = caller.registry.partners[conversion.partner]
    touch = Touch(
        id=TouchId(f"tch_{named}"),
        identity=known,
        kind=TouchKind.CLICK,
        channel=partner.channel,
        occurred_at=conversion.clicked_at,
        received_at=arrival.received_at,
        campaign=conversion.campaign,
        partner=conversion.partner,
        subs=conversion.subs,
        flags=("clickless",),
        consent=conversion.consent,
        expires_at=expiry(caller, conversion.clicked_at),
        listed=partner.list_clicks,
    )
    desk.ledger.put_touch(caller.realm, touch)
    return replace(
        draft, conversion=replace(conversion, identities=(*conversion.identities, known))
    )


def expiry(caller: Caller, occurred_at: int) -> int:
    """When a touch may go, in seconds since 1970."""
    return occurred_at // SECOND_MS + caller.account.touch_retention_seconds
