"""`touchline apply FILE.yaml`: the registry as code."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from cli.api import Api
from cli.applying import Plan, Taken, plan_of, take
from cli.output import console, fail, failing_clearly, print_json
from cli.registry_file import UnreadableFile, read_file
from cli.target import ApiUrl, AsJson, TokenText, target_of
from touchline.registry.plan import Step

app = typer.Typer(rich_markup_mode="rich")

_SIGNS = {
    "create": "[green]+[/green]",
    "issue": "[green]+[/green]",
    "update": "[yellow]~[/yellow]",
    "delete": "[red]-[/red]",
}

RegistryFile = Annotated[Path, typer.Argument(help="The YAML file (see `touchline schema`).")]


@app.command(
    epilog="Examples: [cyan]touchline apply shop.yaml --dry-run[/cyan] · "
    "[cyan]touchline apply shop.yaml[/cyan] · "
    "[cyan]touchline apply shop.yaml --prune --yes[/cyan]"
)
def apply(
    file: RegistryFile,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the plan, change nothing.")
    ] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Delete what the file does not name (needs --yes).")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before deleting.")] = False,
    as_json: AsJson = False,
    api_url: ApiUrl = "",
    token: TokenText = "",
) -> None:
    """Make a stack's accounts, events, partners, campaigns, endpoints and tokens as a file says.

    Shows what differs, then changes just that; a second run changes nothing. What the file does
    not name stays. New tokens are shown once.
    """
    with failing_clearly():
        try:
            documents = read_file(file)
        except UnreadableFile as error:
            fail(str(error))
        api = Api(target_of(api_url, token))
        plans = [plan_of(api, document, prune=prune) for document in documents]
        if not as_json:
            show_plans(plans)
        deletes = any(step.action == "delete" for plan in plans for step in plan.steps)
        if deletes and not (yes or dry_run):
            fail("the plan deletes things", "Look at the plan, then add --yes.")
        taken = [] if dry_run else [done for plan in plans for done in take(api, plan)]
        if as_json:
            print_json(as_told(plans, taken, applied=not dry_run))
        else:
            show_taken(taken, dry_run=dry_run)


def show_plans(plans: list[Plan]) -> None:
    """The plan for people: one line per thing, one per field that changes."""
    for plan in plans:
        if not plan.steps:
            console.print(f"{escape(plan.account)}: [dim]nothing to change[/dim]")
        for step in plan.steps:
            console.print(f"{_SIGNS[step.action]} {step.kind} [bold]{escape(step.thing)}[/bold]")
            for one in step.differences:
                before, after = escape(repr(one.before)), escape(repr(one.after))
                told = f"    {escape(one.path)}: [dim]{before}[/dim] → {after}"
                console.print(told, soft_wrap=True)


def show_taken(taken: list[Taken], *, dry_run: bool) -> None:
    """What was done, with the texts of new tokens and the oddities of new events."""
    for done in taken:
        for odd in (done.answer or {}).get("warnings", ()):
            console.print(f"[yellow]note[/yellow] {escape(odd['advice'])}")
        if done.step.action == "issue":
            told = f"token [bold]{escape(done.step.thing)}[/bold]: {done.answer['token']}"
            console.print(told, soft_wrap=True)
            console.print("[dim]    shown once: keep it where secrets are kept[/dim]")
        if "secret" in (done.answer or {}):
            console.print(
                f"secret of [bold]{escape(done.step.thing)}[/bold]: {done.answer['secret']}"
            )
            console.print("[dim]    shown once: give it to the receiver[/dim]")
    if dry_run:
        console.print("[dim]dry run: nothing was changed[/dim]")
    elif taken:
        console.print(f"[green]done[/green]: {counted(len(taken), 'change')}")


def counted(number: int, noun: str) -> str:
    """`1 change`, `2 changes`."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def as_told(plans: list[Plan], taken: list[Taken], *, applied: bool) -> dict[str, Any]:
    """The plan and what came of it, for programs."""
    return {
        "applied": applied,
        "plan": [
            {"account": plan.account, **step_as_told(step)} for plan in plans for step in plan.steps
        ],
        "tokens": [
            {
                "account": done.account,
                "name": done.step.thing,
                "id": done.answer["id"],
                "scopes": done.answer["scopes"],
                "test": done.answer["test"],
                "token": done.answer["token"],
            }
            for done in taken
            if done.step.action == "issue"
        ],
        "secrets": [
            {"account": done.account, "endpoint": done.step.thing, "secret": done.answer["secret"]}
            for done in taken
            if "secret" in (done.answer or {})
        ],
        "warnings": [odd for done in taken for odd in (done.answer or {}).get("warnings", ())],
    }


def step_as_told(step: Step) -> dict[str, Any]:
    """One step, for programs."""
    return {
        "action": step.action,
        "kind": step.kind,
        "id": step.thing,
        "differences": [
            {"path": one.path, "before": one.before, "after": one.after} for one in step.differences
        ],
    }
