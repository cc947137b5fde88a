"""`touchline drift FILE.yaml`: does the stack still say what the file says?"""

import typer

from cli.api import Api
from cli.apply import RegistryFile, as_told, counted, show_plans
from cli.applying import plan_of
from cli.output import console, fail, failing_clearly, print_json
from cli.registry_file import UnreadableFile, read_file
from cli.target import ApiUrl, AsJson, TokenText, target_of

app = typer.Typer(rich_markup_mode="rich")


@app.command(epilog="Example: [cyan]touchline drift shop.yaml && echo as declared[/cyan]")
def drift(
    file: RegistryFile, as_json: AsJson = False, api_url: ApiUrl = "", token: TokenText = ""
) -> None:
    """Compare a stack with a file; exit 1 when they differ. Changes nothing."""
    with failing_clearly():
        try:
            documents = read_file(file)
        except UnreadableFile as error:
            fail(str(error))
        api = Api(target_of(api_url, token))
        plans = [plan_of(api, document) for document in documents]
        beside = [
            {"account": plan.account, "kind": kind, "id": thing}
            for plan in plans
            for kind, thing in plan.unmanaged
        ]
        if as_json:
            print_json({**as_told(plans, [], applied=False), "not_in_file": beside})
        else:
            show_plans(plans)
            for one in beside:
                console.print(f"[dim]? {one['kind']} {one['id']}: not in the file[/dim]")
            differing = sum(len(plan.steps) for plan in plans) + len(beside)
            console.print(f"{counted(differing, 'difference')}")
        if beside or any(plan.steps for plan in plans):
            raise typer.Exit(1)
