"""How often a process looks for garbage."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


def collect_less() -> None:
    """Let this process look for garbage less often than Python does by itself.

    To begin, a program makes hundreds of thousands of objects that last as long as it does, and a batch of letters tens
    of thousands: each look goes through them for nothing.
    """
    gc.set_threshold(10_000, 20, 20)


@contextmanager
def nothing_collected() -> Iterator[None]:
    """Look for no garbage while hundreds of thousands of rows are read or counted: none of them is in a cycle.

    To look takes a third of the time. It is for the whole process; of those who ask it at the same moment the first
    lets it look again when it is done.
    """
    looked = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looked:
            gc.enable()
