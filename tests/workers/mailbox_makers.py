"""A real IMAP server (Dovecot) on loopback, without init, root or any file of the system touched."""

import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import pytest
from imapclient import IMAPClient
from pydantic import SecretStr
from tls_makers import authority

from orchestrator.settings import Security, Settings
from portal.demo.ports import free_port

USER, PASSWORD = "praktijktest@woonpost.example", "geheim-woord-7"
LEDGER = "Grootboek"
_DOVECOT = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
_CONF = """
base_dir = {run}
state_dir = {run}/state
log_path = {run}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = no
auth_failure_delay = 0
auth_mechanisms = plain login
auth_username_format = %Lu
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{home}/mail
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={home}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service auth {{
  inet_listener {{
    address = 127.0.0.1
    port = {auth_port}
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""


class Mailbox:
    """A folder tree on a running server, seen as its owner's own mail program sees it."""

    def __init__(self, port: int, tls_port: int, auth_port: int, mail: Path) -> None:
        self.port, self.tls_port, self.auth_port, self.mail = port, tls_port, auth_port, mail

    def settings(self, **changes: object) -> Settings:
        told: dict[str, object] = {
            "imap_host": "127.0.0.1",
            "imap_port": self.port,
            "imap_security": Security.NONE,
            "imap_user": USER,
            "imap_password": SecretStr(PASSWORD),
            "wire_timeout_seconds": 5.0,
        }
        return Settings(**(told | changes))  # type: ignore[arg-type]

    @contextmanager
    def opened(self, folder: str = "INBOX") -> Iterator[IMAPClient]:
        with IMAPClient("127.0.0.1", self.port, ssl=False, timeout=10) as client:
            client.login(USER, PASSWORD)
            if not client.folder_exists(folder):
                client.create_folder(folder)
            client.select_folder(folder)
            yield client

    def put(self, *mails: bytes, folder: str = "INBOX") -> None:
        with self.opened(folder) as client:
            for mail in mails:
                client.append(folder, mail)

    def drop(self, mail: bytes, number: int) -> None:
        """Put a mail in the inbox as a delivery agent does, past the server: quicker by far than by `put`."""
        name = f"{time.time():.0f}.{number}.proef"
        for folder in ("tmp", "new"):
            if not (self.mail / folder).is_dir():
                with self.opened():
                    pass  # the server makes its folders at the first look
        (self.mail / "tmp" / name).write_bytes(mail)
        (self.mail / "tmp" / name).rename(self.mail / "new" / name)

    def touched(self, number: int) -> list[str]:
        """What is not as it must be after ``number`` mails were dropped that nobody may have marked or deleted."""
        files = [path for folder in ("new", "cur") for path in (self.mail / folder).iterdir()]
        marked = [f"marked: {path.name}" for path in files if path.name.partition(":2,")[2]]
        return marked if len(files) == number else [*marked, f"{len(files)} files of {number}"]

    def clear(self) -> None:
        for folder in ("INBOX", LEDGER):
            with self.opened(folder) as client:
                client.delete_messages(client.search("ALL"))
                client.expunge()

    def flags(self, folder: str = "INBOX") -> dict[int, tuple[bytes, ...]]:
        with self.opened(folder) as client:
            told = client.get_flags(client.search("ALL"))
        return {uid: tuple(flag for flag in flags if flag != rb"\Recent") for uid, flags in told.items()}

    def rebuild(self, folder: str = "INBOX") -> None:
        """Delete the server's own numbering, as a restore or a move to another server does: a new UIDVALIDITY."""
        with self.opened(folder) as client:
            before = client.folder_status(folder, "UIDVALIDITY")[b"UIDVALIDITY"]
        time.sleep(1.1)  # a UIDVALIDITY is a moment in whole seconds
        for name in ("dovecot-uidlist", "dovecot.index", "dovecot.index.log", "dovecot.index.cache"):
            (self.mail / name).unlink(missing_ok=True)
        for name in self.mail.glob("dovecot-uidvalidity*"):
            name.unlink()
        with self.opened(folder) as client:
            assert client.folder_status(folder, "UIDVALIDITY")[b"UIDVALIDITY"] != before


@contextmanager
def dovecot() -> Iterator[Mailbox]:
    """Run a server with one empty mailbox; skip the test when Dovecot is not there."""
    if _DOVECOT is None:
        pytest.skip("no dovecot on the path (Debian: dovecot-imapd): no real IMAP server to read from")
    # Not under pytest's own folder: Dovecot reads mail as another user than root, and its sockets need short paths.
    folder = Path(mkdtemp(prefix="proef-imap-", dir="/tmp"))
    folder.chmod(0o755)
    user, group = _account()
    home = folder / "home"
    (home / "mail").mkdir(parents=True)
    (folder / "run").mkdir()
    for path in (home, home / "mail"):
        if os.geteuid() == 0:
            shutil.chown(path, user, group)
    (port, tls_port, auth_port), here = (free_port() for _ in range(3)), authority().here
    conf = folder / "dovecot.conf"
    conf.write_text(
        _CONF.format(
            run=folder / "run", home=home, user=user, group=group, port=port, tls_port=tls_port,
            auth_port=auth_port, password=PASSWORD, certificate=here.file, key=here.key,
        )
    )  # fmt: skip
    server = subprocess.Popen([_DOVECOT, "-F", "-c", str(conf)], start_new_session=True)
    try:
        _wait(server, port, folder)
        yield Mailbox(port, tls_port, auth_port, home / "mail")
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def _account() -> tuple[str, str]:
    number = os.geteuid() or pwd.getpwnam("nobody").pw_uid
    account = pwd.getpwuid(number)
    return account.pw_name, grp.getgrgid(account.pw_gid).gr_name


def _wait(server: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if server.poll() is not None:
                break
            time.sleep(0.1)
        else:
            return
    log = folder / "run" / "log"
    pytest.fail(f"dovecot did not start: {log.read_text() if log.exists() else server.returncode}")
