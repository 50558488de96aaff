"""The files of a bundle, each made of a round that is closed; the same round always gives the same bytes."""

import csv
from collections.abc import Mapping, Sequence
from importlib.resources import files as packaged
from io import BytesIO, StringIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from profiles.errors import Refused
from results import disclosure, files, tables
from results.bundle.archive import CHECKSUMS, checksums
from results.bundle.columns import ANALYSIS, LETTER, Column, pair_columns
from results.bundle.described import codebook, crate, data_package
from results.bundle.headline import headline
from results.bundle.rows import Row, counted, letters
from results.bundle.statistics_files import dta, sav
from results.tables import RoundTable

PROTOCOL, RESULTS, HEADLINE, PROOF = "protocol.json", "results.json", "headline.csv", "zegel.json"
PAIRS, LETTERS, COUNTED = "data/pairs.csv", "data/letters.csv", "data/analysis.csv"


def bundle_of(table: RoundTable, protocol: str, proof: str | None = None) -> dict[str, bytes]:
    """Return the files of a bundle by path; ``protocol`` is the canonical text of the design.

    ``proof`` shows under which seal they are, if they are. Raises `Refused` for a round that is not closed: until then
    nobody sees which answer belongs to which arm.
    """
    return finished(unsealed(table, protocol), proof)


def unsealed(table: RoundTable, protocol: str) -> dict[str, bytes]:
    """Return the files that a seal binds: all but the proof of it and the checksums. Raises as `bundle_of`."""
    table = tables.at_the_end(table)
    facts = table.facts
    if not disclosure.is_closed(facts.state):
        message = f"Ronde '{facts.round}' is nog niet gesloten; een onderzoeksbestand is er pas daarna."
        raise Refused("round-not-closed", message, f"Sluit de ronde: praktijktest close {facts.round} --by NAAM")
    texts = {**_texts(table, protocol), **_data(table)}
    made = {path: text.encode() for path, text in texts.items()} | _statistics(table)
    crated = crate(facts, sorted(made))
    return {**made, "ro-crate-metadata.json": crated.encode()}


def finished(files: Mapping[str, bytes], proof: str | None) -> dict[str, bytes]:
    """Return the files of a bundle, with the proof of their seal if there is one, and the checksums."""
    made = {**files, **({PROOF: proof.encode()} if proof else {})}
    return dict(sorted({**made, CHECKSUMS: checksums(made)}.items()))


def zipped(contents: Mapping[str, bytes]) -> bytes:
    """Return the files as one ZIP, without a moment of writing."""
    written = BytesIO()
    with ZipFile(written, "w", ZIP_DEFLATED) as archive:
        for path, content in contents.items():
            info = ZipInfo(path)  # dated 1980, always
            info.compress_type, info.external_attr = ZIP_DEFLATED, 0o644 << 16
            archive.writestr(info, content)
    return written.getvalue()


def _texts(table: RoundTable, protocol: str) -> dict[str, str]:
    facts = table.facts
    found = headline(table.rows, facts.approach, facts.level)
    told = [{"name": name, "value": repr(value)} for name, value in found.items()]
    described = _tables(table)
    readme = _own("readme.md").format(
        study=facts.study, round=facts.round, commissioner=facts.commissioner, digest=facts.digest
    )
    return {
        "README.md": readme,
        PROTOCOL: protocol,
        RESULTS: files.results_json(table),
        HEADLINE: _csv(("name", "value"), told),
        "headline.R": _own("headline.R"),
        "codebook.md": codebook(described),
        "datapackage.json": data_package(facts, described),
    }


def _own(name: str) -> str:
    """A text of this folder."""
    return (packaged("results.bundle") / name).read_text(encoding="utf-8")


def _tables(table: RoundTable) -> dict[str, Sequence[Column]]:
    return {PAIRS: pair_columns(files.arms_of(table.rows)), LETTERS: LETTER, COUNTED: ANALYSIS}


def _data(table: RoundTable) -> dict[str, str]:
    return {
        PAIRS: files.pairs_csv(table),
        LETTERS: _csv([each.name for each in LETTER], letters(table.rows)),
        COUNTED: _csv([each.name for each in ANALYSIS], counted(table.rows)),
    }


def _statistics(table: RoundTable) -> dict[str, bytes]:
    rows, title = letters(table.rows), f"Praktijktest {table.facts.round}"
    return {"data/letters.sav": sav(LETTER, rows, title), "data/letters.dta": dta(LETTER, rows, title)}


def _csv(names: Sequence[str], rows: Sequence[Row]) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([files.as_text(row[name]) for name in names] for row in rows)
    return text.getvalue()
