"""A person's rows without the person: each identity becomes a random one of the same domain.

The shape of the person's history stays (who earned a conversion, when, by what kind of evidence),
so that closed days do not move and nights run again decide the same; who it was is gone. Pure.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import unquote_plus

from touchline.delivery.model import Attempt, Delivery, State
from touchline.kernel.errors import Refused
from touchline.kernel.ids import ClickId
from touchline.ledger.decisions import Candidate, Decision
from touchline.ledger.identity import CLICK, Identity, domain_of, of_email, of_phone
from touchline.ledger.model import ERASED, Conversion, Link, Repeat, Revision, Touch

_EMAILS = re.compile(r"[^\s\"'<>()&=;,:]+@[^\s\"'<>()&=;,:@]+\.[a-z0-9-]{2,}")
_PHONES = re.compile(r"\+?\d[\d\s()./-]{5,18}\d")
_KEPT_OF_REVISIONS = frozenset(
    {"status", "value_micros", "currency", "payout_micros", "payout_currency", "occurred_at"}
)


class Pseudonyms:
    """The new name of each identity of one person, made with a salt that is then thrown away."""

    def __init__(self, identities: Iterable[Identity], salt: bytes) -> None:
        self._salt = salt
        self._names = {known: self._name(known) for known in identities}
        self._values = {known.partition(":")[2] for known in self._names}

    def of(self, known: Identity) -> Identity:
        """The pseudonym of an identity."""
        return self._names.get(known) or self._name(known)

    def is_named_in(self, decision: Decision) -> bool:
        """Whether a sub-ID on the decision's path names the person, and so the day's roll-up."""
        return any(dict(one.subs) != self._impersonal(one.subs) for one in decision.path)

    def touch(self, touch: Touch) -> Touch:
        """The touch with its time, channel, campaign, partner and name alone."""
        return replace(
            touch,
            identity=self.of(touch.identity),
            click_id=self._click(touch.click_id),
            click_ref="",
            subs=self._impersonal(touch.subs),
            ad_ids={},
            ip="",
            user_agent="",
        )

    def link(self, link: Link) -> Link:
        """The same link between pseudonyms."""
        return replace(link, one=self.of(link.one), other=self.of(link.other))

    def conversion(self, conversion: Conversion, attempt: str) -> Conversion:
        """The conversion with its money, status and origin alone."""
        return replace(
            conversion,
            identities=tuple(self.of(known) for known in conversion.identities),
            click_id=self._click(conversion.click_id),
            subs=self._impersonal(conversion.subs),
            parameters={},
            history=tuple(_revision(one) for one in conversion.history),
            flags=tuple(dict.fromkeys((*conversion.flags, ERASED))),
            consent=(),
            envelope=None,
            version=conversion.version + 1,
            attempt=attempt,
        )

    def decision(self, decision: Decision) -> Decision:
        """The decision about it, with pseudonyms on its path.

        One that names the person by a sub-ID loses its rules' version too, so that the next run
        over its day finds it changed, and publishes the day's roll-up anew.
        """
        version = "" if self.is_named_in(decision) else decision.rules_version
        candidates = tuple(self._candidate(one) for one in decision.candidates)
        return replace(decision, candidates=candidates, rules_version=version)

    def _candidate(self, one: Candidate) -> Candidate:
        return replace(
            one,
            identity=self.of(one.identity),
            click_ref="",
            subs=self._impersonal(one.subs),
        )

    def _click(self, click: ClickId | None) -> ClickId | None:
        if click is None:
            return None
        return ClickId(self.of(Identity(f"{CLICK}:{click}")).partition(":")[2])

    def _impersonal(self, subs: Mapping[str, str]) -> dict[str, str]:
        """Sub-IDs name campaigns and placements; those that name the person are left out."""
        return {
            name: value
            for name, value in subs.items()
            if "@" not in value and value not in self._values
        }

    def _name(self, known: Identity) -> Identity:
        digest = hashlib.blake2b(known.encode(), key=self._salt, digest_size=16).hexdigest()
        return Identity(f"{domain_of(known)}:erased-{digest}")


def blank_repeat(repeat: Repeat) -> Repeat:
    """A repeat without the request that made it."""
    return replace(repeat, envelope=None)


def blank_delivery(delivery: Delivery) -> Mapping[str, object]:
    """What changes in a delivery: nothing is left to send, and what waits is cancelled."""
    emptied: dict[str, object] = {"facts": {}, "body": ""}
    if delivery.state in {State.PENDING, State.HELD, State.SENDING}:
        emptied |= {"state": State.CANCELLED, "reason": ERASED, "lease": ""}
    return emptied


def blank_attempt(attempt: Attempt) -> Attempt:
    """An attempt with its outcome, and without what was said."""
    url = attempt.url.partition("?")[0]
    return replace(attempt, url=url, headers={}, request_body="", response_headers={}, response="")


def mentions(haystack: bytes, words: Sequence[str], identities: Collection[Identity]) -> bool:
    """Whether raw bytes hold one of the words (in any case of its letters), or a plain email or
    phone number whose hash is one of the identities."""
    low = haystack.decode("utf-8", "replace").lower()
    low = f"{low} {unquote_plus(low)}"
    if any(word.lower() in low for word in words):
        return True
    hashed = [known for found in _EMAILS.findall(low) for known in _hashed(of_email, found)]
    hashed += [known for found in _PHONES.findall(low) for known in _hashed(of_phone, found)]
    return not set(identities).isdisjoint(hashed)


def _hashed(normalised: Callable[[str], tuple[Identity, ...]], text: str) -> tuple[Identity, ...]:
    try:
        return normalised(text)
    except Refused:
        return ()


def _revision(revision: Revision) -> Revision:
    kept = {name: value for name, value in revision.before.items() if name in _KEPT_OF_REVISIONS}
    return replace(revision, before=kept)
