"""The first token of a stack, written by the registry's own code straight into its table: somebody
must be able to ask the API for the second one.

On AWS, with the credentials of the shell: `.venv/bin/python -m local.operator_token STACK REGION`.
"""

import secrets
import sys

from botocore.exceptions import BotoCoreError, ClientError

from local.machine import LOCAL_CREDENTIALS
from local.progress import console, fail
from local.stack import outputs_on_aws
from touchline.kernel.clock import system_clock
from touchline.kernel.ids import id_factory
from touchline.platform.connect import Connections
from touchline.platform.settings import Aws
from touchline.registry.audit import Author
from touchline.registry.token_store import TokenStore
from touchline.registry.tokens import ANY_ACCOUNT, Draft, issue


def local_aws(endpoint_url: str) -> Aws:
    """The emulator, as the platform's clients want it told."""
    return Aws(
        aws_region=LOCAL_CREDENTIALS["AWS_REGION"],
        aws_endpoint_url=endpoint_url,
        aws_access_key_id=LOCAL_CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=LOCAL_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )


def first_token(aws: Aws, registry_table: str) -> str:
    """Store an operator's token for every account; its text, which nobody can tell again."""
    new_id = id_factory(system_clock)
    draft = Draft(ANY_ACCOUNT, "first operator", ("admin", "report"))
    token, text = issue(draft, clock=system_clock, new_id=new_id, random_bits=secrets.randbits)
    connections = Connections(aws)
    try:
        store = TokenStore(connections.table(registry_table))
        store.add(token, Author(who="first operator", at=system_clock(), entry=new_id("aud")))
    finally:
        connections.close()
    return text


def main(arguments: list[str]) -> int:
    """Issue one for a stack on AWS; 0, 1 with the cause, or 2 for wrong usage."""
    if len(arguments) != 2:
        fail("usage: python -m local.operator_token STACK REGION")
        return 2
    stack, region = arguments
    try:
        outputs = outputs_on_aws(stack, region)
    except (BotoCoreError, ClientError) as error:
        fail(f"{type(error).__name__}: {error}")
        return 1
    console.print(f"  TOUCHLINE_API_URL={outputs['ApiUrl']}", soft_wrap=True)
    token = first_token(Aws(aws_region=region), outputs["RegistryTable"])
    console.print(f"  TOUCHLINE_TOKEN={token}", soft_wrap=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
