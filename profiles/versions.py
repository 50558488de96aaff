"""Which texts and data a round's letters were written with, so that they can be written again, or be refused."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from profiles import applicants
from profiles.catalogue import DATA
from profiles.grounds import Signal
from profiles.letters import DECLINE, TEMPLATES, declines, files, home
from profiles.pairs import BOTH
from profiles.profile import Language


def used(
    signal: Signal, level: str, language: Language, *, data: Path = DATA, templates: Path = TEMPLATES
) -> dict[str, str]:
    """SHA-256, in 64 hexadecimal digits, of every file that letters under this signal are made of, by its name.

    These are all data files, and the subject and body of every variant that can be drawn: one variant more is a file
    more, for it changes the draw.
    """
    paths = {f"data/{path.name}": path for path in data.iterdir() if path.is_file()}
    for each in {signal.language(arm, language) for arm in BOTH}:
        folder = home(each, couple=signal.couple)
        known = applicants.variants(signal, level, language, templates=templates)
        names = [name for variant in known for name in files(variant, level)]
        given_back = declines(each, couple=signal.couple, templates=templates)
        names += [f"{DECLINE}/{variant}/{name}" for variant in given_back for name in ("subject.txt", "body.txt")]
        paths |= {f"templates/{folder}/{name}": templates / folder / name for name in names}
    return {name: hashlib.sha256(paths[name].read_bytes()).hexdigest() for name in sorted(paths)}


def changed(then: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """The files that are not what they were, went, or came, sorted."""
    return tuple(name for name in sorted({*then, *now}) if then.get(name) != now.get(name))
