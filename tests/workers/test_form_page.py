"""A page is read as whoever fills in its form sees it, however broken its HTML."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.channels.form_page import Field, read_page

SHREDS = (
    "<form>", "</form>", "<input name=a>", '<input name="b" value="&eacute;" required>', "<textarea name=c>", "<select",
    "<script>", "</script>", "<style>", "<!--", "-->", "<![wat[is]]>", "<![CDATA[", "]]>", "<!", "&#x", "&#999999999;",
    "<", ">", "'", '"', "=", "name", "dank", "\0",
)  # fmt: skip


@given(st.lists(st.one_of(st.sampled_from(SHREDS), st.text(max_size=5)), max_size=30).map("".join))
def test_whatever_a_server_sends_is_a_page(text: str) -> None:
    page = read_page(text)
    assert page.forms
    assert page.words == " ".join(page.words.split())


def test_fields_belong_to_their_form_and_the_first_of_a_name_counts() -> None:
    html = """<input name=los><form><input name=q></form><form><input type=hidden name=token value=x>
    <input name=naam required><input name=naam value=later><select name=keuze></select><button name=knop></form>"""
    page = read_page(html)
    assert page.form_with(["naam", "token"]) == {
        "token": Field("x", False), "naam": Field("", True), "keuze": Field("", False),
    }  # fmt: skip
    assert page.form_with(["los"]) == {"los": Field("", False)}


def test_the_words_are_what_a_reader_sees() -> None:
    html = "<style>p {}</style><h1>Bedankt&nbsp;voor</h1>\n<p>uw <b>ber</b>icht</p><script>fout()</script> Dag"
    assert read_page(html).words == "Bedankt voor uw bericht Dag"


@pytest.mark.parametrize("before", ["<![wat[is dit]]>", f"&#{'9' * 5000};", "<!nep>", "<a href='x", "</nooit>"])
def test_what_a_browser_passes_over_does_not_hide_the_form_behind_it(before: str) -> None:
    read = read_page(f"{before}<p>Dag</p><form><input name=naam><textarea name=bericht></textarea></form>'>")
    assert before == "<a href='x" or set(read.form_with(["naam"])) == {"naam", "bericht"}


@pytest.mark.parametrize("unit", ["<a ", "<a =", "<a b='", "<input name=", "<!--", "<form", "</", "<?", "<script>"])
def test_tags_that_never_end_are_read_soon(unit: str) -> None:
    begun = time.process_time()
    read_page((unit * 1_000_000)[:1_000_000])
    assert time.process_time() - begun < 5
