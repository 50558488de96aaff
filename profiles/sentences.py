"""A sentence that can be said in another language."""

from collections.abc import Sequence
from typing import Self


class Sentence(str):
    """A Dutch sentence that remembers how it was made, so that a page can translate the template and fill it in again.

    ``template`` has places such as ``%(moment)s``; ``values`` has what stands there, and a word or `Sentence` among
    them is translated too. Everywhere else it is the Dutch text.
    """

    __slots__ = ("template", "values")
    template: str
    values: dict[str, object]

    @classmethod
    def of(cls, template: str, **values: object) -> Self:
        """Fill the template in. Raises `KeyError` for a place without a value."""
        made = cls(template % values)
        made.template, made.values = template, values
        return made

    @classmethod
    def joined(cls, parts: Sequence[str], between: str = " ") -> Self:
        """Put sentences or words behind each other; each is translated by itself."""
        places = (f"%(part{place})s" for place in range(len(parts)))
        return cls.of(between.join(places), **{f"part{place}": part for place, part in enumerate(parts)})
