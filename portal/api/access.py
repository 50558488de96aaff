"""Who may read what of the API: one table of route names, asked before every answer.

A token opens a route when it has both a role of its row and the scope of its row. Whatever stands in no row is shut.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from orchestrator.api_tokens import Bearer, Scope
from orchestrator.states import Role
from portal.api.gate import Gate
from portal.web.access import RESEARCHERS
from profiles.errors import BadInput, Problem, Refused

FAILED: Final = parse("30 per 15 minutes")
"""So many tokens that do not work, of one place on the network. One that works is always heard: nobody can shut out
somebody else who comes from the same place, and with 256 random bits there is nothing to guess."""

TOKEN = HTTPBearer(auto_error=False, scheme_name="token", description="Een token van `praktijktest api-token make`.")
Shown = Annotated[HTTPAuthorizationCredentials | None, Security(TOKEN)]


@dataclass(frozen=True)
class Need:
    """What a token must have: this scope, and one of these roles."""

    scope: Scope
    roles: frozenset[Role]


READERS: Final = RESEARCHERS | {Role.MUNICIPALITY}

ACCESS: Mapping[str, Need | None] = {
    # For everybody, and for who signs what it brings.
    "openapi": None,
    "bring_mail": None,
    "list_rounds": Need(Scope.ROUNDS, RESEARCHERS),
    "read_round": Need(Scope.ROUNDS, RESEARCHERS),
    # What the municipality reads on the pages; a version that is not signed only who may draft one there.
    "list_outcomes": Need(Scope.OUTCOMES, READERS),
    "read_outcome": Need(Scope.OUTCOMES, READERS),
    "list_versions": Need(Scope.OUTCOMES, READERS),
    "read_version": Need(Scope.OUTCOMES, READERS),
    "read_ledger_head": Need(Scope.LEDGER, READERS | {Role.ADMINISTRATOR}),
}


def check(role: str, scopes: Iterable[str]) -> None:
    """Raise `BadInput` for each scope with which this role could read nothing."""
    needs = [need for need in ACCESS.values() if need]
    useful = {need.scope for need in needs if role in need.roles}
    known = [scope for scope in scopes if scope in set(Scope) - useful and role in set(Role)]
    if known:
        message = f"Met de rol {role} valt hier niets te lezen."
        raise BadInput(Problem("idle-scope", message, found=each, remedy="Kies een andere rol.") for each in known)


def guard(gate: Gate, limit: RateLimitItem = FAILED) -> Callable[[Request, HTTPAuthorizationCredentials | None], None]:
    """Return the dependency that notes who asks as ``request.state.bearer``, or raises `Refused`."""
    # Counted in memory, as with signing in: the pages are one process.
    failed = MovingWindowRateLimiter(MemoryStorage())

    def ask(request: Request, shown: Shown) -> None:
        need = ACCESS[request.scope["route"].name]
        if need is None:
            return
        if shown is None:
            raise Refused("no-token", "Hier is een token nodig.", "Stuur mee: Authorization: Bearer TOKEN")
        bearer = gate.bearer(shown.credentials)
        if bearer is None:
            if not failed.hit(limit, request.client.host if request.client else ""):
                raise Refused("too-often", "Er kwamen te veel tokens die niet werken.", "Wacht een kwartier.")
            message = "Dit token werkt niet, of niet meer."
            raise Refused("bad-token", message, "Laat een nieuw maken: praktijktest api-token make")
        if need.scope not in bearer.scopes or bearer.role not in need.roles:
            message = "Dit token heeft niet de rol of het bereik voor deze vraag."
            raise Refused("not-allowed", message, "Laat een token maken met de rol en het bereik die de API noemt.")
        request.state.bearer = bearer

    return ask


def bearer_of(request: Request) -> Bearer:
    """Return who asks, once `guard` let it in."""
    bearer: Bearer = request.state.bearer
    return bearer
