"""Words of the outcome of a request test that are said where they are used."""

from profiles.owner_requests import Kind

KINDS = {
    Kind.INDIRECT.value: "gaat er omheen",
    Kind.DIRECT.value: "doet mee",
    Kind.EVASIVE.value: "ontwijkt",
}
CHANNELS = {"phone": "per telefoon", "mail": "per mail"}
WHAT_IT_SAYS = (
    "Het gaat om wat een kantoor zegt te zullen doen, niet om wat het doet: een voornemen, geen gedrag.",
    "Een antwoord van één kantoor is een signaal, geen oordeel. Wie antwoordde, spreekt niet altijd voor het kantoor.",
    "De kantoren stemden vooraf in met onderzoek. Kantoren die niet meedoen, kunnen anders antwoorden.",
    "Een kantoor dat niet uitdrukkelijk weigert, heeft nog niemand uitgesloten.",
)
