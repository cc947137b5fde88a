"""Steps with their times: a spinner in a terminal, plain lines anywhere else."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

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
def counted(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A step of `total` parts with a bar; call what it gives with the number of parts done."""
    began = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    shown = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    with shown as progress:
        task = progress.add_task(what, total=total)
        yield lambda parts: progress.advance(task, parts)
    console.print(f"[green]✓[/green] {what} [dim]{time.monotonic() - began:.1f} s[/dim]")


def fail(cause: str) -> None:
    """Say in red what went wrong; brackets in it are a tool's words, and no markup of ours."""
    console.print(f"✗ {cause}", style="red", markup=False, soft_wrap=True)
