"""SPSS, Stata and Parquet files as a `Frame`; the libraries that read them load when such a file comes."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from profiles.errors import BadInput, Problem
from results.own_data.frame import Frame, as_text, cleaned, encoded


def _statistics_file(reader: str) -> Callable[[Path], Frame]:
    def read(path: Path) -> Frame:
        import pyreadstat  # slow to load

        try:
            values, facts = getattr(pyreadstat, reader)(str(path), output_format="dict")
        except (pyreadstat.ReadstatError, UnicodeDecodeError, ValueError) as error:
            raise _corrupt(path, error) from error
        columns = {
            name.lower(): encoded(name, number, column, _labels(facts.variable_value_labels.get(name, {})))
            for number, (name, column) in enumerate(values.items(), start=1)
        }
        return Frame(str(path), len(next(iter(values.values()), ())), columns)

    return read


def _labels(labels: Mapping[Any, str]) -> dict[str, str]:
    return {as_text(value): label.strip() for value, label in labels.items()}


def _parquet(path: Path) -> Frame:
    import pyarrow
    from pyarrow import parquet  # slow to load

    try:
        table = parquet.read_table(path).unify_dictionaries().combine_chunks()
    except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError, OSError) as error:
        raise _corrupt(path, error) from error
    columns = {}
    for number, name in enumerate(table.column_names, start=1):
        values = table.column(number - 1)
        if pyarrow.types.is_nested(values.type):
            continue  # a list in a cell is not an outcome
        found = values.combine_chunks().dictionary_encode() if not _coded(values.type) else values.combine_chunks()
        indices, levels = found.indices.fill_null(-1).to_numpy(zero_copy_only=False), found.dictionary.to_pylist()
        columns[name.lower()] = cleaned(name, number, indices, levels)
    return Frame(str(path), table.num_rows, columns)


def _coded(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_dictionary(kind))


READERS: Mapping[str, Callable[[Path], Frame]] = {
    ".sav": _statistics_file("read_sav"),
    ".zsav": _statistics_file("read_sav"),
    ".dta": _statistics_file("read_dta"),
    ".parquet": _parquet,
}


def read_frame(path: Path) -> Frame:
    """The columns of a file that is not CSV. Raises BadInput ``not-readable`` and ``no-rows``."""
    frame = READERS[path.suffix.lower()](path)
    if not frame.rows:
        raise BadInput(Problem("no-rows", "In dit bestand staat geen enkele rij.", str(path), remedy="Voeg rijen toe."))
    return frame


def _corrupt(path: Path, error: Exception) -> BadInput:
    said = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
    return BadInput(
        Problem(
            "not-readable",
            f"Dit bestand is niet te lezen als {path.suffix.lower()}.",
            str(path),
            found=said,
            remedy="Bewaar het opnieuw, of bewaar het als CSV.",
        )
    )
