"""Certificates of an authority of our own, made by the openssl command line, for servers on loopback."""

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest


@dataclass(frozen=True)
class Certificate:
    """A certificate with its key, as files in PEM."""

    file: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key)
        return context


@dataclass(frozen=True)
class Authority:
    """Our own authority, a certificate of it for this machine, and one for another host."""

    file: Path
    here: Certificate
    elsewhere: Certificate


@cache
def authority() -> Authority:
    """Make the authority once per run; skip the test when openssl is not there."""
    if _OPENSSL is None:
        pytest.skip("no openssl on the path: certificates for a TLS server on loopback cannot be made")
    folder = Path(mkdtemp(prefix="proef-ca-"))
    _openssl(folder, "req", "-x509", *_KEY, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Proef", "-days", "2")
    here = _signed(folder, "here", "DNS:localhost,IP:127.0.0.1")
    return Authority(folder / "ca.pem", here, _signed(folder, "elsewhere", "DNS:mail.elders.example"))


_OPENSSL = shutil.which("openssl")
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def _signed(folder: Path, name: str, hosts: str) -> Certificate:
    (folder / f"{name}.ext").write_text(f"subjectAltName={hosts}\n")
    _openssl(folder, "req", "-new", *_KEY, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
    _openssl(
        folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
        "-out", f"{name}.pem", "-days", "2", "-extfile", f"{name}.ext",
    )  # fmt: skip
    return Certificate(folder / f"{name}.pem", folder / f"{name}.key")


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run([str(_OPENSSL), *arguments], cwd=folder, check=True, capture_output=True, timeout=30)
