import asyncio
import email
import json
import os
import re
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import contextmanager
from datetime import datetime
from email.policy import default

import pytest
from aiosmtpd.smtp import SMTP
from market_makers import make_inquiry, make_mail, make_world, write_world

from market.__main__ import main
from portal.demo.ports import free_port

WORLD = make_world(10, 4, webforms=2)
FORMS = tuple(one for one in WORLD.listings.values() if WORLD.advertisers[one.advertiser].channel == "webform")
MAILED = tuple(one for one in WORLD.listings.values() if one not in FORMS)
REFUSED = 2
FAST = ("--speed", "1000000", "--clock-start", "2026-09-07T09:00:00+02:00")


class Inbox:
    """A real SMTP server in a thread that keeps what it gets; ``codes`` are answered to the first deliveries."""

    def __init__(self, port=0, codes=()):
        self.mails, self.envelopes, self.codes = [], [], list(codes)
        self._loop, self._ready = asyncio.new_event_loop(), threading.Event()
        self._wanted, self.port = port, port
        self._thread = threading.Thread(target=self._serve, daemon=True)

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 -- the name aiosmtpd calls
        del server, session
        if self.codes:
            return self.codes.pop(0)
        self.envelopes.append((envelope.mail_from, tuple(envelope.rcpt_tos)))
        self.mails.append(email.message_from_bytes(envelope.content, policy=default))
        return "250 OK"

    def _serve(self):
        asyncio.set_event_loop(self._loop)
        make = self._loop.create_server(lambda: SMTP(self, hostname="t", loop=self._loop), "127.0.0.1", self._wanted)
        self._server = self._loop.run_until_complete(make)
        self.port = self._server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()

    def __enter__(self):
        self._thread.start()
        self._ready.wait(5)
        return self

    def __exit__(self, *problem):
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    async def _stop(self):
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


class Running:
    """A started market and the files it writes."""

    def __init__(self, process, folder):
        self.process, self.folder = process, folder
        until(lambda: (folder / "ready.json").exists() or process.poll() is not None)
        ports = json.loads((folder / "ready.json").read_text())
        self.smtp, self.http = ports["smtp_port"], ports["http_port"]

    def log(self):
        return [json.loads(line) for line in (self.folder / "log.jsonl").read_text().splitlines()]

    def write(self, *inquiries):
        with smtplib.SMTP("127.0.0.1", self.smtp, local_hostname="localhost", timeout=10) as line:
            for inquiry in inquiries:
                line.send_message(make_mail(inquiry), inquiry.return_path, [inquiry.to])

    def web(self, path, **fields):
        """Status and page; a form is posted when there are fields."""
        data = urllib.parse.urlencode(fields).encode() if fields else None
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http}{path}", data, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def sends_json(self, path, content):
        """Status and answer."""
        data, head = json.dumps(content).encode(), {"Content-Type": "application/json"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}{path}", data, head)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - our own market
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


def until(reached, seconds=20.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if reached():
            return True
        time.sleep(0.02)
    return False


def command(folder, reply_port, *more):
    participants, listings = write_world(WORLD, folder)
    files = ("--participants", str(participants), "--listings", str(listings), "--truth", str(folder / "truth.json"))
    return [sys.executable, "-m", "market", *files, "--reply-port", str(reply_port), *more]


@contextmanager
def market(folder, reply_port, *more):
    options = (*more, "--ready", str(folder / "ready.json"), "--log", str(folder / "log.jsonl"))
    process = subprocess.Popen(command(folder, reply_port, *options))
    try:
        yield Running(process, folder)
    finally:
        process.kill()
        process.wait()


@pytest.mark.long
def test_letters_by_mail_and_form_are_answered_by_mail(tmp_path):
    with Inbox() as inbox, market(tmp_path, inbox.port, *FAST) as running:
        running.write(*(make_inquiry(one) for one in MAILED))
        for listing in FORMS:
            fields = {"naam": "Emre Yıldız", "email": "emre@woonpost.example", "telefoon": "", "bericht": "Vrij?"}
            status, page = running.web(f"/formulier/{listing.advertiser}", **fields, advertentie=listing.key)
            assert (status, "Bedankt voor uw bericht" in page) == (200, True)
        assert until(lambda: len(inbox.mails) > 10)
        time.sleep(1)
        sent = [line for line in running.log() if line["direction"] == "out"]
        received = [line["kind"] for line in running.log() if line["direction"] == "in"]
    assert received == ["inquiry"] * (len(MAILED) + len(FORMS))
    assert sorted(line["message_id"] for line in sent) == sorted(mail["Message-ID"] for mail in inbox.mails)
    assert {line["channel"] for line in sent} == {"smtp", "webform"}
    assert all(datetime.fromisoformat(line["at"]).year == 2026 for line in sent)


@pytest.mark.long
def test_two_runs_with_one_seed_decide_alike(tmp_path):
    def decisions(name):
        folder = tmp_path / name
        folder.mkdir()
        with Inbox() as inbox, market(folder, inbox.port, *FAST, "--seed", "8") as running:
            letters = [make_inquiry(one) for one in MAILED[:12]]
            running.write(*(letters if name == "a" else reversed(letters)))
            time.sleep(1.5)
            return {(line["listing"], line["kind"]) for line in running.log()}

    assert decisions("a") == decisions("b")


def test_the_truth_is_written_before_the_first_letter(tmp_path):
    with market(tmp_path, 9, "--bias", "0.2", "--seed", "4"):
        declared = json.loads((tmp_path / "truth.json").read_text())
    assert (declared["seed"], declared["bias"], round(declared["net_discrimination"], 4)) == (4, 0.2, 0.2)


def test_mail_to_nobody_is_refused(tmp_path):
    with (
        market(tmp_path, 9) as running,
        smtplib.SMTP("127.0.0.1", running.smtp, local_hostname="localhost", timeout=10) as line,
    ):
        line.ehlo()
        line.mail("bas@woonpost.example")
        assert line.rcpt("info@kantoor-0.example")[0] == 250
        assert line.rcpt("info@nergens.example")[0] == 550


def test_a_web_form_shows_its_fields_and_says_what_is_wrong(tmp_path):
    good = {"naam": "Eva Bakker", "email": "eva@woonpost.example", "advertentie": "REF-kantoor-9-0", "bericht": "Vrij?"}
    with market(tmp_path, 9) as running:
        status, page = running.web("/formulier/kantoor-9")
        assert status == 200
        assert all(f'name="{name}"' in page for name in ("naam", "email", "telefoon", "advertentie", "bericht"))
        assert running.web("/formulier/kantoor-0")[0] == 404
        assert running.web("/formulier/nergens", **good)[0] == 404
        for name in good:
            status, page = running.web("/formulier/kantoor-9", **{**good, name: " "})
            assert (status, "Vul dit veld nog in" in page) == (400, True)
        assert running.web("/formulier/kantoor-9", **{**good, "advertentie": "kantoor-8-w0"})[0] == 400
        assert running.web("/formulier/kantoor-9", **{**good, "email": "eva"})[0] == 400
        status, page = running.web("/formulier/kantoor-9", **{**good, "naam": "<b>Eva</b>", "bericht": ""})
        assert "&lt;b&gt;" in page
        assert running.web("/formulier/kantoor-9", **good)[0] == 200
        running.web("/formulier/kantoor-9", **good)
        assert [line["kind"] for line in running.log()] == ["inquiry", "repeat"]


def test_a_form_with_a_token_takes_only_what_comes_from_its_own_page(tmp_path):
    with market(tmp_path, 9) as running:
        visitor = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(), Refusals())
        address = f"http://127.0.0.1:{running.http}/contact/kantoor-9"
        page = visitor.open(address).read().decode()
        good = {"voornaam": "Eva", "achternaam": "van Dijk", "email": "eva@woonpost.example", "privacy": "on"}
        good |= {"referentie": "REF-kantoor-9-0", "bericht": "Vrij?"}
        good["csrf_token"] = re.search(r'name="csrf_token" value="(\w+)"', page)[1]
        assert running.web("/contact/kantoor-9", **good)[0] == 403
        for name in ("privacy", "achternaam", "referentie"):
            answer = visitor.open(address, urllib.parse.urlencode({**good, name: ""}).encode())
            assert (answer.status, "Vul dit veld nog in" in answer.read().decode()) == (400, True)
        answer = visitor.open(address, urllib.parse.urlencode(good).encode())
        assert (answer.url, "Bedankt voor uw bericht" in answer.read().decode()) == (f"{address}/bedankt", True)
        assert [(line["kind"], line["applicant"]) for line in running.log()] == [("inquiry", "Eva van Dijk")]


def test_an_intake_takes_one_json_object(tmp_path):
    good = {"aanvrager": {"naam": "Emre Yıldız", "email": "emre@woonpost.example"}, "bericht": "Vrij?"}
    good["woning"] = "REF-kantoor-9-0"
    bad = [{**good, "woning": "REF-kantoor-8-0"}, {**good, "aanvrager": "Emre"}, {**good, "bericht": 7}, [good], 1]
    with market(tmp_path, 9) as running:
        assert [running.sends_json("/intake/kantoor-9", sent)[0] for sent in bad] == [422] * len(bad)
        assert running.sends_json("/intake/kantoor-0", good)[0] == 404
        status, told = running.sends_json("/intake/kantoor-9", good)
        assert (status, told) == (201, {"status": "ontvangen", "woning": "REF-kantoor-9-0"})
        assert [(line["kind"], line["applicant"]) for line in running.log()] == [("inquiry", "Emre Yıldız")]


class Refusals(urllib.request.HTTPErrorProcessor):
    """Hands over an answer that is a refusal instead of raising it; redirects are followed as ever."""

    def http_response(self, request, response):
        return response if response.status >= 400 else super().http_response(request, response)


@pytest.mark.long
def test_answers_wait_for_a_server_that_is_not_there_yet(tmp_path):
    port = free_port()
    with market(tmp_path, port, *FAST) as running:
        running.write(*(make_inquiry(one) for one in MAILED))
        time.sleep(1.5)
        with Inbox(port) as inbox:
            assert until(lambda: len(inbox.mails) > 10)


@pytest.mark.long
def test_an_answer_is_offered_again_after_a_busy_and_given_up_after_a_refusal(tmp_path):
    with Inbox(codes=["451 busy", "550 no", "421 stop"]) as inbox, market(tmp_path, inbox.port, *FAST) as running:
        running.write(*(make_inquiry(one) for one in MAILED))
        assert until(lambda: len(inbox.mails) > 10)
        time.sleep(1.5)
        sent = [line for line in running.log() if line["direction"] == "out"]
    assert [line["kind"] for line in sent].count("undelivered") == 1
    assert len(sent) == len(inbox.mails) + 1 == len({line["message_id"] for line in sent})


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_market_cleanly_and_at_once_also_with_a_line_open(tmp_path, number):
    with market(tmp_path, 9) as running:
        open_line = smtplib.SMTP("127.0.0.1", running.smtp, local_hostname="localhost", timeout=10)
        running.process.send_signal(number)
        # On a machine that is busy with other tests also a process that stops at once takes a while.
        assert running.process.wait(5) == 0
        open_line.close()


@pytest.mark.long
def test_the_market_ends_when_its_parent_is_gone(tmp_path):
    parent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with market(tmp_path, 9, "--parent-pid", str(parent.pid)) as running:
        time.sleep(0.4)
        assert running.process.poll() is None
        parent.communicate(b"\n")
        assert running.process.wait(5) == 0


@pytest.mark.long
def test_a_killed_demo_leaves_no_orphan(tmp_path):
    demo = (
        "import subprocess, sys, os, time\n"
        "market = subprocess.Popen([*sys.argv[1:], '--parent-pid', str(os.getpid())])\n"
        "print(market.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    ready = ("--ready", str(tmp_path / "ready.json"))
    with subprocess.Popen(
        [sys.executable, "-c", demo, *command(tmp_path, 9, *ready)], stdout=subprocess.PIPE
    ) as parent:
        child = int(parent.stdout.readline())
        assert until((tmp_path / "ready.json").exists)
        parent.kill()
    assert until(lambda: is_gone(child), 5)


def is_gone(process):
    """Gone, or ended and only waiting for somebody to collect it."""
    try:
        with open(f"/proc/{process}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        return False


def test_a_port_in_use_is_named(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        start = command(tmp_path, 2525, "--http-port", str(port))
        found = subprocess.run(start, capture_output=True, text=True, timeout=30, check=False)
    assert found.returncode == REFUSED
    assert found.stderr == f"market: Poort {port} is al in gebruik; kies een andere poort.\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--bias", "0.5"), "--bias 0.5 kan niet: kies een waarde van 0 tot en met 0.35."),
        (("--bias", "veel"), "'veel' is niet een getal"),
        (("--clock-start", "2026-09-07T09:00:00"), "heeft geen tijdzone"),
        (("--speed", "0"), "kies een getal boven 0"),
        (("--smtp-port", "99999"), "is geen poort"),
        (("--listings", "nergens.csv"), "nergens.csv: kan het bestand niet lezen"),
        (("--truth", "/nergens/truth.json"), "kan het bestand niet schrijven"),
        (("--wat", "1"), "ongeldige opdracht"),
    ],
)
def test_wrong_options_are_refused_in_one_dutch_line(tmp_path, capsys, options, said):
    assert main(command(tmp_path, 2525, *options)[3:]) == REFUSED
    printed = capsys.readouterr().err
    assert said in printed
    assert printed.count("\n") == 1
