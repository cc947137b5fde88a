"""`touchline schema`: the JSON Schema of a registry file."""

import typer

from cli.output import print_json
from touchline.registry.schema import file_schema

app = typer.Typer(rich_markup_mode="rich")


@app.command(
    epilog="Example: [cyan]touchline schema > registry.schema.json[/cyan], then begin the YAML "
    "file with [cyan]# yaml-language-server: $schema=registry.schema.json[/cyan]"
)
def schema() -> None:
    """Print the JSON Schema of the file that `touchline apply` takes, for editors."""
    print_json(file_schema())
