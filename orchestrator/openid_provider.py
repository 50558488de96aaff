"""OpenID Connect with the provider of an organisation, by Authlib: the authorization code flow with PKCE (S256).

OpenID Connect Core 1.0 §3.1, Discovery 1.0, RFC 7636 and RFC 9207. Needs the extra ``oidc``. No token is kept: who
somebody is, is all that is asked of the provider.
"""

from datetime import datetime, timedelta
from typing import Any

from authlib.oauth2 import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidClaimError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from orchestrator.accounts import is_address
from orchestrator.openid import Asked, Failure, Identity, NotSignedIn
from orchestrator.openid_wire import Wire
from orchestrator.settings import Settings

DISCOVERY = "/.well-known/openid-configuration"
BACK = "/aanmelden/organisatie/terug"
"""Where the provider sends a browser back to, after the address of the pages: to be registered there."""

SIGNED_BY = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
)  # fmt: skip
"""How an ID token may be signed: by a key of the provider alone. Neither "none" nor a secret that we have too."""

FACTORS = frozenset({"mfa", "otp", "hwk"})
"""What the provider says in ``amr`` (RFC 8176) of somebody who showed more than a password."""

LEEWAY_SECONDS = 60
READ_EVERY = timedelta(hours=1)
"""Its document and keys are read again after so long, and keys also when a token names one that is not there."""

ERRORS = frozenset({
    "access_denied", "consent_required", "interaction_required", "invalid_client", "invalid_grant", "invalid_request",
    "invalid_scope", "login_required", "server_error", "temporarily_unavailable", "unauthorized_client",
    "unsupported_grant_type", "unsupported_response_type",
})  # fmt: skip
"""What a provider answers when it lets nobody in; any other word of it stays out of the log."""


class Provider:
    """The provider that the settings name. Making it raises `BadInput`, and asking it `NotSignedIn`."""

    def __init__(self, settings: Settings) -> None:
        self.issuer, self.client_id = settings.oidc_issuer or "", settings.oidc_client_id or ""
        self._secret = settings.oidc_client_secret.get_secret_value() if settings.oidc_client_secret else ""
        self.back = settings.site + BACK
        self.wire = Wire(self.issuer, settings.oidc_ca_file)
        self._document: tuple[datetime, dict[str, Any]] | None = None
        self._keys: tuple[datetime, KeySet] | None = None

    def address(self, asked: Asked, wall: datetime) -> str:
        """Return where a browser goes to sign in."""
        return str(
            prepare_grant_uri(
                self._read(wall)["authorization_endpoint"], self.client_id, "code", self.back, "openid email",
                asked.state, nonce=asked.nonce, code_challenge=create_s256_code_challenge(asked.verifier),
                code_challenge_method="S256",
            )
        )  # fmt: skip

    def identify(self, asked: Asked, code: str, sender: str, wall: datetime) -> Identity:
        """Return who came back with this code; ``sender`` is which provider the answer says it is of, if it does."""
        if sender and sender != self.issuer:
            raise NotSignedIn(Failure.WRONG, "iss of the answer")
        told = self._redeem(asked, code, wall)
        try:
            claims = self._claims(told, asked, wall)
        except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise NotSignedIn(Failure.WRONG, _reason(error)) from error
        return Identity(_verified(claims), not FACTORS.isdisjoint(map(str, claims.get("amr") or ())))

    def refusal(self, error: str) -> NotSignedIn:
        """Return why nobody comes in, where the provider sent a browser back with an error."""
        return NotSignedIn(Failure.REFUSED, error if error in ERRORS else "another error")

    def _read(self, wall: datetime) -> dict[str, Any]:
        """Return the discovery document, of which the issuer and the addresses were looked at."""
        if self._document is None or self._document[0] <= wall:
            told = self.wire.get(self.issuer.rstrip("/") + DISCOVERY)
            if told.get("issuer") != self.issuer:
                raise NotSignedIn(Failure.WRONG, "issuer of the discovery document")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                if not self.wire.may(told.get(name)):
                    raise NotSignedIn(Failure.WRONG, f"{name} of the discovery document")
            self._document = wall + READ_EVERY, told
        return self._document[1]

    def _redeem(self, asked: Asked, code: str, wall: datetime) -> dict[str, Any]:
        """Give the code and get the tokens."""
        form = prepare_token_request("authorization_code", "", self.back, code=code, code_verifier=asked.verifier)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        document = self._read(wall)
        auth = ClientAuth(self.client_id, self._secret, _password_in(document))
        status, told = self.wire.post(*auth.prepare("POST", document["token_endpoint"], headers, form))
        if status >= 500:
            raise NotSignedIn(Failure.UNREACHABLE, f"HTTP {status}")
        if status != 200:
            raise self.refusal(str(told.get("error")))
        return told

    def _claims(self, told: dict[str, Any], asked: Asked, wall: datetime) -> CodeIDToken:
        """Return what the ID token says, once its signature, issuer, audience, times and nonce are right."""
        token = self._decoded(str(told["id_token"]), wall)
        ours = {"iss": {"essential": True, "value": self.issuer}}
        asked_for = {"nonce": asked.nonce, "client_id": self.client_id, "access_token": told.get("access_token")}
        claims = CodeIDToken(token.claims, token.header, ours, asked_for)
        claims.validate(int(wall.timestamp()), LEEWAY_SECONDS)
        if claims["aud"] not in (self.client_id, [self.client_id]):
            raise InvalidClaimError("aud")  # also one for us and for others, of whom we know nothing (Core §3.1.3.7, 3)
        return claims

    def _decoded(self, token: str, wall: datetime) -> jwt.Token:
        registry = JWSRegistry(algorithms=SIGNED_BY, strict_check_header=False)
        try:
            return jwt.decode(token, self._key_set(wall), registry=registry)
        except InvalidKeyIdError:
            self._keys = None
            return jwt.decode(token, self._key_set(wall), registry=registry)

    def _key_set(self, wall: datetime) -> KeySet:
        if self._keys is None or self._keys[0] <= wall:
            told: Any = self.wire.get(self._read(wall)["jwks_uri"])
            self._keys = wall + READ_EVERY, KeySet.import_key_set(told)
        return self._keys[1]


def _password_in(document: dict[str, Any]) -> str:
    """Return how this provider wants our password: in a header, unless it only knows it as a field of the form."""
    known = document.get("token_endpoint_auth_methods_supported")
    by_form = isinstance(known, list) and "client_secret_post" in known and "client_secret_basic" not in known
    return "client_secret_post" if by_form else "client_secret_basic"


def _verified(claims: CodeIDToken) -> str:
    """Return the address, when the provider says itself that it is theirs."""
    email = claims.get("email")
    if not isinstance(email, str) or not is_address(email):
        raise NotSignedIn(Failure.UNKNOWN, "no address")
    if claims.get("email_verified") is not True:
        raise NotSignedIn(Failure.UNKNOWN, "address not verified")
    return email


def _reason(error: Exception) -> str:
    """Name a fault and the claim it is about, and nothing of what the token says."""
    claim = getattr(error, "claim", None)
    return f"{type(error).__name__} {claim}" if isinstance(claim, str) else type(error).__name__
