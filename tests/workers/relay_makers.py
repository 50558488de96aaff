"""A real mail server (Postfix) on loopback, set up as docs/mail.md says, with no file of the system touched."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import pytest
from mailbox_makers import PASSWORD, USER, Mailbox
from pydantic import SecretStr
from tls_makers import authority

from portal.demo.ports import free_port

DOMAIN = USER.partition("@")[2]
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"
_POSTFIX = shutil.which("postfix", path=_PATH)
_MAIN = """
compatibility_level = 3.6
queue_directory = {run}/queue
data_directory = {run}/data
maillog_file_prefixes = {run}
maillog_file = {run}/log
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks =
myhostname = mail.{domain}
mydestination =
alias_maps =
local_transport = error:no local mail
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{auth_port}
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_client_connection_rate_limit = 0
queue_run_delay = 2s
minimal_backoff_time = 2s
maximal_backoff_time = 10s
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {mail}
virtual_mailbox_maps = regexp:{conf}/mailboxes
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
sender_bcc_maps = regexp:{conf}/sender_bcc
transport_maps = regexp:{conf}/transport
"""
_MASTER = """
{submission} inet n - n - - smtpd -o smtpd_tls_security_level=encrypt -o smtpd_sasl_auth_enable=yes
 -o smtpd_client_restrictions=permit_sasl_authenticated,reject
{incoming} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
smtp unix - - n - - smtp
error unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Relay:
    """A running Postfix: the port where letters are handed in, by STARTTLS and with a login."""

    submission: int

    def settings(self) -> dict[str, object]:
        return {
            "smtp_host": "127.0.0.1",
            "smtp_port": self.submission,
            "smtp_security": "starttls",
            "smtp_user": USER,
            "smtp_password": SecretStr(PASSWORD),
            "smtp_ca_file": authority().file,
        }


@contextmanager
def postfix(mailbox: Mailbox, ledger: str, world: int, incoming: int) -> Iterator[Relay]:
    """Run a relay that fills this mailbox from port ``incoming`` and hands what goes out to port ``world``.

    Copies of what the applicants send come in the mailbox's folder ``ledger``. Skips the test where Postfix is not
    installed, or may not be started.
    """
    if _POSTFIX is None:
        pytest.skip("no postfix on the path (Debian: postfix): no real mail server to hand letters to")
    if os.geteuid() != 0:
        pytest.skip("Postfix is started by root only: no real mail server to hand letters to")
    folder = Path(mkdtemp(prefix="proef-mta-", dir="/tmp"))
    folder.chmod(0o755)
    conf, ports = folder / "conf", (free_port(), incoming)
    for name in ("conf", "queue", "data"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    _configure(conf, mailbox, ledger, world, ports)
    command = [_POSTFIX, "-c", str(conf)]
    subprocess.run([*command, "start"], check=True, capture_output=True, timeout=30)
    try:
        yield Relay(ports[0])
    finally:
        subprocess.run([*command, "stop"], check=True, capture_output=True, timeout=30)
        _gone(folder / "queue" / "pid" / "master.pid")
        shutil.rmtree(folder, ignore_errors=True)


def _configure(conf: Path, mailbox: Mailbox, ledger: str, world: int, ports: tuple[int, int]) -> None:
    here, owner = authority().here, mailbox.mail.stat()
    submission, incoming = ports
    main = _MAIN.format(
        run=conf.parent, conf=conf, domain=DOMAIN, certificate=here.file, key=here.key, mail=mailbox.mail,
        auth_port=mailbox.auth_port, uid=owner.st_uid, gid=owner.st_gid,
    )  # fmt: skip
    local, pattern = USER.partition("@")[0], DOMAIN.replace(".", r"\.")
    files = {
        "main.cf": main,
        "master.cf": _MASTER.format(submission=f"127.0.0.1:{submission}", incoming=f"127.0.0.1:{incoming}"),
        "sender_bcc": f"/@{pattern}$/    {local}+grootboek@{DOMAIN}\n",
        "mailboxes": f"/^{local}\\+grootboek@/    .{ledger}/\n/@{pattern}$/    ./\n",
        "transport": f"/@{pattern}$/    virtual:\n/./    smtp:[127.0.0.1]:{world}\n",
    }
    for name, text in files.items():
        (conf / name).write_text(text)


def _gone(pid_file: Path) -> None:
    """Wait until the master has ended: it writes its folder until then."""
    try:
        pid = int(pid_file.read_text())
    except (FileNotFoundError, ValueError):
        return
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists():
            return
        time.sleep(0.1)
