"""The sieve before the reply rules: it may let a rule through too many, and never keeps one back that fits."""

import re
import string

import pytest
import re2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from results.rules import Rule, read, rule_book

WESTERN = bytes(each for each in range(256) if each not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)).decode("cp1252")
WORDS = sorted({word for rule in rule_book().rules for word in re.findall(r"[a-zéë]{2,}", rule.pattern.pattern)})


@pytest.mark.parametrize("rule", rule_book().rules, ids=lambda rule: str(rule.number))
@settings(max_examples=15, suppress_health_check=[HealthCheck.filter_too_much])
@given(data=st.data())
def test_a_rule_that_fits_a_text_passes(rule: Rule, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(rule.pattern))
    assert not rule.pattern.search(text) or rule in rule_book().sieve.candidates(text)


@settings(max_examples=200)
@given(st.lists(st.sampled_from(WORDS), max_size=25), st.sampled_from([" ", ". ", ", ", "? "]))
def test_texts_of_the_words_of_rules_are_read_the_same_as_by_all_rules(words: list[str], between: str) -> None:
    text = between.join(words)
    fitting = [rule for rule in rule_book().rules if rule.pattern.search(text)]
    passed = rule_book().sieve.candidates(text)
    assert [rule for rule in passed if rule in fitting] == fitting
    assert all(hit.rule in fitting for hit in read(text, rule_book()).hits)


def test_both_libraries_take_the_same_western_letters_for_equal() -> None:
    options = re2.Options()
    options.case_sensitive = False
    for letter in string.ascii_lowercase + "éëèïöüáà":
        ours, theirs = re.compile(letter, re.IGNORECASE), re2.compile(letter, options=options)
        assert [c for c in WESTERN if ours.search(c)] == [c for c in WESTERN if theirs.search(c)]


def test_a_text_with_other_letters_is_tried_by_every_rule() -> None:
    assert rule_book().sieve.candidates("Beste Yıldız, helaas") == rule_book().rules


def test_the_sieve_keeps_most_rules_back() -> None:
    text = "U bent welkom voor een bezichtiging op dinsdag 15 september om 16:00 uur."
    assert len(rule_book().sieve.candidates(text)) < len(rule_book().rules) / 4
