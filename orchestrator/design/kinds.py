"""The kinds of value a design has: what a key, a clock time, a telephone number or an address looks like."""

import re
from datetime import time
from typing import Annotated

import phonenumbers
from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"
# A label never starts or ends with a hyphen; the last one is not a number, so that no IP address passes.
DOMAIN = r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$"
KEY = r"^[a-z0-9][a-z0-9_-]{0,79}$"
ROUND_NAME = r"^[a-z0-9][a-z0-9-]{2,62}$"
ROW_KEY = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$"
"""The key of a participant or a listing."""
ADDRESS = r"(?P<street>[^,]+\d[^,]*?),\s*(?P<digits>[1-9]\d{3}) ?(?P<letters>[A-Z]{2})\s+(?P<town>[^\W\d][^,\d]*)"


def _clock_time(value: object) -> time:
    if isinstance(value, time):
        return value
    if isinstance(value, str) and re.fullmatch(CLOCK, value):
        return time.fromisoformat(value)
    raise PydanticCustomError("clock_time", "a time such as 09:00")


def _phone(value: str) -> str:
    """A Dutch telephone number as people write it: 06 12345678."""
    try:
        number = phonenumbers.parse(value, "NL")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number_for_region(number, "NL"):
        raise PydanticCustomError("phone", "a Dutch telephone number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)


def _address(value: str) -> str:
    """A Dutch address on one line, as people write it: Stadhuisplein 1, 3811 LM Amersfoort."""
    found = re.fullmatch(ADDRESS, value.strip())
    if found is None:
        raise PydanticCustomError("address", "an address such as Stadhuisplein 1, 3811 LM Amersfoort")
    return f"{found['street']}, {found['digits']} {found['letters']} {found['town']}"


def town_of(address: str) -> str:
    """The town of an address of a design."""
    return address.rpartition(", ")[2].split(" ", 2)[2]


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
LongText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
RoundName = Annotated[str, StringConstraints(pattern=ROUND_NAME)]
SetKey = Annotated[str, StringConstraints(pattern=KEY)]
ParticipantKey = Annotated[str, StringConstraints(pattern=ROW_KEY)]
Hours = Annotated[float, Field(ge=0.5, le=96)]
Phone = Annotated[str, AfterValidator(_phone), WithJsonSchema({"type": "string"})]
Address = Annotated[str, AfterValidator(_address), WithJsonSchema({"type": "string"})]
ClockTime = Annotated[
    time,
    BeforeValidator(_clock_time),
    PlainSerializer(lambda moment: moment.strftime("%H:%M"), return_type=str),
    WithJsonSchema({"type": "string", "pattern": CLOCK}),
]
