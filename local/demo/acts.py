"""The acts of the demo, in order. Each raises Unmet if what it shows does not hold."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from local.api import Api
from local.demo.journeys import Journey, draw_journeys
from local.demo.receiver import Received, Receiver
from local.demo.replay import ACCOUNT, EVENT, expect, send_conversions, send_touches
from local.demo.stories import STORIES, Cast, Ending
from local.demo.table import MODELS, Credit, credit_table, differences
from local.machine import run, wait_until
from local.places import ROOT, VENV
from local.progress import console, step
from local.stack import Stack, invoke
from touchline.kernel.clock import Clock, day_of, next_day

REGISTRY = ROOT / "examples" / "registry.yaml"
RECEIVER_PATHS = {"acme-postback": "/postback", "warehouse": "/hooks", "referral-hook": "/referral"}
POSTBACK_SECONDS = 180.0
NIGHT_SECONDS = 300.0
EXPLAINED = "first_touch,last_touch,linear,time_decay"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
"""What clicks on links in the stories; without it a click is a robot's, and earns nothing."""


class Unmet(Exception):
    """Something that the demo shows did not hold."""


@dataclass(frozen=True, slots=True)
class Demo:
    """Where it plays."""

    stack: Stack
    receiver: Receiver
    state: Path
    clock: Clock

    @property
    def operator(self) -> Api:
        """The API as the operator calls it."""
        return Api(self.stack.api_url).with_token(self.stack.token, scheme="Bearer")

    def touchline(self, *arguments: str) -> str:
        """What the command line prints."""
        target = {"TOUCHLINE_API_URL": self.stack.api_url, "TOUCHLINE_TOKEN": self.stack.token}
        return run([VENV / "bin" / "touchline", *arguments], cwd=ROOT, extra=target)


def perform(demo: Demo) -> None:
    """All of it. Times are whole days and hours before one instant, taken here once."""
    now = demo.clock()
    journeys = draw_journeys(now)
    with step("Declare events, campaigns, partners, endpoints (touchline apply)"):
        secret = apply_registry(demo)
    cast = gather(demo, now)
    send_touches(cast.backend, journeys)
    send_conversions(cast.backend, journeys)
    endings = play_stories(cast)
    with step("Run the night (the deployed attribution function)"):
        record = run_night(demo, day_of(now), day_of(demo.clock()))
    console.print(f"  {record['decided']} conversions decided", style="dim")
    with step("See how each story ended"):
        decided = check_endings(demo, endings)
    show(decided)
    with step("See what partners were told (a real receiver on this machine)"):
        told = check_postbacks(demo, secret)
    show(told)
    show_credit(demo, journeys, now)
    told_of = worth_explaining(journeys)
    explain_one(demo, told_of.order_id)
    say_where_next(demo, told_of.order_id)


def show(lines: Iterable[str]) -> None:
    """Details below a step."""
    for line in lines:
        console.print(f"  {line}", style="dim", soft_wrap=True, markup=False)


def apply_registry(demo: Demo) -> str:
    """The example registry with its endpoints on the demo's receiver; the signing secret in it."""
    declared = yaml.safe_load(REGISTRY.read_text(encoding="utf-8"))
    for endpoint in declared["endpoints"]:
        _, _, query = endpoint["url"].partition("?")
        path = RECEIVER_PATHS[endpoint["id"]]
        endpoint["url"] = demo.receiver.url(path) + (f"?{query}" if query else "")
        endpoint["allow_http"] = True
        endpoint["ports"] = [demo.receiver.port]
    file = demo.state / "registry.yaml"
    file.write_text(yaml.safe_dump(declared, sort_keys=False), encoding="utf-8")
    demo.touchline("apply", str(file), "--yes")
    signed = next(e for e in declared["endpoints"] if e["id"] == "warehouse")
    return str(signed["secrets"][0]["value"])


def gather(demo: Demo, now: int) -> Cast:
    """A token for everybody who acts."""

    def caller(name: str, partner: str | None = None) -> Api:
        wanted = {"name": name, "scopes": ["ingest"], "partner": partner}
        answer = demo.operator.post(f"/admin/tokens?account={ACCOUNT}", wanted)
        if answer.status != 201:
            raise Unmet(f"no token for {name}: {answer.status} {answer.body[:300]!r}")
        return Api(demo.stack.api_url).with_token(answer.json()["token"])

    browser = Api(demo.stack.api_url, {"user-agent": BROWSER})
    backend, acme, friends = (
        caller("back end"),
        caller("acme", "acme"),
        caller("friends", "friends"),
    )
    return Cast(browser, backend, acme, friends, now)


def play_stories(cast: Cast) -> list[Ending]:
    """Every story, one after the other."""
    endings: list[Ending] = []
    for story in STORIES:
        with step(f"Story: {story.title}"):
            endings += story.play(cast)
    return endings


def run_night(demo: Demo, first: str, last: str) -> Any:
    """Decide everything received on these days; the run's summary. Should the stack's own midnight
    be under way just now, its lease is waited for."""
    tried: list[Any] = []

    def is_done() -> bool:
        tried.append(invoke(demo.stack, "AttributionFunction", {"from": first, "to": last}))
        return bool(tried[-1]["status"] != "busy")

    wait_until(is_done, seconds=NIGHT_SECONDS, every=1)
    if tried[-1]["status"] != "published":
        raise Unmet(f"the night was not published: {json.dumps(tried[-1])[:800]}")
    return tried[-1]


def check_endings(demo: Demo, endings: Iterable[Ending]) -> list[str]:
    """Each decision is what its story says; what to say of them."""
    lines = []
    for ending in endings:
        query = {"account": ACCOUNT, "event": ending.event}
        answer = demo.operator.get(f"/reports/conversions/{ending.conversion_id}", query)
        traced = expect(answer, f"the trace of {ending.conversion_id}", ()).json()
        decision = traced["conversions"][0]["decision"]
        found = ended(decision)
        require(found == ending.words, f"{ending.conversion_id}: {found}, not {ending.words}")
        paid = (decision["payer"] or {}).get("partner", "")
        require(paid == ending.partner, f"{ending.conversion_id}: paid to {paid or 'nobody'}")
        lines.append(f"{ending.conversion_id}: {decision['summary']}")
    return lines


def ended(decision: Any) -> str:
    """A decision in the words of an ending."""
    if decision["outcome"] != "attributed":
        return f"not attributed: {decision['reason']['code']}"
    credited = {one["channel"] for one in decision["candidates"] if one["credits"]["linear"]}
    return f"credited to {', '.join(sorted(credited))}"


def check_postbacks(demo: Demo, secret: str) -> list[str]:
    """The GET with macros, the signed POSTs and the referral webhook; what to say of them."""
    receiver = demo.receiver

    def came(path: str, count: int) -> list[Received]:
        if not wait_until(lambda: len(receiver.at(path)) >= count, seconds=POSTBACK_SECONDS):
            raise Unmet(f"{len(receiver.at(path))} of {count} requests came to {path}")
        return receiver.at(path)

    postback = came("/postback", 1)[0]
    wanted = {"cid": "ACME-77", "sum": "8.00", "cur": "USD", "sub": "banner-top"}
    require(wanted.items() <= postback.query.items(), f"the postback said {postback.query}")
    referral = came("/referral", 1)[0]
    wanted = {"conversion": "success", "referrer_name": "Ann", "goal_complete": "1"}
    require(wanted.items() <= referral.query.items(), f"the referral hook said {referral.query}")
    hooks = came("/hooks", 11)
    require(all(hook.is_signed_with(secret) for hook in hooks), "a signature does not verify")
    forged = Received(hooks[0].method, hooks[0].target, hooks[0].headers, hooks[0].body + b" ")
    require(not forged.is_signed_with(secret), "a forged body verifies")
    return [
        f"GET  {postback.target}",
        f"GET  {referral.target}",
        f"POST /hooks, {len(hooks)} times, each signature verified by the reference library",
    ]


def require(held: bool, otherwise: str) -> None:
    """Raise Unmet unless it held."""
    if not held:
        raise Unmet(otherwise)


def show_credit(demo: Demo, journeys: list[Journey], now: int) -> None:
    """The table, and whether it equals the sums computed straight from the file."""
    credit = read_credit(demo, now)
    console.print()
    console.print(credit_table(credit, "Credit by channel: conversions and value"))
    wrong = differences(credit, journeys)
    if wrong:
        raise Unmet("credit is not what the file says:\n" + "\n".join(wrong[:10]))
    console.print("[green]✓[/green] Every sum equals the one computed straight from the file.")


def read_credit(demo: Demo, now: int) -> Credit:
    """Credit by channel from the report, of the days on which the journeys converted."""
    query = {
        "account": ACCOUNT,
        "from": next_day(day_of(now), -4),
        "to": day_of(now),
        "event": EVENT,
        "model": ",".join(MODELS),
        "group_by": "channel",
    }
    answer = expect(demo.operator.get("/reports/attribution", query), "the report", ())
    return read_rows(answer.json())


def read_rows(report: Any) -> Credit:
    """The rows of the report by model and channel."""
    credit: dict[str, dict[str, tuple[float, int]]] = {model: {} for model in MODELS}
    for row in report["rows"]:
        earned = (float(row["conversions"]), micros(row["value"]))
        credit[row["model"]][row["channel"]] = earned
    return credit


def micros(money: str) -> int:
    """`12.34` as 12_340_000."""
    whole, _, fraction = money.partition(".")
    return int(whole) * 1_000_000 + int(fraction.ljust(6, "0"))


def worth_explaining(journeys: list[Journey]) -> Journey:
    """The first that converted after a few touches of different channels."""
    converted = (journey for journey in journeys if journey.converted_at is not None)
    return next(one for one in converted if len(one.channels) == len(set(one.channels)) + 1 == 4)


def explain_one(demo: Demo, conversion: str) -> None:
    """One decision in full, as an operator reads it."""
    console.print()
    console.print(f"[bold]touchline explain {conversion}[/bold]")
    told = demo.touchline("explain", conversion, "--account", ACCOUNT, "--model", EXPLAINED)
    console.print(told.rstrip(), soft_wrap=True, markup=False)


def say_where_next(demo: Demo, conversion: str) -> None:
    """What to look at now."""
    lines = {
        "Console": demo.stack.console_url,
        "Admin token": demo.stack.token,
        "One decision": f".venv/bin/touchline explain {conversion} --account {ACCOUNT}",
        "What was sent": f".venv/bin/touchline deliveries list --account {ACCOUNT}",
        "The docs": "docs/index.md",
    }
    console.print("\n[bold]Where to look next[/bold]")
    for name, place in lines.items():
        console.print(f"  {name:<14} {place}", soft_wrap=True)
