"""`touchline lint-template`: what is wrong with a postback URL, before anything is sent."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape

from cli.output import console, print_json
from cli.target import AsJson
from touchline.delivery.delimiters import canonical
from touchline.delivery.lint import lint_body, lint_url

app = typer.Typer(rich_markup_mode="rich")


@app.command(
    epilog="Example: [cyan]touchline lint-template 'https://x.example/pb?c={{clickid}}'[/cyan]"
)
def lint_template(
    template: Annotated[str, typer.Argument(help="The URL (or body) template, in quotes.")],
    body: Annotated[bool, typer.Option("--body", help="It is a body, not a URL.")] = False,
    allow_http: Annotated[bool, typer.Option("--allow-http", help="http is allowed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Name unknown, misspelt, unresolved and misplaced macros. Works without a stack.

    Every delimiter of other systems is understood and written as {name}. Ends with exit code 1
    when something must be corrected.
    """
    found = lint_body(template) if body else lint_url(template, allow_http=allow_http)
    wrong = any(finding.error for finding in found)
    if as_json:
        print_json({"canonical": canonical(template), "problems": [asdict(one) for one in found]})
    else:
        console.print(escape(canonical(template)), soft_wrap=True)
        for one in found:
            colour = "red" if one.error else "yellow"
            console.print(f"[{colour}]{one.code}[/{colour}] {escape(one.message)}", soft_wrap=True)
        if not found:
            console.print("[green]nothing wrong[/green]")
    if wrong:
        raise typer.Exit(1)
