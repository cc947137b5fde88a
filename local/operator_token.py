"""The first token of a fresh stack, written by the registry's own code straight into its table:
somebody must be able to ask the API for the second one."""

import secrets

from local.machine import LOCAL_CREDENTIALS
from touchline.kernel.clock import system_clock
from touchline.kernel.ids import id_factory
from touchline.platform.connect import Connections
from touchline.platform.settings import Aws
from touchline.registry.audit import Author
from touchline.registry.token_store import TokenStore
from touchline.registry.tokens import ANY_ACCOUNT, Draft, issue


def first_token(endpoint_url: str, registry_table: str) -> str:
    """Store an operator's token for every account; its text, which nobody can tell again."""
    aws = Aws(
        aws_region=LOCAL_CREDENTIALS["AWS_REGION"],
        aws_endpoint_url=endpoint_url,
        aws_access_key_id=LOCAL_CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=LOCAL_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )
    new_id = id_factory(system_clock)
    draft = Draft(ANY_ACCOUNT, "local operator", ("admin", "report"))
    token, text = issue(draft, clock=system_clock, new_id=new_id, random_bits=secrets.randbits)
    connections = Connections(aws)
    try:
        store = TokenStore(connections.table(registry_table))
        store.add(token, Author(who="make up", at=system_clock(), entry=new_id("aud")))
    finally:
        connections.close()
    return text
