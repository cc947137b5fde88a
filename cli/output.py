"""How commands speak: tables and sentences for people, JSON for programs, errors with their fix.

Colours only in a terminal (and not under NO_COLOR): rich sees to it.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.api import ApiRefused, NotOneAccount, NotReachable
from cli.target import NoTarget
from touchline.kernel.errors import Refused
from touchline.kernel.reasons import CATALOGUE

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False, soft_wrap=True)
PIPE_WIDTH = 200
"""Columns of a table where there is no terminal: in a file or a pipe no ID is broken over lines."""


def print_json(value: Any) -> None:
    """The value as JSON, keys in their order, nothing else on the output."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Rows of text; an empty table says so."""
    if not rows:
        console.print(f"[dim]{escape(title)}: none[/dim]")
        return
    table = Table(
        title=title, title_justify="left", header_style="bold", box=SIMPLE_HEAD, pad_edge=False
    )
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(escape("" if cell is None else str(cell)) for cell in row))
    width = console.width if console.is_terminal else max(console.width, PIPE_WIDTH)
    Console(highlight=False, width=width).print(table)


@contextmanager
def failing_clearly() -> Iterator[None]:
    """Turns what can go wrong into one red line, the fix below it, and exit code 1."""
    try:
        yield
    except ApiRefused as error:
        fail(f"{error.code}: {error.message}", error.hint)
    except Refused as error:
        row = CATALOGUE.get(error.code)
        fail(str(error), row.fix if row else "")
    except (NotReachable, NoTarget, NotOneAccount) as error:
        fail(str(error))


def fail(message: str, hint: str = "") -> None:
    """Say what failed and what to do, and end with exit code 1."""
    errors.print(f"[bold red]error[/bold red] {escape(message)}")
    if hint:
        errors.print(f"[dim]{escape(hint)}[/dim]")
    raise typer.Exit(1)
