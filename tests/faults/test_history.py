"""The judge of the fault tests must itself see every kind of harm."""

from pathlib import Path

from history import Letter, Verdict, Wire, judge, of_doubt, read_log

SOUND = Verdict((), (), (), (), (), ())


def letter(state: str = "sent", order: int = 1, **told: object) -> Letter:
    return Letter(f"<{order}>", 1, order, state, **told)  # type: ignore[arg-type]


def wires(*events: tuple[str, str]) -> list[Wire]:
    return [Wire(float(number), event, message_id) for number, (event, message_id) in enumerate(events)]


GOOD = wires(("accepted", "<1>"), ("accepted", "<2>"))


def test_a_pair_that_arrived_in_order_is_sound() -> None:
    verdict = judge([letter(), letter(order=2)], GOOD, ())
    assert verdict == SOUND
    assert verdict.sound


def test_a_letter_that_the_sink_accepted_twice_is_double() -> None:
    verdict = judge([letter(), letter(order=2)], [*GOOD, *wires(("accepted", "<1>"))], ())
    assert verdict.double == ("<1>",)
    assert not verdict.sound


def test_a_letter_that_was_cut_and_then_accepted_is_not_double() -> None:
    assert judge([letter()], wires(("cut", "<1>"), ("accepted", "<1>")), ()).double == ()


def test_a_letter_that_stays_claimed_or_sending_is_lost() -> None:
    for state in ("claimed", "sending"):
        assert judge([letter(state)], [], ()).lost == ("<1>",)


def test_a_letter_that_is_sent_while_the_sink_never_had_it_is_lost() -> None:
    assert judge([letter("sent")], [], ()).lost == ("<1>",)


def test_a_planned_letter_is_lost_unless_it_has_a_reason_to_wait() -> None:
    assert judge([letter("planned")], [], ()).lost == ("<1>",)
    assert judge([letter("planned", waits="connect: 421")], [], ()).lost == ()


def test_a_second_half_may_wait_behind_a_first_that_is_uncertain_but_not_behind_one_that_was_sent() -> None:
    second = letter("planned", order=2)
    uncertain = letter("uncertain", phase="body")
    assert judge([uncertain, second], wires(("cut", "<1>")), ()) == SOUND
    assert judge([letter(), second], wires(("accepted", "<1>")), ()).lost == ("<2>",)


def test_a_letter_that_the_sink_has_must_be_known_as_sent_or_uncertain() -> None:
    for state, unknown in (("sent", ()), ("uncertain", ()), ("failed", ("<1>",)), ("planned", ("<1>",))):
        assert judge([letter(state, phase="body", waits="x")], wires(("accepted", "<1>")), ()).unknown == unknown


def test_a_letter_that_nobody_planned_is_unknown() -> None:
    assert judge([], wires(("accepted", "<9>")), ()).unknown == ("<9>",)


def test_a_second_half_that_came_before_or_without_its_first_is_headless() -> None:
    pair = [letter(), letter(order=2)]
    assert judge(pair, list(reversed(GOOD)), ()).headless == ("<2>",)
    assert judge(pair, wires(("accepted", "<2>")), ()).headless == ("<2>",)


def test_a_letter_that_came_before_it_was_due_is_early() -> None:
    assert judge([letter(due=1.0)], wires(("accepted", "<1>")), ()).early == ("<1>",)
    assert judge([letter(due=0.0)], wires(("accepted", "<1>")), ()).early == ()
    assert judge([letter(due=1.0)], wires(("refused", "<1>")), ()).early == ()


def test_of_the_doubtful_those_count_that_arrived_and_of_these_those_that_a_copy_settled() -> None:
    told = [letter(settled=True), letter("uncertain", order=2), letter("uncertain", order=3), letter(order=4)]
    assert of_doubt(told, wires(("accepted", "<1>"), ("accepted", "<2>"), ("copied", "<3>"))) == (3, 2, 1)


def test_uncertain_after_a_body_that_the_sink_saw_begin_is_explained() -> None:
    told = letter("uncertain", phase="body")
    assert judge([told], wires(("cut", "<1>")), ()).unexplained == ()
    assert judge([told], [], ()).unexplained == ("<1>",)


def test_uncertain_by_a_lease_that_ran_out_is_explained_only_by_a_process_that_died() -> None:
    told = letter("uncertain", phase="lease", pid=7)
    assert judge([told], [], {7}).unexplained == ()
    assert judge([told], [], {8}).unexplained == ("<1>",)


def test_a_line_that_is_still_being_written_is_left_for_later(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b'{"at": 1.0, "event": "accepted", "message_id": "<1>", "why": null}\n{"at": 2.0, "ev')
    assert read_log(log) == [Wire(1.0, "accepted", "<1>")]
