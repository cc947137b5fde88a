"""Direct destinations at ad platforms, off unless an endpoint is declared with such a format."""

from touchline.registry.model import Endpoint


def options_problem(endpoint: Endpoint) -> str:
    """What the endpoint's options lack for its format; "" when nothing."""
    del endpoint
    return ""
