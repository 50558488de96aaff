"""Where a mail provider brings mail: a signed request with the raw message in it."""

from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, Request, Security
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.security import APIKeyHeader
from starlette.exceptions import HTTPException

from orchestrator.db import DatabaseError
from portal.api.gate import Gate
from portal.api.shapes import Taken
from profiles.errors import Refused
from workers.inbox.webhook import MOST_BYTES, Event

MEDIA = "message/rfc822"
SIGNATURE = APIKeyHeader(
    name="Webhook-Signature",
    scheme_name="signature",
    auto_error=False,
    description="`v1,` en de Base64 van HMAC-SHA256 over `nummer.moment.bericht` (Standard Webhooks); "
    "meer dan één handtekening met een spatie ertussen.",
)
Signature = Annotated[str | None, Security(SIGNATURE)]
Number = Annotated[
    str,
    Header(
        alias="Webhook-Id",
        pattern=r"^[A-Za-z0-9._-]{1,100}$",
        description="Nummer van het bericht. Hetzelfde nummer is dezelfde mail, hoe vaak zij ook komt.",
        examples=["msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"],
    ),
]
Moment = Annotated[
    int,
    Header(
        alias="Webhook-Timestamp",
        ge=0,
        le=253_402_300_799,
        description="Moment van ondertekenen, in seconden sinds 1970; hooguit vijf minuten van nu.",
        examples=[1_790_000_000],
    ),
]
BODY: dict[str, Any] = {
    "requestBody": {
        "description": "De hele mail, zoals zij kwam (RFC 5322).",
        "required": True,
        "content": {MEDIA: {"schema": {"type": "string", "format": "binary", "minLength": 1}}},
    }
}


async def raw_of(request: Request) -> bytes:
    """Return the body. Raises `HTTPException` for another kind (415), or for too much (413) before all is read."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != MEDIA:
        raise HTTPException(415)
    taken = bytearray()
    async for chunk in request.stream():
        taken += chunk
        if len(taken) > MOST_BYTES:
            raise HTTPException(413)
    return bytes(taken)


def add(api: FastAPI, gate: Gate) -> None:
    @api.post(
        "/inbound-mail",
        tags=["mail"],
        status_code=202,
        summary="Mail afleveren",
        response_model=Taken,
        openapi_extra=BODY,
    )
    def bring_mail(
        number: Number, moment: Moment, signatures: Signature, raw: Annotated[bytes, Depends(raw_of)]
    ) -> Response:
        """Een mailprovider levert hier een mail af. Zij is bewaard als het antwoord komt, en wordt daarna gelezen."""
        if not signatures:
            raise Refused("bad-signature", "De handtekening ontbreekt.", "Zet haar in de kop Webhook-Signature.")
        if not raw:
            raise RequestValidationError([{"loc": ("body",), "type": "empty-body", "msg": ""}])
        try:
            gate.take(Event(number, moment, signatures, raw))
        except DatabaseError as error:
            # Nothing was kept, so the provider has to try again: two at once of one event are told apart then too.
            raise Refused("not-stored", "De mail is niet bewaard.", "Probeer het straks opnieuw.") from error
        return Response(Taken(event=number).model_dump_json(by_alias=True), 202, media_type="application/json")
