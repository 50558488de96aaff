"""What takes long to make is kept until what it was made of changes."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """The last values made, by key. A key holds all that a value depends on, so an old value is never asked for.

    One is made at a time: two who ask for the same wait for one making of it.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._values: OrderedDict[Hashable, T] = OrderedDict()
        self._turn = Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the value of a key, made now if nobody asked before; what was longest not asked for goes."""
        with self._turn:
            if key not in self._values:
                self._values[key] = make()
                while len(self._values) > self.most:
                    self._values.popitem(last=False)
            self._values.move_to_end(key)
            return self._values[key]
