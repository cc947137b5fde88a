"""A prepared request on its way: judged by the guard, with the access token that a platform asks
for, within a deadline."""

from dataclasses import replace

from touchline.delivery.guard import url_problem
from touchline.delivery.platforms import PLATFORMS
from touchline.delivery.platforms.credentials import AccessTokens
from touchline.delivery.registries import Sender
from touchline.delivery.verdict import NoAnswer, Outgoing, Result
from touchline.registry.model import Endpoint


async def send(
    endpoint: Endpoint,
    request: Outgoing,
    sender: Sender,
    tokens: AccessTokens,
    deadline_seconds: float,
    *,
    loopback: bool,
) -> Result:
    """What came of the request; `endpoint` is opened."""
    problem = url_problem(
        request.url, allow_http=endpoint.allow_http, ports=endpoint.ports, loopback=loopback
    )
    if problem is not None:
        return NoAnswer("blocked_address")
    platform = PLATFORMS.get(endpoint.format)
    if platform is not None and platform.oauth:
        token = await tokens.token(endpoint)
        if isinstance(token, NoAnswer):
            return token
        headers = {**request.headers, "authorization": f"Bearer {token}"}
        request = replace(request, headers=headers)
    return await sender.send(request, deadline_seconds)
