"""What is plain of an address is told as the library tells it, which takes each apart."""

import smtplib
from email.utils import getaddresses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.plain_address import NAMED, PLAIN, named


@given(st.from_regex(PLAIN, fullmatch=True))
def test_an_address_that_is_sent_as_it_is_needs_no_quoting(address: str) -> None:
    assert smtplib.quoteaddr(address) == f"<{address}>"


@given(st.from_regex(NAMED, fullmatch=True))
def test_a_plain_header_names_whom_the_library_finds_there(value: str) -> None:
    assert [named(value)] == getaddresses([value])


@pytest.mark.parametrize(
    "value",
    [
        "", "huur", "huur@kantoor..example", ".huur@kantoor.example", '"Jansen, P." <p@kantoor.example>',
        "a@b.example, c@d.example", "P. Jansen <p@kantoor.example>", "Zoë <z@kantoor.example>",
        "huur@kantoor.example (Piet)", "<huur@kantoor.example>",
    ],
)  # fmt: skip
def test_whatever_is_not_plain_is_left_to_the_library(value: str) -> None:
    assert named(value) is None
