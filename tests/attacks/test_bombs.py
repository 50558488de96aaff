"""Small inputs that would become large: each ends soon, in little memory, as a named error or a reading of its top.

Every bomb is read by a process of its own that may have no more memory than is said here, so that an escape is seen
as a failure of that process and not of this machine.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from attack_makers import tell

HERE = Path(__file__).parent
SECONDS = 10.0
"""For the reading alone; far more than any takes, on a machine that does other things too."""
MEGABYTES = 600
"""Above what the process has when it begins: one bomb that opens is thousands."""

LEVELS, PARTS = 1_000, 100_000

BOMBS = {
    "mail: a thousand levels deep": ("mail", "nested_mail"),
    "mail: 100,000 parts": ("mail", "many_parts"),
    "mail: a header of 20 MB": ("mail", "huge_header"),
    "mail: 300,000 headers": ("mail", "many_headers"),
    "mail: base64 that says it is gigabytes": ("mail", "endless_base64"),
    "mail: HTML in a hundred thousand boxes": ("mail", "deep_html"),
    "mail: an entity in the HTML that grows": ("mail", "html_entities"),
    "bundle: 4 GB of zeros in a small ZIP": ("bundle", "zip_of_zeros"),
    "bundle: a ZIP that lies about its sizes": ("bundle", "zip_that_lies"),
    "bundle: ten thousand files": ("bundle", "zip_of_files"),
    "bundle: names that lead out of the folder": ("bundle", "zip_that_climbs"),
    "bundle: a link to another file": ("bundle", "zip_with_link"),
    "design: aliases that grow (a thousand million laughs)": ("design", "yaml_laughs"),
    "design: 20,000 levels deep": ("design", "yaml_deep"),
    "design: a key of 5 MB": ("design", "yaml_key"),
    "forms: aliases that grow": ("forms", "yaml_laughs"),
    "participants: a million columns": ("participants", "csv_columns"),
    "participants: a cell of 20 MB": ("participants", "csv_cell"),
    "participants: a quote that is never closed": ("participants", "csv_quote"),
    "own data: a million columns": ("counts", "csv_columns"),
    "feed, JSON: a million levels deep": ("feed json", "json_deep"),
    "feed, JSON: a number of a million digits": ("feed json", "json_number"),
    "feed, RSS: entities that grow (XML billion laughs)": ("feed xml", "xml_laughs"),
    "feed, RSS: entities that grow by the square": ("feed xml", "xml_square"),
    "feed, RSS: an entity that is a file of ours": ("feed xml", "xml_file"),
    "feed, RSS: a definition from another server": ("feed xml", "xml_dtd"),
    "feed, RSS: 100,000 levels deep": ("feed xml", "xml_deep"),
}


@pytest.mark.long
def test_no_bomb_takes_long_or_much_memory_or_ends_without_a_name(request: pytest.FixtureRequest) -> None:
    """All in one process, one after the other: the start of a process takes longer than any of them."""
    whole = (sys.executable, str(HERE / "bomb_reader.py"), str(MEGABYTES))
    asked = json.dumps(list(BOMBS.values()))
    done = subprocess.run(whole, input=asked, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == len(BOMBS)
    for what, told in zip(BOMBS, lines, strict=True):
        said = f"{what:54} {told['seconds']:6.2f} s {told['megabytes']:5} MB  {told['ended']}"
        tell(request.config, "bombs", said)
        assert told["seconds"] < SECONDS, said
        assert told["ended"].startswith(("read", "BadInput", "Refused")), said
        assert not told["leaked"], said
        assert "endless" not in told["ended"], said
