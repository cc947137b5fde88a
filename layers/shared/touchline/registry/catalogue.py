"""What is odd about an account's event catalogue. Warnings only: nothing is refused for its name.

A catalogue stays useful while events are few, named alike (`verb_object`), owned, and read by
somebody; two names for one thing split every count in half.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import combinations

from touchline.kernel.ids import EventName
from touchline.kernel.values import dataclass
from touchline.registry.model import EventDefinition

MANY_EVENTS = 25
MANY_MACRO_EVENTS = 5
"""A macro conversion is what the business lives on; beyond a handful they are micro ones."""

VERBS = frozenset(
    {
        *("abandon", "accept", "activate", "add", "apply", "approve", "ask", "attend", "begin"),
        *("book", "browse", "buy", "call", "cancel", "change", "chat", "check", "choose", "claim"),
        *("click", "close", "comment", "compare", "complete", "confirm", "contact", "create"),
        *("customize", "deposit", "donate", "download", "earn", "enroll", "enter", "export"),
        *("fill", "find", "finish", "follow", "fund", "generate", "get", "import", "install"),
        *("invite", "join", "launch", "like", "listen", "log", "login", "make", "meet", "open"),
        *("order", "pass", "pay", "place", "play", "post", "print", "publish", "purchase"),
        *("qualify", "rate", "reach", "read", "receive", "redeem", "refer", "register", "remove"),
        *("renew", "rent", "repeat", "reply", "request", "reserve", "return", "review", "save"),
        *("scan", "schedule", "scroll", "search", "see", "select", "sell", "send", "share"),
        *("show", "sign", "signup", "spend", "start", "stay", "stream", "submit", "subscribe"),
        *("switch", "take", "tap", "top", "track", "transfer", "try", "unlock", "update"),
        *("upgrade", "upload", "use", "verify", "view", "visit", "vote", "watch", "win", "write"),
    }
)
"""First words that make a name `verb_object`."""


@dataclass(frozen=True, slots=True)
class Oddity:
    """One oddity: a reason code, the events that it is about, and a sentence."""

    code: str
    events: tuple[EventName, ...]
    advice: str


def warnings(events: Collection[EventDefinition]) -> tuple[Oddity, ...]:
    """Everything odd about a catalogue, in a stable order."""
    ordered = sorted(events, key=lambda event: event.api_name)
    return (
        *(warning for event in ordered for warning in _about(event)),
        *_sprawl(ordered),
        *_alike(ordered),
    )


def is_verb_object(name: str) -> bool:
    """`is_verb_object("submit_form")`; not `form_submit`, `purchase` or `submitForm`."""
    verb, _, thing = name.partition("_")
    words = thing.split("_")
    sound = name == name.lower() and all(word.isascii() and word.isalnum() for word in words)
    return sound and verb in VERBS


def _about(event: EventDefinition) -> Iterator[Oddity]:
    name = event.api_name
    if not is_verb_object(name):
        advice = f"call it what a person does, for example {_proposal(name)}"
        yield Oddity("event_not_verb_object", (name,), advice)
    if not event.owner:
        yield Oddity("event_without_owner", (name,), "name who answers for it")
    if not event.report:
        yield Oddity("event_without_report", (name,), "name the report that it feeds, or drop it")


def _proposal(name: str) -> str:
    words = _words(name)
    verbs = [word for word in words if word in VERBS]
    things = [word for word in words if word not in VERBS]
    if verbs and things:
        return "_".join((verbs[-1], *things))
    if verbs:
        return f"complete_{verbs[0]}"
    return f"view_{'_'.join(things)}" if things else "submit_form"


def _sprawl(ordered: Sequence[EventDefinition]) -> Iterator[Oddity]:
    names = tuple(event.api_name for event in ordered)
    macro = tuple(event.api_name for event in ordered if event.kind == "macro")
    if len(names) > MANY_EVENTS:
        advice = f"{len(names)} events; above {MANY_EVENTS} nobody reads them all"
        yield Oddity("event_sprawl", names, advice)
    if len(macro) > MANY_MACRO_EVENTS:
        advice = f"{len(macro)} macro events; make those micro that the business can live without"
        yield Oddity("event_sprawl", macro, advice)


def _alike(ordered: Sequence[EventDefinition]) -> Iterator[Oddity]:
    for one, other in combinations((event.api_name for event in ordered), 2):
        if are_alike(one, other):
            yield Oddity("event_names_alike", (one, other), "keep one name; rename the other")


def are_alike(one: str, other: str) -> bool:
    """Whether two names seem to mean one thing: the same words in another order or spelling,
    or one letter apart."""
    first, second = _words(one), _words(other)
    if sorted(map(_singular, first)) == sorted(map(_singular, second)):
        return True
    joined, rejoined = "".join(first), "".join(second)
    return joined == rejoined or (min(len(joined), len(rejoined)) > 5 and _near(joined, rejoined))


def _words(name: str) -> list[str]:
    """`submitForm`, `submit-form` and `Submit Form` are `["submit", "form"]`."""
    spaced = "".join(f" {letter}" if letter.isupper() else letter for letter in name)
    if name.isupper():
        spaced = name
    return "".join(letter if letter.isalnum() else " " for letter in spaced).lower().split()


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _near(one: str, other: str) -> bool:
    """Whether one letter changed, came, went, or two neighbours swapped makes them equal.

    Digits never count as slips: `step_1` and `step_2` are two things.
    """
    if [c for c in one if c.isdigit()] != [c for c in other if c.isdigit()]:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    left, right = one[start:], other[start:]
    return (
        left[1:] == right[1:]
        or left[1:] == right
        or left == right[1:]
        or (left[:2] == right[1::-1] and left[2:] == right[2:])
    )
