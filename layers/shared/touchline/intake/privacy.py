"""What is kept of what a request gives away about a person."""

import ipaddress

from touchline.registry.model import IpMode


def kept_address(address: str, mode: IpMode) -> str:
    """The IP address as the account wants it kept: whole, cut to /24 or /48, or not at all.

    /24 and /48 are the cuts of Google Analytics' IP anonymisation. Anything that is no address is
    dropped, and so is everything under a mode that is not known.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if mode == IpMode.KEEP:
        return str(parsed)
    if mode != IpMode.TRUNCATE:
        return ""
    bits = 24 if parsed.version == 4 else 48
    return str(ipaddress.ip_network(f"{parsed}/{bits}", strict=False).network_address)
