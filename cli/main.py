"""The operator's command line, `touchline`."""

import typer

app = typer.Typer(no_args_is_help=True, add_completion=True)


def run() -> None:
    """Run the command line (the entry point that setup installs)."""
    app()
