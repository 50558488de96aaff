"""Which addresses a request to somebody else's server may end up at, decided where the connection is made.

Names are resolved once, every address they give is judged, and the connection goes to a judged address: a name that
points inside our own network, or points there a moment later, reaches nothing. TLS and the Host header keep the name.

The hosts of a mail server and a mailbox are settings of whoever keeps the installation, and may be inside its network;
what comes from a design, a participant or another server goes through here.
"""

import ipaddress
import socket
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_CARRIES_IPV4 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
"""NAT64: such an address looks public, and ends at the IPv4 address in its last four bytes."""


class Barred(httpcore.ConnectError):
    """The name leads to an address that may not be asked; httpx raises it as its own ConnectError."""


class GuardedTransport(httpx.HTTPTransport):
    """Connects to public addresses when ``anywhere``, and otherwise to this machine alone: a rehearsal reaches nobody.

    No proxy, no settings of the environment, no HTTP/2.
    """

    def __init__(self, trust: ssl.SSLContext, *, anywhere: bool, idle_seconds: float = 5.0) -> None:
        super().__init__(verify=trust, trust_env=False)
        # httpx has no argument for the layer that opens connections (its pool does); the version of httpx is pinned.
        self._pool = httpcore.ConnectionPool(
            ssl_context=trust,
            max_connections=None,  # who asks says how many at a time
            max_keepalive_connections=4,
            keepalive_expiry=idle_seconds,
            network_backend=_Guarded(anywhere),
        )


class _Guarded(httpcore.SyncBackend):
    def __init__(self, anywhere: bool) -> None:
        self.anywhere = anywhere

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        *others, last = addresses(host, port, anywhere=self.anywhere)
        for address in others:
            try:
                return super().connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return super().connect_tcp(str(last), port, timeout, local_address, socket_options)

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        del timeout, socket_options
        raise Barred(f"{path} is geen adres op het netwerk")


def addresses(host: str, port: int, *, anywhere: bool) -> list[Address]:
    """Return the addresses of a host; raise `Barred` when even one of them may not be asked.

    However a number is written (decimal, octal, hexadecimal), the resolver makes it an address before it is judged.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"geen adres voor {host} ({error})") from error
    judged = list(dict.fromkeys(ipaddress.ip_address(str(each[4][0])) for each in found))
    for address in judged:
        if anywhere and not is_public(address):
            raise Barred(f"{host} is {address}, en dat is geen openbaar adres")
        if not anywhere and not is_here(address):
            raise Barred(f"oefenronde: {host} is {address}, en dat ligt buiten deze machine")
    if not judged:
        raise httpcore.ConnectError(f"geen adres voor {host}")
    return judged


def is_public(address: Address) -> bool:
    """Whether an address is somebody's on the internet: not of this machine, a private network, a link or a group."""
    inner = _inside(address)
    if inner is not None:
        return is_public(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


def is_here(address: Address) -> bool:
    """Whether an address is this machine itself."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def _inside(address: Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an IPv6 address leads to: mapped, 6to4, Teredo or NAT64."""
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    if any(address in network for network in _CARRIES_IPV4):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
