"""HTML of a mail as text, with the lines of quoted blocks marked by "> " as in plain mail."""

import html
import re
from collections.abc import Iterable

import inscriptis
from inscriptis.model.config import ParserConfig

from workers.inbox.mime import MALFORMED, clean

_QUOTE_MARK = "\ue000"  # private use: survives inscriptis and stands in no mail that matters
_TAG = re.compile(r"(?is)<(?:style|script)\b.*?(?:</(?:style|script)\s*>|\Z)|<[^<>]*>")
_HTML = ParserConfig(display_images=False, display_links=False, display_anchors=False)
_DEEPEST = 10  # quotations in quotations; deeper ones are marked as this deep


def from_html(source: str) -> str:
    """HTML as text, with the lines of quoted blocks marked by "> " as in plain mail."""
    marked = re.sub(r"(?i)(<blockquote\b[^>]{0,500}>)", rf"\1<p>{_QUOTE_MARK}</p>", source)
    marked = re.sub(r"(?i)(</blockquote\s*>)", rf"<p>{_QUOTE_MARK}{_QUOTE_MARK}</p>\1", marked)
    try:
        text = inscriptis.get_text(marked, _HTML)
    except MALFORMED:
        text = html.unescape(_TAG.sub(" ", marked))
    return clean(_quoted(text.splitlines()))


def _quoted(lines: Iterable[str]) -> str:
    depth, out = 0, []
    for line in lines:
        bare = line.strip()
        if bare == _QUOTE_MARK:
            depth += 1
        elif bare == _QUOTE_MARK * 2:
            depth = max(0, depth - 1)
        else:
            out.append("> " * min(depth, _DEEPEST) + bare.replace(_QUOTE_MARK, ""))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(out))
