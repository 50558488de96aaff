"""How often a process looks for garbage."""

import gc


def collect_less() -> None:
    """Let this process look for garbage less often than Python does by itself.

    To begin, a program makes hundreds of thousands of objects that last as long as it does, and a batch of letters tens
    of thousands: each look goes through them for nothing.
    """
    gc.set_threshold(10_000, 20, 20)
