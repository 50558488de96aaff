"""Every parser that meets bytes of outsiders: it returns or names what is wrong, within a second, whatever it gets.

This is the short form. ``pytest --fuzz`` takes twenty thousand inputs, ``python -m tests.attacks.fuzz`` a million.
"""

import io
import zlib
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from attack_makers import tell
from fuzz_changes import EVERYWHERE, KINDS, LARGEST, changed
from fuzz_parsers import PARSERS, good_bundle
from fuzz_running import Told, faults, made, run, table, tried
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_bundle import signed

from orchestrator.design.reading import file_of
from orchestrator.design.yaml_text import rewritten
from results.bundle import zipped
from results.bundle.making import PROOF
from results.seal import Opening, Part, Proof, manifest

SLOW = ("round.yaml", "forms.yaml", "office.yaml", "bundle, signed again")

CHANGES = st.lists(
    st.tuples(
        st.integers(0, KINDS - 1),
        st.integers(0, LARGEST),
        st.sampled_from((1, 2, 8, 64, 1024)),
        st.integers(0, 1 << 16),
    ),
    min_size=1,
    max_size=4,
)


@pytest.mark.parametrize("name", PARSERS)
def test_a_parser_gives_an_answer_or_a_named_error_whatever_bytes_it_gets(name: str) -> None:
    parser, told = PARSERS[name], Told()

    @settings(max_examples=12 if name in SLOW else 40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(CHANGES, st.integers(0, 1000))
    def try_one(changes: list[tuple[int, int, int, int]], place: int) -> None:
        tried(parser, made(parser, changes, place), told)
        assert not told.faults

    try_one()
    assert told.inputs >= 12


@pytest.mark.parametrize("name", PARSERS)
def test_what_every_parser_begins_with_is_well_made_or_nothing_at_all_and_is_answered(name: str) -> None:
    parser, told = PARSERS[name], Told()
    for raw in (*parser.seeds, b"", *EVERYWHERE, *parser.tokens):
        tried(parser, raw, told)
    assert not told.faults


def test_the_seeds_reach_what_is_behind_a_parser() -> None:
    """A corpus of which nothing is accepted would try only the first check of a parser."""
    for name, parser in PARSERS.items():
        told = Told()
        for raw in parser.seeds:
            tried(parser, raw, told)
        assert told.accepted, name


def test_the_runner_would_see_a_fault() -> None:
    """The instrument is tried on a parser that fails, and on the change that makes it do so."""

    def fails(raw: bytes) -> None:
        if b"\x00" in raw:
            raise KeyError(raw)

    broken, told = PARSERS["mail"].__class__(fails, lambda: (b"a well made input",), (), 1), Told()
    tried(broken, b"nothing wrong", told)
    assert not told.faults
    for where in range(40):
        tried(broken, changed(broken.seeds[0], [(2, where, 1, 0)], (), broken.seeds), told)
    assert [fault.partition(" at ")[0] for fault in told.faults] == ["KeyError"]


def test_a_long_run_has_no_fault(request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("fuzz"):
        pytest.skip("only with --fuzz (about a minute)")
    told = {name: Told() for name in PARSERS}
    for name, batch in run(20_000, seed=1, processes=2):
        told[name].add(batch)
    tell(request.config, "fuzzing", *table(told))
    assert not faults(told)


# What fuzzing found, and was mended.


def _with_damaged_data() -> bytes:
    made = io.BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        archive.writestr("results.json", bytes(range(256)) * 20)
    raw = bytearray(made.getvalue())
    raw[60:80] = b"\xff" * 20
    return bytes(raw)


def test_a_bundle_whose_compressed_data_was_damaged_is_named() -> None:
    with ZipFile(io.BytesIO(_with_damaged_data())) as archive, pytest.raises(zlib.error):
        archive.read("results.json")
    told = Told()
    tried(PARSERS["bundle"], _with_damaged_data(), told)
    assert (told.refused, told.faults) == (1, {})


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"[" * 60_000, b"name,value\nnet\n", b'"'])
def test_a_bundle_that_was_signed_again_over_a_file_that_nobody_can_read_is_named(content: bytes) -> None:
    told = Told()
    for place in range(12):
        tried(PARSERS["bundle, signed again"], bytes([place]) + content, told)
    assert not told.faults


@pytest.mark.parametrize(
    "text", ["<<: ", "<<: 3\nround: a", "<<: {a: b}\nround: a", "? a\n", "=: 3", "a: &b 1", "a: 2026-02-30"]
)
def test_a_design_with_a_key_that_another_reader_takes_for_more_is_written_anew(text: str) -> None:
    read = file_of(text, "round.yaml").data
    written = rewritten(text, read)
    assert file_of(written, "round.yaml").data == read


@pytest.mark.parametrize("name", ["round.yaml", "forms.yaml", "office.yaml"])
@pytest.mark.parametrize("unit", [b"[", b"{", b"{a: ", b"- ", b"? ", b"a: [\n"])
def test_brackets_in_brackets_are_refused_before_they_take_time(name: str, unit: bytes) -> None:
    told = Told()
    tried(PARSERS[name], (unit * LARGEST)[:LARGEST], told)
    assert (told.refused, told.faults) == (1, {})


def test_a_bundle_with_a_counted_test_of_one_applicant_is_named() -> None:
    """Signed again by whoever took the columns of one of the two away."""
    told = Told()
    for seed in PARSERS["bundle, signed again"].seeds:
        tried(PARSERS["bundle, signed again"], seed.replace(b"moroccan", b""), told)
    assert told.faults == {}
    assert told.refused > 0


@pytest.mark.parametrize("content", ["geen json", "[]", "3", "[" * 100_000])
def test_a_bundle_whose_seal_binds_something_else_than_sums_of_files_is_named(content: str) -> None:
    part = Part("00" * 32, content)
    proof = Proof(manifest("proef-2026", 1, "0", Opening(part, {}, ()), {}), part)
    files = {**good_bundle(), PROOF: proof.text().encode()}
    told = Told()
    tried(PARSERS["bundle"], zipped(signed(files)), told)
    assert (told.refused, told.faults) == (1, {})


def test_a_bundle_with_a_cell_that_no_reader_of_csv_takes_is_named() -> None:
    told = Told()
    for seed in PARSERS["bundle, signed again"].seeds:
        lines = seed.splitlines(keepends=True)
        for place in range(min(3, len(lines))):
            raw = b"".join([*lines[:place], b"x" * 140_000 + lines[place], *lines[place + 1 :]])
            tried(PARSERS["bundle, signed again"], (seed[:1] if place == 0 else b"") + raw, told)
    assert told.faults == {}


@pytest.mark.parametrize("value", ["!!int", "!!bool misschien", "!!float", "!!null x", "!!int 0b", "!!int -"])
def test_a_tag_on_a_value_that_it_does_not_fit_is_named(value: str) -> None:
    told = Told()
    for name in ("office.yaml", "round.yaml", "forms.yaml"):
        tried(PARSERS[name], f"invited: {value}\nround: {value}\n".encode(), told)
    assert told.faults == {}


@pytest.mark.parametrize("number", ["9" * 400, "9" * 4000, "-" + "9" * 400, "nan", "inf", "1e999"])
def test_a_number_beyond_every_number_in_the_perceptions_is_named(number: str) -> None:
    parser, told = PARSERS["perceptions.csv"], Told()
    tried(parser, parser.seeds[0].replace(b",2025,", f",{number},".encode(), 1), told)
    assert (told.refused, told.faults) == (1, {})
