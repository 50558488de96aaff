"""The drill: a database is lost and an older one put back; what had gone does not go again, and the rest does."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from house_makers import HOUR, MINUTE, OPENING, refused
from mailbox_makers import LEDGER, Mailbox, dovecot
from restore_makers import PATIENCE, Drill, Relay, a_file_database, a_server_database

from orchestrator import channel_faults
from orchestrator.intake import Channel as Road
from orchestrator.settings import Settings
from orchestrator.states import LetterState

S = LetterState
BACKUP, LOST, BACK, LATER = (OPENING + hours * HOUR for hours in (2, 4, 5, 6))
MAILS, FORMS = 5, 3


@pytest.fixture(scope="module")
def server() -> Iterator[Mailbox]:
    with dovecot() as running:
        yield running


@pytest.fixture
def box(server: Mailbox) -> Mailbox:
    server.clear()
    return server


@pytest.fixture(params=["sqlite", "postgresql"])
def drill(request: pytest.FixtureRequest, box: Mailbox, tmp_path: Path, blank_sqlite: Path) -> Iterator[Drill]:
    """A round of which some letters went before the backup, and some after it; now it is `BACK`."""
    if request.param == "postgresql":
        making = a_server_database(request.getfixturevalue("_postgresql"))
    else:
        making = a_file_database(tmp_path, blank_sqlite)
    with making as database:
        yield Drill(database, tmp_path, Relay(box), box.settings(ledger_imap_folder=LEDGER))


only_sqlite = pytest.mark.parametrize("drill", ["sqlite"], indirect=True)


def loses(drill: Drill, *, told: bool = True, forms: int = 0) -> list[str]:
    """Lose what came after the backup; return the letters that had gone by then."""
    drill.plan(MAILS, forms)
    drill.polls()
    drill.process.send_due()
    drill.polls()
    assert drill.works(BACKUP)
    file = drill.saves()
    kept = len(drill.relay.taken)
    drill.works(LOST)
    assert len(drill.relay.taken) > kept > 0
    drill.at(BACK)
    drill.puts_back(file, told=told)
    return list(drill.relay.taken)


def reads_copies(drill: Drill) -> None:
    """Let the worker wake, the copies be read, and the worker go on."""
    drill.process.send_due()
    drill.polls()
    drill.process.sweep()


def all_went_once(drill: Drill) -> None:
    assert drill.doubles() == []
    assert drill.states() == {S.SENT: 2 * MAILS}
    assert {row.message_id for row in drill.inquiries(Road.SMTP)} <= set(drill.relay.taken)


@pytest.mark.long
def test_after_a_restored_backup_nothing_goes_until_it_is_reconciled_and_then_only_what_never_went(
    drill: Drill,
) -> None:
    gone = loses(drill)
    assert drill.works(BACK + MINUTE) == 0
    reads_copies(drill)
    assert drill.works(LATER) == 0
    assert drill.relay.taken == gone
    with refused("ledger-unread"):
        drill.reconciles()  # the folder was read, but a copy may still have been under way
    drill.polls()
    told = drill.reconciles()
    assert (told.uncertain, told.believed) == (0, True)
    assert drill.states()[S.SENT] == len(gone)
    drill.ends()
    all_went_once(drill)


@pytest.mark.long
@only_sqlite
def test_letters_keep_the_moment_at_which_they_truly_went(drill: Drill) -> None:
    drill.plan(MAILS)
    reads_copies(drill)
    file = drill.saves()
    drill.works(LOST)
    before = {row.message_id: row.sent_at for row in drill.inquiries(Road.SMTP) if row.sent_at}
    drill.puts_back(file)
    reads_copies(drill)
    after = {row.message_id: row.sent_at for row in drill.inquiries(Road.SMTP) if row.sent_at}
    assert before.keys() == after.keys()
    # A mail tells whole seconds, of when it was written: up to two before its answer came.
    assert all(0 <= (before[name] - after[name]).total_seconds() < 2 for name in before)


@pytest.mark.long
@only_sqlite
def test_forms_leave_no_copies_and_are_not_posted_again(drill: Drill) -> None:
    gone = loses(drill, forms=FORMS)
    drill.at(BACK + PATIENCE)
    reads_copies(drill)
    told = drill.reconciles()
    assert told.uncertain > 0
    drill.ends()
    all_went_once(drill)
    forms = {row.message_id: row.state for row in drill.inquiries(Road.WEBFORM)}
    assert all(forms[name] in (S.SENT, S.UNCERTAIN) for name in gone if name in forms)
    assert set(forms.values()) <= {S.SENT, S.UNCERTAIN, S.PLANNED, S.EXPIRED}


@only_sqlite
def test_without_a_ledger_mailbox_whatever_was_due_is_given_up(drill: Drill) -> None:
    drill.settings, drill.relay.mailbox = Settings(), None
    drill.begin()
    gone = loses(drill)
    assert drill.works(BACK + MINUTE) == 0
    told = drill.reconciles()
    assert not told.believed
    assert drill.states()[S.UNCERTAIN] == told.uncertain > 0
    drill.ends()
    assert drill.doubles() == []
    by_name = {row.message_id: row.state for row in drill.inquiries(Road.SMTP)}
    assert all(by_name[name] in (S.SENT, S.UNCERTAIN) for name in gone)


@pytest.mark.long
def test_an_old_database_that_nobody_told_of_is_found_out_before_anything_goes(drill: Drill) -> None:
    gone = loses(drill, told=False)
    assert drill.why_shut() is None
    assert drill.works(BACK + MINUTE) == 0
    assert "map met kopieën" in waiting(drill)
    drill.polls()
    drill.process.sweep()
    assert "lijkt een back-up te zijn teruggezet" in str(drill.why_shut())
    assert drill.works(LATER) == 0
    assert drill.relay.taken == gone
    assert waiting(drill) == ""
    drill.at(LATER + PATIENCE)
    drill.polls()
    drill.reconciles()
    drill.ends()
    all_went_once(drill)


@only_sqlite
def test_a_worker_that_only_restarted_waits_for_the_copies_once_and_goes_on(drill: Drill) -> None:
    drill.plan(MAILS)
    assert drill.works(BACKUP) == 0
    drill.polls()
    assert drill.works(BACKUP + MINUTE) > 0
    drill.begin()
    before = len(drill.relay.taken)
    assert drill.works(LOST) == 0
    drill.polls()
    assert drill.works(LOST + MINUTE) > 0
    assert len(drill.relay.taken) > before
    assert drill.why_shut() is None


@only_sqlite
def test_a_mailbox_that_cannot_be_read_holds_a_fresh_worker_and_says_so(drill: Drill) -> None:
    drill.plan(MAILS)
    drill.settings = drill.settings.model_copy(update={"imap_folder": "INBOX", "ledger_imap_folder": "Weg"})
    drill.begin()
    for _ in range(3):
        drill.polls()
        assert drill.works(drill.now + MINUTE) == 0
    told = waiting(drill)
    assert "map met kopieën" in told
    assert "Weg" in told


@pytest.mark.long
@only_sqlite
def test_a_folder_that_was_numbered_anew_tells_the_same(drill: Drill, box: Mailbox) -> None:
    loses(drill)
    with box.opened(LEDGER) as client:
        mails = [bytes(parts[b"BODY[]"]) for parts in client.fetch(client.search(), ["BODY.PEEK[]"]).values()]
        client.select_folder("INBOX")
        client.delete_folder(LEDGER)
    box.put(*mails, folder=LEDGER)
    drill.at(BACK + PATIENCE)
    reads_copies(drill)
    drill.reconciles()
    drill.ends()
    all_went_once(drill)


@pytest.mark.long
@pytest.mark.parametrize("restarted", [True, False], ids=["restarted", "running"])
@only_sqlite
def test_the_memory_of_a_worker_finds_out_an_old_database_without_a_mailbox(drill: Drill, restarted: bool) -> None:
    drill.settings, drill.relay.mailbox = Settings(), None
    drill.memory = drill.folder / "ledger-head.json" if restarted else None
    drill.begin()
    running = drill.process
    gone = loses(drill, told=False)
    if not restarted:
        drill.process = running
        drill.at(drill.now)
    assert drill.works(LATER) == 0
    assert "het logboek mist wat er eerder in stond" in str(drill.why_shut())
    assert drill.relay.taken == gone
    drill.reconciles()
    drill.begin()
    drill.ends()
    assert drill.doubles() == []
    assert "back-up" not in str(drill.why_shut())


def waiting(drill: Drill) -> str:
    with drill.database.reading() as session:
        return " ".join(fault.message for fault in channel_faults.lasting(session))
