"""Where worker processes are born; see `births.py`. Run as ``python nursery.py``.

A pool spawns its children as fresh processes, and these import this file once more. As in production they must load
the rest by themselves; they only get the clock that can be stepped, before anything asks what time it is.
"""

import clocks  # noqa: F401 - stepping begins with the import

if __name__ == "__main__":
    from births import main

    main()
