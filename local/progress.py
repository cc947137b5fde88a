"""Steps with their times: a spinner in a terminal, plain lines anywhere else."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

console = Console(highlight=False)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Show that `what` is under way, then that it is done and how long it took."""
    began = time.monotonic()
    try:
        with console.status(f"{what} …"):
            yield
    except Exception:
        console.print(f"[red]✗[/red] {what}")
        raise
    console.print(f"[green]✓[/green] {what} [dim]{time.monotonic() - began:.1f} s[/dim]")


@contextmanager
def bar(what: str, total: int) -> Iterator[Progress]:
    """A bar of `total` parts; its only task is task 0."""
    columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as progress:
        progress.add_task(what, total=total)
        yield progress


def fail(cause: str) -> None:
    """Say in red what went wrong."""
    console.print(f"[red]✗ {cause}[/red]", soft_wrap=True)
