"""The operator's command line, `touchline`. Commands are loaded when they are called, so that
`touchline --help` and completion stay quick however heavy a command is."""

import importlib
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

COMMANDS = {
    # name: (module:attribute of a Typer app, what the list of commands says)
    "apply": ("cli.apply:app", "Declare accounts, events, partners… from a YAML file"),
    "drift": ("cli.drift:app", "What differs between a YAML file and what is declared"),
    "export": ("cli.export:app", "What is declared, as the YAML that `apply` takes"),
    "schema": ("cli.schema:app", "The JSON Schema of that file, for editors"),
    "journeys": ("cli.journeys:app", "Credit the channels of your own file of journeys (no AWS)"),
    "token": ("cli.token:app", "Create, list, rotate and revoke tokens"),
    "attribute": ("cli.attribute:app", "Run nights again; see first what other rules change"),
    "explain": ("cli.explain:app", "Why a conversion was credited as it was"),
    "report": ("cli.report:app", "Any report as a table, a file or a picture"),
    "reconcile": ("cli.reconcile:app", "A partner's list against ours, with the likely causes"),
    "import-spend": ("cli.import_spend:app", "What was spent on advertising, from a CSV file"),
    "erase": ("cli.erase:app", "Forget a person everywhere, with a receipt"),
    "import-conversions": (
        "cli.import_conversions:app",
        "Send conversions from a CSV file, line by line, resumable",
    ),
    "sign": ("cli.sign:app", "Sign a click or postback URL as a partner's system would"),
    "deliveries": ("cli.deliveries:app", "What was sent to whom; resend, replay, release"),
    "test-send": ("cli.trial:app", "Send a test to an endpoint and see both sides"),
    "lint-template": ("cli.lint_template:app", "What is wrong with a postback URL, before sending"),
    "verify-signature": ("cli.verify_signature:app", "Check the signature of a received webhook"),
    "status": ("cli.status:app", "Is all well? The night, deliveries, queues, in one look"),
    "redrive": ("cli.redrive:app", "Dead letters back to where they came from"),
    "person": ("cli.person:app", "Who is one person, how it is known; take a link back"),
    "audit": ("cli.audit:app", "Who changed what, when"),
}
"""One line per command; a command's module is imported only when it is called."""

_OF_THE_WHOLE = frozenset({"install_completion", "show_completion"})
"""Options that belong to `touchline` and not to each of its commands."""


class Commands(TyperGroup):
    """The commands by name, loaded late."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the parent's signature
        """Every command's name, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """What the list shows of a command: its name and a line."""
        if cmd_name not in COMMANDS:
            return None
        return TyperCommand(cmd_name, help=COMMANDS[cmd_name][1])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that was called, loaded now."""
        name, found, rest = super().resolve_command(ctx, args)
        return name, found and loaded(str(name)), rest


def loaded(name: str) -> Any:
    """Import a command's module and build it."""
    module, _, attribute = COMMANDS[name][0].partition(":")
    found: Any = getattr(importlib.import_module(module), attribute)
    command: Any = typer.main.get_command(found)
    command.name = name
    command.params = [one for one in command.params if one.name not in _OF_THE_WHOLE]
    return command


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Touchline: server-to-server conversion tracking and attribution on your own account.",
)


@app.callback()
def _all() -> None:
    """What every command shares is declared with each of them (cli.target)."""


def run() -> None:
    """Run the command line (the entry point that setup installs)."""
    app()
