"""In a few words which browser somebody uses, so that they recognise it; no more of what it says is kept."""

PROGRAMS = (
    # The first that is named counts: most browsers also name the ones they want to pass for.
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
MACHINES = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def describe(user_agent: str) -> str:
    """Return the names of browser and machine, as far as they are known; an empty text when neither is."""
    found = (next((name for mark, name in table if mark in user_agent), None) for table in (PROGRAMS, MACHINES))
    return ", ".join(name for name in found if name)
