"""The master keys of an installation: where they are, who may read them, and which one is newest.

They stand one per line (in a file) or with commas between them (in the environment), the newest first: that one wraps,
the others only open what a rotation did not reach yet.
"""

import base64
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr

from profiles.errors import Refused

KEY_BYTES, NONCE_BYTES = 32, 12
STORE_NAME, FILE_NAME = "sleutels.db", "hoofdsleutel"
MAKE_ONE = "Maak er een met: openssl rand -base64 32"


@dataclass(frozen=True)
class Master:
    """A key that wraps data keys; its ``id`` tells nothing of it."""

    secret: bytes

    @cached_property
    def id(self) -> str:
        return hashlib.sha256(b"praktijktest master key" + self.secret).hexdigest()[:16]

    def wrap(self, key_id: bytes, secret: bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + AESGCM(self.secret).encrypt(nonce, secret, key_id)

    def unwrap(self, key_id: bytes, wrapped: bytes) -> bytes:
        """Return the data key; raise `Refused` when the store was changed."""
        try:
            return AESGCM(self.secret).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], key_id)
        except InvalidTag as error:
            message = f"Sleutel {key_id.hex()} in de sleutelopslag is gewijzigd."
            raise Refused("key-broken", message, "Zet de kopie van de sleutels terug (docs/operations.md).") from error


@dataclass(frozen=True)
class Ring:
    """The master keys of one moment, the newest first."""

    masters: tuple[Master, ...]

    @property
    def newest(self) -> Master:
        return self.masters[0]

    def find(self, master: str) -> Master:
        """Return the key with this id; raise `Refused` when it is not there."""
        for each in self.masters:
            if each.id == master:
                return each
        message = f"De hoofdsleutel {master}, waarmee de gegevens zijn versleuteld, is er niet."
        remedy = "Zet hem terug achter de nieuwe: in PRAKTIJKTEST_MASTER_KEY, of in het bestand met hoofdsleutels."
        raise Refused("no-master-key", message, remedy)


@dataclass(frozen=True)
class Keys:
    """Where the keys of an installation are: the store of data keys, and the master keys (``given``, else a file)."""

    url: str
    file: Path | None = None
    given: SecretStr | None = None

    @classmethod
    def beside(cls, folder: Path) -> Self:
        """Return the keys of an installation with nothing set: both in its data folder."""
        return cls(f"sqlite:///{folder / STORE_NAME}", folder / FILE_NAME)

    @classmethod
    def passing(cls) -> Self:
        """Return keys that end with this process."""
        return cls("sqlite://", given=SecretStr(_text(secrets.token_bytes(KEY_BYTES))))

    def ring(self, *, may_make: bool = False) -> Ring:
        """Return the master keys as they are now; the file is made when it is not there and ``may_make``.

        Raises `Refused` when there are none, when the file can be read by others, or when a key is none.
        """
        if self.given is not None:
            return Ring(tuple(parse_masters(self.given.get_secret_value().replace(",", "\n"))))
        if self.file is None:
            remedy = "Geef PRAKTIJKTEST_MASTER_KEY of PRAKTIJKTEST_MASTER_KEY_FILE."
            raise Refused("no-keys", "Voor deze database is niet gezegd waar de sleutels zijn.", remedy)
        if may_make and not self.file.exists():
            _make(self.file)
        return Ring(tuple(parse_masters(_read(self.file))))

    def add_newest(self) -> None:
        """Put a new key before the others, unless a rotation was begun; raise `Refused` where it is not ours to do."""
        if self.file is None or self.given is not None:
            if self.given is not None and len(self.ring().masters) > 1:
                return
            remedy = "Zet een nieuwe sleutel vóór de oude in PRAKTIJKTEST_MASTER_KEY, met een komma ertussen, en start "
            raise Refused(
                "key-not-ours", f"De hoofdsleutel staat in de omgeving. {MAKE_ONE}.", remedy + "alles opnieuw."
            )
        if len(self.ring().masters) == 1:
            _replace(self.file, (Master(secrets.token_bytes(KEY_BYTES)), *self.ring().masters))

    def drop_older(self) -> None:
        """Take the keys out of the file that wrap nothing any more; keys from the environment stay for their owner."""
        if self.file is not None and self.given is None and len(self.ring().masters) > 1:
            _replace(self.file, (self.ring().newest,))


def parse_masters(written: str) -> Iterator[Master]:
    """Yield the keys of a text, one per line; raise `Refused` when one is none, or there are none."""
    lines = [line.strip() for line in written.splitlines() if line.strip()]
    if not lines:
        raise Refused("no-master-key", "Er is geen hoofdsleutel.", MAKE_ONE)
    for line in lines:
        try:
            secret = base64.b64decode(line, validate=True)
        except ValueError:
            secret = b""
        if len(secret) != KEY_BYTES:
            # The key itself is not shown: it is a secret, also when something is wrong with it.
            raise Refused("bad-master-key", "Een hoofdsleutel is niet 32 bytes in Base64.", MAKE_ONE)
        yield Master(secret)


def _text(secret: bytes) -> str:
    return base64.b64encode(secret).decode()


def _read(file: Path) -> str:
    try:
        mode = file.stat().st_mode
        if mode & 0o077:
            message = f"Het bestand met de hoofdsleutel ({file}) is ook voor anderen te lezen."
            raise Refused("key-file-open", message, f"chmod 600 {file}")
        return file.read_text(encoding="ascii")
    except FileNotFoundError as error:
        message = f"Het bestand met de hoofdsleutel ({file}) is er niet; zonder is wat versleuteld is niet te lezen."
        remedy = f"Zet het terug, of maak bij een nieuwe installatie een: (umask 077; openssl rand -base64 32 > {file})"
        raise Refused("no-master-key", message, remedy) from error
    except (OSError, UnicodeDecodeError) as error:
        raise Refused("key-file-unreadable", f"Het bestand met de hoofdsleutel ({file}) is niet te lezen.") from error


def _make(file: Path) -> None:
    """Make a key, unless somebody else did at the same moment; nobody ever sees a file that is half written."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f"{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    _write(beside, (Master(secrets.token_bytes(KEY_BYTES)),))
    try:
        with suppress(FileExistsError):
            os.link(beside, file)
    finally:
        beside.unlink()


def _replace(file: Path, masters: tuple[Master, ...]) -> None:
    """Replace the file in one step: whoever reads it sees the old keys or the new ones, whole."""
    beside = file.with_name(f"{file.name}.nieuw")
    beside.unlink(missing_ok=True)
    try:
        _write(beside, masters)
        beside.replace(file)
    except OSError as error:
        message = f"Het bestand met de hoofdsleutel ({file}) is niet te vervangen ({error.strerror})."
        remedy = f"Zet zelf een nieuwe sleutel op de eerste regel, vóór de oude. {MAKE_ONE}"
        raise Refused("key-not-ours", message, remedy) from error


def _write(file: Path, masters: tuple[Master, ...]) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as stream:
        stream.writelines(f"{_text(master.secret)}\n" for master in masters)
        stream.flush()
        os.fsync(stream.fileno())
