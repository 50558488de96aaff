"""The second factor: set up once, each code right once, tries that end, and a reset that somebody else does."""

import threading
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from house_makers import events, refused
from sqlalchemy import select

from orchestrator import accounts, second_factor
from orchestrator.accounts import LONGEST, Visitor
from orchestrator.db import Database
from orchestrator.models import Event, RecoveryCode, WebSession
from orchestrator.second_factor import RECOVERY_CODES, TRIES, TRIES_OF_ALL
from orchestrator.states import Role

NOW = datetime(2026, 9, 7, 8, 0, tzinfo=UTC)
WALL = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
LATER = timedelta(seconds=30)
"""A code of the app is shown so long."""
ANNA = "Anna de Wit"


def add(database: Database, name: str = ANNA, role: Role = Role.DESIGNER) -> None:
    with database.writing() as session:
        accounts.add(session, name, f"{name[:4].lower()}@stad.example", [role], "beheerder", NOW)


def browser(database: Database, name: str = ANNA, wall: datetime = WALL) -> str:
    """A browser in which a link was used; its cookie."""
    with database.writing() as session:
        token = accounts.make_link(session, accounts.find(session, name), "beheerder", NOW, wall)
        return accounts.sign_in(session, token, NOW, wall)


def who(database: Database, cookie: str, wall: datetime = WALL) -> Visitor | None:
    with database.reading() as session:
        found = accounts.visitor(session, cookie, wall)
    return found[0] if found else None


def secret_of(database: Database, cookie: str, wall: datetime = WALL) -> str:
    with database.writing() as session:
        offer = second_factor.offer(session, cookie, wall)
    assert offer is not None
    return offer.secret


def set_up(database: Database, cookie: str, code: str, wall: datetime = WALL) -> tuple[str, ...] | None:
    with database.writing() as session:
        return second_factor.set_up(session, cookie, code, NOW, wall)


def show(database: Database, cookie: str, code: str, wall: datetime = WALL) -> bool:
    with database.writing() as session:
        return second_factor.show(session, cookie, code, NOW, wall)


def code(secret: str, wall: datetime = WALL) -> str:
    return pyotp.TOTP(secret).at(wall)


def wrong(secret: str, wall: datetime = WALL) -> str:
    right = {pyotp.TOTP(secret).at(wall, counter_offset=step) for step in (-1, 0, 1)}
    return next(guess for guess in ("000000", "111111", "222222", "333333") if guess not in right)


def with_factor(database: Database, name: str = ANNA) -> tuple[str, tuple[str, ...]]:
    """Somebody who has set up a second factor; its secret and the recovery codes."""
    add(database, name)
    cookie = browser(database, name)
    secret = secret_of(database, cookie)
    codes = set_up(database, cookie, code(secret))
    assert codes is not None
    return secret, codes


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.BROKER])
def test_who_reads_somebodys_mail_does_not_get_in_where_the_role_asks_for_more(database: Database, role: Role) -> None:
    add(database, role=role)
    visitor = who(database, browser(database))
    assert visitor is not None
    assert visitor.waits == (role not in (Role.CODER, Role.MUNICIPALITY))


def test_a_code_of_the_offered_secret_sets_up_the_factor_and_gives_ten_codes_for_its_loss(database: Database) -> None:
    add(database)
    cookie = browser(database)
    secret = secret_of(database, cookie)
    assert secret_of(database, cookie) == secret
    assert set_up(database, cookie, wrong(secret)) is None
    codes = set_up(database, cookie, f" {code(secret)[:3]} {code(secret)[3:]} ")
    assert codes is not None
    assert len(set(codes)) == RECOVERY_CODES
    visitor = who(database, cookie)
    assert visitor is not None
    assert not visitor.waits
    with refused("no-code-needed"), database.writing() as session:
        second_factor.offer(session, cookie, WALL)


def test_a_secret_that_was_set_up_is_offered_in_no_browser_any_more(database: Database) -> None:
    with_factor(database)
    with database.writing() as session:
        assert second_factor.offer(session, browser_in(session), WALL) is None


def browser_in(session) -> str:  # type: ignore[no-untyped-def]
    token = accounts.make_link(session, accounts.find(session, ANNA), "beheerder", NOW, WALL)
    return accounts.sign_in(session, token, NOW, WALL)


@pytest.mark.parametrize(("off", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_of_half_a_minute_ago_or_ahead_is_right(database: Database, off: int, right: bool) -> None:
    secret, _ = with_factor(database)
    wall = WALL + 10 * LATER
    assert show(database, browser(database, wall=wall), code(secret, wall + off * LATER), wall) == right


def test_a_code_is_right_once_and_an_older_one_never_after_it(database: Database) -> None:
    secret, _ = with_factor(database)
    assert not show(database, browser(database), code(secret))  # it set the factor up
    wall = WALL + 10 * LATER
    assert show(database, browser(database, wall=wall), code(secret, wall), wall)
    assert not show(database, browser(database, wall=wall), code(secret, wall), wall)
    assert not show(database, browser(database, wall=wall), code(secret, wall - LATER), wall)
    assert show(database, browser(database, wall=wall), code(secret, wall + LATER), wall)


def test_of_many_who_show_one_code_at_once_one_comes_in(database: Database) -> None:
    secret, _ = with_factor(database)
    wall = WALL + 10 * LATER
    cookie = browser(database, wall=wall)
    passed, began = [], threading.Barrier(4)

    def try_it() -> None:
        began.wait()
        try:
            passed.append(show(database, cookie, code(secret, wall), wall))
        except Exception as error:  # noqa: BLE001 - told below
            passed.append(str(error))

    threads = [threading.Thread(target=try_it) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert passed.count(True) == 1
    assert all(each is True or "gaf u al een code" in str(each) for each in passed)


def test_a_recovery_code_stands_in_once_however_it_is_typed(database: Database) -> None:
    _, codes = with_factor(database)
    cookie = browser(database)
    assert show(database, cookie, codes[0].lower().replace("-", " "))
    assert not show(database, browser(database), codes[0])
    with database.reading() as session:
        assert second_factor.recovery_left(session, cookie, WALL) == RECOVERY_CODES - 1


def test_a_recovery_code_of_somebody_else_is_wrong(database: Database) -> None:
    _, codes = with_factor(database)
    with_factor(database, "Bert")
    assert not show(database, browser(database, "Bert"), codes[0])


def test_new_recovery_codes_are_given_for_a_code_and_end_the_old_ones(database: Database) -> None:
    secret, old = with_factor(database)
    wall = WALL + 10 * LATER
    cookie = browser(database, wall=wall)
    assert show(database, cookie, code(secret, wall), wall)
    with database.writing() as session:
        assert second_factor.renew_recovery(session, cookie, code(secret, wall), NOW, wall) is None  # used already
        new = second_factor.renew_recovery(session, cookie, code(secret, wall + LATER), NOW, wall)
    assert new is not None
    assert not show(database, browser(database), old[0])
    assert show(database, browser(database), new[0])


def test_after_five_wrong_codes_the_browser_needs_another_link(database: Database) -> None:
    secret, _ = with_factor(database)
    wall = WALL + 10 * LATER
    cookie = browser(database, wall=wall)
    for _ in range(TRIES):
        assert not show(database, cookie, wrong(secret, wall), wall)
    with refused("no-sign-in"):
        show(database, cookie, code(secret, wall), wall)
    assert who(database, cookie, wall) is None
    assert show(database, browser(database, wall=wall), code(secret, wall), wall)


def test_a_reader_of_somebodys_mail_has_few_tries_in_an_hour_however_many_links_it_uses(database: Database) -> None:
    secret, _ = with_factor(database)
    wall, tried = WALL + 10 * LATER, 0
    old = [browser(database, wall=wall) for _ in range(3)]
    assert [who(database, each, wall) is not None for each in old] == [False, False, True]  # only the last may try
    with refused("too-often"):
        while tried <= TRIES_OF_ALL:
            cookie = browser(database, wall=wall)
            for _ in range(TRIES):
                show(database, cookie, wrong(secret, wall), wall)
                tried += 1
    assert tried == TRIES_OF_ALL
    after = wall + timedelta(hours=1, minutes=1)
    assert show(database, browser(database, wall=after), code(secret, after), after)


def test_tries_that_come_all_at_once_are_not_more_than_one_after_another(database: Database) -> None:
    secret, _ = with_factor(database)
    wall = WALL + 10 * LATER
    cookie, looked = browser(database, wall=wall), []

    def guess() -> None:
        try:
            looked.append(show(database, cookie, wrong(secret, wall), wall))
        except Exception as error:  # noqa: BLE001 - told below
            looked.append(type(error).__name__)

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert looked.count(False) == TRIES
    assert looked.count("Refused") == 12 - TRIES


def test_a_second_factor_that_was_reset_is_set_up_anew_and_its_sessions_are_over(database: Database) -> None:
    secret, codes = with_factor(database)
    cookie = browser(database)
    with database.writing() as session:
        second_factor.reset_of_another(session, ANNA, "Bert", NOW, WALL)
    assert who(database, cookie) is None
    cookie = browser(database)
    assert secret_of(database, cookie) != secret
    assert not show(database, cookie, codes[0])


def test_nobody_resets_their_own_second_factor_on_the_pages(database: Database) -> None:
    with_factor(database)
    with refused("same-person"), database.writing() as session:
        second_factor.reset_of_another(session, "anna  de wit", "ANNA de wit", NOW, WALL)


def test_two_browsers_cannot_both_set_up_a_factor(database: Database) -> None:
    add(database)
    first = browser(database)
    secret = secret_of(database, first)
    second = browser(database)
    with refused("no-sign-in"):
        set_up(database, first, code(secret))  # the newer browser took its place
    other = secret_of(database, second)
    assert other != secret
    assert set_up(database, second, code(other))


def test_no_ledger_and_no_column_but_its_own_holds_a_secret_and_recovery_codes_are_kept_as_hashes(
    database: Database,
) -> None:
    secret, codes = with_factor(database)
    assert show(database, browser(database), codes[1])
    kinds = [each.kind for each in events(database)]
    assert kinds.count("person.factor_set") == 1
    assert kinds.count("session.factor_shown") == 2
    with database.reading() as session:
        told = " ".join(f"{row.actor} {row.subject} {row.data}" for row in session.scalars(select(Event)))
        kept = {row.hash for row in session.scalars(select(RecoveryCode))}
        offered = set(session.scalars(select(WebSession.totp_secret_sealed)))
    plain = {each.replace("-", "") for each in codes}
    assert secret not in told
    assert not any(each in told for each in (*codes, *plain))
    assert not kept & (set(codes) | plain)
    assert offered == {None}


def test_a_browser_that_is_always_in_use_signs_in_again_after_a_week(database: Database) -> None:
    add(database, role=Role.CODER)
    cookie, wall = browser(database), WALL
    while wall < WALL + LONGEST - timedelta(hours=6):
        wall += timedelta(hours=6)
        assert who(database, cookie, wall)
        with database.writing() as session:
            accounts.note_seen(session, cookie, wall)
    assert who(database, cookie, WALL + LONGEST - timedelta(seconds=1))
    assert who(database, cookie, WALL + LONGEST) is None
