"""Web addresses as a person writes them, and the host each one belongs to."""

from urllib.parse import SplitResult, urlsplit

LONGEST_LABEL = 63
"""RFC 1035: the parts of a host name between its dots."""

LONGEST_DOMAIN = 255

_USUAL_PORTS = {"http": 80, "https": 443}


def is_web_address(value: str) -> bool:
    """Whether this is a whole address of the web: http or https, a host, and nothing but plain characters."""
    parts = _split(value)
    if parts is None or not (value.isascii() and value.isprintable()) or " " in value:
        return False
    return all(0 < len(label) <= LONGEST_LABEL for label in (parts.hostname or "").split("."))


def host_of(address: str) -> str:
    """Return the host in small letters, with its port unless that is the usual one; "" when this is no web address."""
    parts = _split(address)
    if parts is None or parts.hostname is None:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return host if parts.port in (None, _USUAL_PORTS[parts.scheme]) else f"{host}:{parts.port}"


def domain_of(recipient: str) -> str:
    """Return whom a letter burdens: the domain of a mail address, or the host of a form; at most 255 characters."""
    return (host_of(recipient) or recipient.rpartition("@")[2]).lower()[:LONGEST_DOMAIN]


def _split(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        usable = parts.scheme in _USUAL_PORTS and bool(parts.hostname) and parts.port != 0
        # A name or password before the host ("kantoor.example@elders.example") reads as another host than it is, and
        # would go along with every request.
        usable = usable and not {"@", "\\"} & set(parts.netloc)
    except ValueError:
        return None
    return parts if usable else None
