"""A real OpenID provider on loopback, strict on its side of the protocol, of which a test can change what it says."""

import base64
import hashlib
import hmac
import json
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jws
from joserfc.jwk import RSAKey
from pydantic import SecretStr

from orchestrator.settings import Settings

CLIENT, SECRET = "praktijktest-desk", "geheim-van-de-stad-4Kd"
EMAIL = "anna@stad.example"

Answer = tuple[int, dict[str, Any] | str]


def a_key(kid: str = "sleutel-1") -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


KEY = a_key()
OTHER_KEY = a_key()
"""With the same name, of somebody else."""


@dataclass
class Said:
    """What the provider says; a test changes a part of it. A claim that is None is left out."""

    claims: dict[str, Any] = field(default_factory=dict)
    keys: list[RSAKey] = field(default_factory=lambda: [KEY])
    sign: Callable[[dict[str, Any]], object] = lambda claims: signed(claims)
    document: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    instead: dict[str, Answer] = field(default_factory=dict)
    """What it answers at a path, whatever is asked."""


def signed(claims: dict[str, Any], key: Any = KEY, alg: str = "RS256", kid: str | None = None) -> str:
    header = {"alg": alg, "kid": kid or key.kid}
    return jws.serialize_compact(header, json.dumps(claims), key, algorithms=[alg])


def unsigned(claims: dict[str, Any]) -> str:
    """An ID token with the algorithm "none"."""
    return f"{_packed({'alg': 'none', 'kid': KEY.kid})}.{_packed(claims)}."


def by_secret(claims: dict[str, Any], secret: bytes) -> str:
    """An ID token that is signed with a secret (HS256) in the name of the provider's key."""
    said = f"{_packed({'alg': 'HS256', 'kid': KEY.kid})}.{_packed(claims)}"
    mark = hmac.digest(secret, said.encode(), hashlib.sha256)
    return f"{said}.{base64.urlsafe_b64encode(mark).rstrip(b'=').decode()}"


def changed(claims: dict[str, Any]) -> str:
    """An ID token whose address was changed after it was signed."""
    head, _, signature = signed({**claims, "email": "een-ander@stad.example"}).split(".")
    return f"{head}.{_packed(claims)}.{signature}"


def _packed(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


class Provider:
    """Discovery, keys, authorization and tokens; ``asked`` has the path of every request, ``secret`` what it gave out.

    A code works once, for the client with its password, for the address it was sent to and with the verifier of its
    challenge. It shows nobody a page: whoever comes is signed in at once.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.said = Said()
        self.asked: list[str] = []
        self.secret: set[str] = set()
        self.codes: dict[str, dict[str, str]] = {}
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        if context:
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        self.issuer = f"{'https' if context else 'http'}://127.0.0.1:{self.http.server_port}"

    def settings(self, **changes: Any) -> Settings:
        told = {"oidc_issuer": self.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SecretStr(SECRET)}
        return Settings(**{**told, **changes})

    def document(self) -> dict[str, Any]:
        ends = {"authorization_endpoint": "/inloggen", "token_endpoint": "/tokens", "jwks_uri": "/sleutels"}
        told = {"issuer": self.issuer, **{name: self.issuer + path for name, path in ends.items()}}
        return {**told, "id_token_signing_alg_values_supported": ["RS256"], **self.said.document}

    def send_back(self, query: dict[str, str]) -> str:
        """Return where a browser goes that came to sign in; an AssertionError for what no client should ask."""
        assert query["client_id"] == CLIENT
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        assert {"openid", "email"} <= set(query["scope"].split())
        if self.said.error:
            told = {"error": self.said.error, "error_description": "Nee, anna@stad.example", "state": query["state"]}
        else:
            code = secrets.token_urlsafe(16)
            self.codes[code] = query
            self.secret |= {code, query["state"], query["nonce"]}
            told = {"code": code, "state": query["state"], "iss": self.issuer}
        return f"{query['redirect_uri']}?{urlencode(told)}"

    def tokens(self, form: dict[str, str], authorization: str | None) -> Answer:
        basic = f"Basic {base64.b64encode(f'{CLIENT}:{SECRET}'.encode()).decode()}"
        by_form = self.document().get("token_endpoint_auth_methods_supported") == ["client_secret_post"]
        password = (None, CLIENT, SECRET) if by_form else (basic, None, None)
        if (authorization, form.get("client_id"), form.get("client_secret")) != password:
            return 401, {"error": "invalid_client"}
        asked = self.codes.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        if (
            asked is None
            or asked["code_challenge"] != challenge.decode()
            or form["redirect_uri"] != asked["redirect_uri"]
        ):
            return 400, {"error": "invalid_grant", "error_description": f"{form['code']} werkt niet"}
        now = int(time.time())
        usual = {"iss": self.issuer, "sub": "a1", "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        claims = {**usual, "email": EMAIL, "email_verified": True, **self.said.claims}
        token = self.said.sign({name: value for name, value in claims.items() if value is not None})
        access = secrets.token_urlsafe(16)
        self.secret |= {str(token), access, form["code_verifier"]}
        return 200, {"access_token": access, "token_type": "Bearer", "id_token": token}


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, query = self._asked()
            if path == "/inloggen":
                self._answer(303, "", provider.send_back(query))
            elif path == "/.well-known/openid-configuration":
                self._answer(200, provider.document())
            elif path == "/sleutels":
                self._answer(200, {"keys": [key.as_dict(private=False) for key in provider.said.keys]})
            else:
                self._answer(404, {})

        def do_POST(self) -> None:
            path, _ = self._asked()
            form = _flat(self.rfile.read(int(self.headers["Content-Length"])).decode())
            known = path == "/tokens" and form["grant_type"] == "authorization_code"
            self._answer(*(provider.tokens(form, self.headers.get("Authorization")) if known else (404, {})))

        def _asked(self) -> tuple[str, dict[str, str]]:
            parts = urlsplit(self.path)
            provider.asked.append(parts.path)
            return parts.path, _flat(parts.query)

        def _answer(self, status: int, told: dict[str, Any] | str, to: str | None = None) -> None:
            status, told = provider.said.instead.get(urlsplit(self.path).path, (status, told))
            body = (told if isinstance(told, str) else json.dumps(told)).encode()
            self.send_response(status)
            if status in (302, 303):
                self.send_header("Location", to or f"{provider.issuer}/elders")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """A test has nothing to read here."""

    return Handler


def _flat(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query, strict_parsing=bool(query)).items()}


@contextmanager
def providing(context: ssl.SSLContext | None = None) -> Iterator[Provider]:
    provider = Provider(context)
    thread = threading.Thread(target=provider.http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        provider.http.shutdown()
        thread.join(5)
        provider.http.server_close()
