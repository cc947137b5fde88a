"""From a registry file to the Admin API: read what is there, plan, take the steps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cli.api import Api, ApiRefused, segment
from cli.registry_file import Declared
from touchline.registry.kinds import ACCOUNT, BY_NAME, THINGS
from touchline.registry.plan import Present, Step, steps, unmanaged


@dataclass(frozen=True, slots=True)
class Plan:
    """What shall happen to one account, and what is there beside the file."""

    account: str
    steps: tuple[Step, ...]
    unmanaged: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that was taken, and what the API answered."""

    account: str
    step: Step
    answer: Any


def plan_of(api: Api, declared: Declared, *, prune: bool = False) -> Plan:
    """What it takes to make the stack as the document says."""
    present = present_of(api, declared.account)
    planned = steps(declared.wanted, declared.tokens, present, prune=prune)
    return Plan(declared.account, tuple(planned), tuple(unmanaged(declared.wanted, present)))


def present_of(api: Api, account: str) -> Present:
    """What is declared for an account now; nothing when there is no such account."""
    try:
        mine = api.get(f"/admin/accounts/{segment(account)}")
    except ApiRefused as error:
        if error.code == "not_found":
            return Present({})
        raise
    things = {(ACCOUNT.name, account): mine}
    for kind in THINGS:
        for item in api.items(f"/admin/{kind.plural}", account=account):
            things[kind.name, str(item[kind.key])] = item
    tokens = api.items("/admin/tokens", account=account)
    return Present(things, frozenset(t["name"] for t in tokens if t["revoked_at"] is None))


def take(api: Api, plan: Plan) -> Iterator[Taken]:
    """Take the steps. One that names a thing which a later step makes waits for that one."""
    waiting: Sequence[Step] = plan.steps
    while waiting:
        later: list[Step] = []
        refused: ApiRefused | None = None
        for step in waiting:
            try:
                yield Taken(plan.account, step, _take(api, plan.account, step))
            except ApiRefused as error:
                if error.code not in {"unknown_reference", "in_use"}:
                    raise
                refused = error
                later.append(step)
        if refused is not None and len(later) == len(waiting):
            raise refused
        waiting = later


def _take(api: Api, account: str, step: Step) -> Any:
    query = {} if step.kind == ACCOUNT.name else {"account": account}
    if step.action == "issue":
        return api.call("POST", "/admin/tokens", step.body, query=query)
    many = f"/admin/{BY_NAME[step.kind].plural}"
    if step.action == "create":
        return api.call("POST", many, step.body, query=query)
    one = f"{many}/{segment(step.thing)}"
    stated = {"if-match": f'"{step.version}"'}
    method = "DELETE" if step.action == "delete" else "PATCH"
    return api.call(method, one, step.body or None, query=query, headers=stated)
