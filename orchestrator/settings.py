"""Configuration: read once from the environment, typed, and loud about what it does not know."""

import base64
import os
import re
from collections.abc import Iterator
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, PositiveInt, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from orchestrator.master_keys import Keys
from orchestrator.web_address import is_web_address
from profiles.errors import BadInput, Problem

PREFIX = "PRAKTIJKTEST_"
KEY_BEGINS = "whsec_"

_SITE = re.compile(r"https?://[a-zA-Z0-9.\-\[\]:]+/?")
_SENDER = re.compile(r"[!-?A-~]+@[a-zA-Z0-9.\-]+")

Port = Annotated[int, Field(ge=1, le=65535)]

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
"""The hosts that are this machine: a rehearsal reaches no other, and a password may go there in clear."""


class Security(StrEnum):
    """How a mail connection is protected: not, by STARTTLS on a plain port, or by TLS from the first byte."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class LogFormat(StrEnum):
    """How a process logs: a line for people, or a JSON object for programs."""

    TEXT = "text"
    JSON = "json"


class LogLevel(StrEnum):
    """From where on a process logs what it does."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class SecondFactor(StrEnum):
    """Whether those who do the research show a second factor; only a rehearsal may do without."""

    REQUIRED = "required"
    OFF = "off"


class Settings(BaseSettings):
    """Everything an installation decides; times in wall seconds.

    Without ``smtp_host`` letters go to the harmless channel (files in ``data/outbox``). Live sending needs two yeses:
    ``live`` here and ``mode: live`` in an approved design. Without ``imap_host`` answers come in by the listener alone.
    """

    # `from_env` shows what somebody typed, field by field; pydantic's own text would show all, passwords too.
    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", hide_input_in_errors=True)

    data: Path = Path("praktijktest-data")
    database_url: str | None = None
    keys_url: str | None = None
    master_key: SecretStr | None = None
    master_key_file: Path | None = None
    redis_url: str | None = None
    live: bool = False
    dry_run: bool = False
    redirect_all_to: str | None = None
    smtp_host: str | None = None
    smtp_port: Port = 25
    smtp_security: Security | None = None
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_ca_file: Path | None = None
    imap_host: str | None = None
    imap_port: Port = 993
    imap_security: Security = Security.TLS
    imap_user: str | None = None
    imap_password: SecretStr | None = None
    imap_ca_file: Path | None = None
    imap_folder: str = "INBOX"
    ledger_imap_folder: str | None = None
    listen_host: str = "127.0.0.1"
    listen_port: Port = 8425
    web_host: str = "127.0.0.1"
    web_port: Port = 8400
    web_url: str | None = None
    desk_sender: str | None = None
    lease_seconds: float = 60.0
    grace_seconds: float = 30.0
    wire_timeout_seconds: float = 20.0
    connections: PositiveInt = 40
    rate_per_minute: PositiveInt | None = None
    domain_rate_per_hour: PositiveInt | None = None
    avoid_names: Path | None = None
    toolkit_texts: Path | None = None
    log_format: LogFormat = LogFormat.TEXT
    log_level: LogLevel = LogLevel.WARNING
    second_factor: SecondFactor = SecondFactor.REQUIRED
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_ca_file: Path | None = None
    oidc_label: Annotated[str, Field(min_length=1, max_length=60)] = "uw organisatie"
    metrics_token: SecretStr | None = None
    inbound_key: SecretStr | None = None
    fault_at: str | None = None
    fault_tests: bool = False

    @classmethod
    def from_env(cls) -> Self:
        """Read the environment; raise `BadInput` naming every variable that is unknown or cannot be used."""
        unknown = [name for name in os.environ if name.startswith(PREFIX) and not _known(cls, name)]
        if unknown:
            raise BadInput(_unknown(cls, name) for name in sorted(unknown))
        try:
            settings = cls()
        except ValidationError as error:
            raise BadInput(_unusable(detail) for detail in error.errors()) from error
        if problems := [*_unsafe(settings), *_incomplete(settings), *_organisation(settings)]:
            raise BadInput(problems)
        return settings

    @property
    def database(self) -> str:
        """The SQLAlchemy URL of the database: the given one, else a SQLite file in the data folder."""
        return self.database_url or f"sqlite:///{self.data / 'praktijktest.db'}"

    @property
    def keys(self) -> Keys:
        """Where the keys of what is encrypted are: as set, else in the data folder, or beside the given SQLite file."""
        usual = Keys.beside(self._home)
        return Keys(self.keys_url or usual.url, self.master_key_file or usual.file, self.master_key)

    @property
    def _home(self) -> Path:
        from sqlalchemy import make_url  # takes its time to load, and most of what reads settings needs no keys

        url = make_url(self.database)
        beside = url.database if url.get_backend_name() == "sqlite" else None
        return Path(beside).parent if beside else self.data

    @property
    def site(self) -> str:
        """The address of the pages, without a slash at its end: as people reach it, else as this process serves it."""
        return (self.web_url or f"http://{self.web_host}:{self.web_port}").rstrip("/")

    @property
    def outbox(self) -> Path:
        """The folder in which the harmless channel keeps letters as files."""
        return self.data / "outbox"

    @property
    def webhook_key(self) -> bytes | None:
        """The key under which a mail provider signs what it brings; None when none may bring anything.

        Raises `ValueError` for a key that cannot be used; `from_env` has refused it then.
        """
        return None if self.inbound_key is None else _webhook_key(self.inbound_key.get_secret_value())

    @property
    def detour(self) -> str | None:
        """Where letters go instead of to the advertisers, as a Dutch sentence; None when they really go to them."""
        if self.dry_run:
            return f"Proefdraaien ({PREFIX}DRY_RUN): elke brief wordt een bestand in {self.outbox}."
        if self.smtp_host is None:
            return f"Er is geen mailserver ingesteld ({PREFIX}SMTP_HOST): brieven komen als bestand in {self.outbox}."
        if self.redirect_all_to:
            return (
                f"Alle brieven gaan naar {self.redirect_all_to} ({PREFIX}REDIRECT_ALL_TO); "
                f"formulierbrieven worden bestanden in {self.outbox}."
            )
        return None

    @property
    def pretends(self) -> str | None:
        """Why the letters of a live round would not truly be sent from here, as a Dutch sentence; None when they are.

        A letter of a live round that only became a file, or went to a colleague, would count as sent all the same.
        """
        if not self.live:
            return f"Echt verzenden staat uit ({PREFIX}LIVE)."
        return self.detour

    @property
    def submission(self) -> Security:
        """How letters are handed in: as set, else in clear on this machine and by STARTTLS anywhere else."""
        if self.smtp_security is not None:
            return self.smtp_security
        return Security.NONE if self.smtp_host in LOOPBACK else Security.STARTTLS


def _webhook_key(written: str) -> bytes:
    """Read ``whsec_`` and a Base64 text of 24 to 64 bytes, as Standard Webhooks writes a key."""
    key = base64.b64decode(written.removeprefix(KEY_BEGINS), validate=True)
    if not written.startswith(KEY_BEGINS) or not 24 <= len(key) <= 64:
        raise ValueError("no key of a webhook")
    return key


def _bad_key(settings: Settings) -> bool:
    try:
        return settings.webhook_key is None and settings.inbound_key is not None
    except ValueError:
        return True


def _known(cls: type[BaseSettings], name: str) -> bool:
    return name.removeprefix(PREFIX).lower() in cls.model_fields


def _unknown(cls: type[BaseSettings], name: str) -> Problem:
    known = ", ".join(PREFIX + field.upper() for field in cls.model_fields)
    return Problem("unknown-setting", f"De instelling {name} bestaat niet.", remedy=f"Bekende instellingen: {known}.")


def _unusable(detail: object) -> Problem:
    assert isinstance(detail, dict)  # noqa: S101 - pydantic's own error rows
    name = PREFIX + "_".join(str(part) for part in detail["loc"]).upper()
    return Problem("bad-setting", f"De instelling {name} is onbruikbaar: {detail['msg']}.", found=str(detail["input"]))


def _unsafe(settings: Settings) -> Iterator[Problem]:
    """Name every password that would cross a network in clear."""
    for name, host, password, security in (
        ("SMTP", settings.smtp_host, settings.smtp_password, settings.submission),
        ("IMAP", settings.imap_host, settings.imap_password, settings.imap_security),
    ):
        if host and password and security is Security.NONE and host not in LOOPBACK:
            message = f"Het wachtwoord voor {host} zou onversleuteld over het netwerk gaan."
            remedy = f"Zet {PREFIX}{name}_SECURITY=starttls of {PREFIX}{name}_SECURITY=tls."
            yield Problem("password-in-clear", message, found=f"{PREFIX}{name}_SECURITY=none", remedy=remedy)


def _incomplete(settings: Settings) -> Iterator[Problem]:
    """Name what cannot work together: half a login, an odd password, a file that is not there, one folder for two."""
    for name, user, password, needed, file in (
        ("SMTP", settings.smtp_user, settings.smtp_password, False, settings.smtp_ca_file),
        ("IMAP", settings.imap_user, settings.imap_password, settings.imap_host is not None, settings.imap_ca_file),
    ):
        if (user is None) != (password is None) or (needed and user is None):
            message = f"Voor {name} zijn een naam en een wachtwoord nodig, of geen van beide."
            if needed:
                message = "Een mailbox vraagt om een naam en een wachtwoord."
            yield Problem("half-login", message, remedy=f"Zet {PREFIX}{name}_USER en {PREFIX}{name}_PASSWORD.")
        if not f"{user}{password.get_secret_value() if password else ''}".isascii():
            message = f"{PREFIX}{name}_USER of {PREFIX}{name}_PASSWORD bevat een teken dat {name} niet kent."
            yield Problem("bad-login", message, remedy="Gebruik alleen letters zonder accent, cijfers en leestekens.")
        if file is not None and not file.is_file():
            yield Problem("no-such-file", f"Het bestand van {PREFIX}{name}_CA_FILE bestaat niet.", found=str(file))
    if settings.live and settings.second_factor is SecondFactor.OFF:
        message = "Wie echt verzendt, doet dat niet met een link alleen."
        remedy = f"Haal {PREFIX}SECOND_FACTOR weg, of zet het op {SecondFactor.REQUIRED}."
        yield Problem("no-second-factor", message, found=f"{PREFIX}SECOND_FACTOR=off", remedy=remedy)
    if settings.web_url is not None and not _SITE.fullmatch(settings.web_url):
        remedy = "Schrijf bijvoorbeeld https://praktijktest.stad.example."
        yield Problem("bad-address", f"{PREFIX}WEB_URL is geen adres.", found=settings.web_url, remedy=remedy)
    if settings.desk_sender is not None and not _SENDER.fullmatch(settings.desk_sender):
        remedy = "Schrijf bijvoorbeeld praktijktest@stad.example."
        yield Problem("bad-email", f"{PREFIX}DESK_SENDER is geen adres.", found=settings.desk_sender, remedy=remedy)
    if _bad_key(settings):
        # The key itself is not shown: it is a secret, also when something is wrong with it.
        remedy = f"Maak er een met: printf '{KEY_BEGINS}%s\\n' \"$(openssl rand -base64 32)\""
        yield Problem("bad-key", f"{PREFIX}INBOUND_KEY is geen sleutel van een webhook.", remedy=remedy)
    if settings.avoid_names is not None and not settings.avoid_names.is_file():
        message = f"Het bestand van {PREFIX}AVOID_NAMES bestaat niet."
        yield Problem("no-such-file", message, found=str(settings.avoid_names))
    if settings.ledger_imap_folder and settings.ledger_imap_folder == settings.imap_folder:
        message = "Kopieën van onze brieven en antwoorden van aanbieders kunnen niet in één map staan."
        yield Problem(
            "one-folder", message, found=settings.imap_folder, remedy=f"Kies {PREFIX}LEDGER_IMAP_FOLDER anders."
        )
    if settings.ledger_imap_folder and settings.imap_host is None:
        message = f"{PREFIX}LEDGER_IMAP_FOLDER is een map van een mailbox, maar er is geen mailbox ingesteld."
        yield Problem("no-mailbox", message, remedy=f"Zet {PREFIX}IMAP_HOST.")


def _organisation(settings: Settings) -> Iterator[Problem]:
    """Name what keeps people from signing in through the OpenID provider of their organisation."""
    secret = settings.oidc_client_secret.get_secret_value() if settings.oidc_client_secret else None
    given = (settings.oidc_issuer, settings.oidc_client_id, secret)
    if all(each is None for each in (*given, settings.oidc_ca_file)):
        return
    if not all(given):
        message = "Aanmelden via een organisatie vraagt om een uitgever, een naam en een geheim, of geen van drie."
        remedy = f"Zet {PREFIX}OIDC_ISSUER, {PREFIX}OIDC_CLIENT_ID en {PREFIX}OIDC_CLIENT_SECRET."
        yield Problem("half-provider", message, remedy=remedy)
    elif not f"{settings.oidc_client_id}{secret}".isascii():
        message = f"{PREFIX}OIDC_CLIENT_ID of {PREFIX}OIDC_CLIENT_SECRET bevat een teken dat HTTP niet kent."
        yield Problem("bad-login", message, remedy="Neem ze over zoals de organisatie ze gaf.")
    if settings.oidc_issuer and (wrong := _bad_issuer(settings.oidc_issuer, settings.live)):
        remedy = "Schrijf de uitgever zoals in het document van de organisatie: https://aanmelden.stad.example."
        yield Problem("bad-issuer", f"{PREFIX}OIDC_ISSUER {wrong}.", found=settings.oidc_issuer, remedy=remedy)
    if settings.oidc_ca_file is not None and not settings.oidc_ca_file.is_file():
        message = f"Het bestand van {PREFIX}OIDC_CA_FILE bestaat niet."
        yield Problem("no-such-file", message, found=str(settings.oidc_ca_file))
    if find_spec("authlib") is None or find_spec("joserfc") is None:
        message = f"{PREFIX}OIDC_ISSUER is gezet, maar wat daarvoor nodig is, is niet geïnstalleerd."
        yield Problem("no-oidc", message, remedy="Installeer de extra oidc: pip install 'praktijktest[oidc]'.")


def _bad_issuer(issuer: str, live: bool) -> str | None:
    """Return what is wrong with the address of a provider (OpenID Connect Discovery 1.0 §3); None when it is fine."""
    if not is_web_address(issuer) or {"?", "#"} & set(issuer):
        return "is geen adres van een uitgever"
    host = urlsplit(issuer).hostname
    if issuer.startswith("https://") or (host in LOOPBACK and not live):
        return None
    return "is niet beveiligd: een adres zonder https mag alleen op deze machine, en niet bij echt verzenden"
