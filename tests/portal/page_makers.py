"""A fake source of rounds for the pages, made from the report makers."""

import importlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from orchestrator.accounts import Known, Visitor
from orchestrator.burden import Burden
from orchestrator.detection import measure
from orchestrator.exposure import Watched
from orchestrator.second_factor import Offer
from orchestrator.sessions import Browser
from orchestrator.states import Role, RoundState
from orchestrator.status import Chapter, Fact
from orchestrator.views import Day, HeldAdvertiser, Late, Monitor, NextSend, RoundSummary
from orchestrator.wellbeing import Gaps, Part
from portal.web.access import COOKIE
from portal.web.source import Health, Standing
from profiles.errors import Refused
from profiles.pairs import BOTH, Arm
from results.balance import Line
from results.reports import Audience, refuse_early
from results.tables import RoundTable

sys.path.append(str(Path(__file__).parents[1] / "results"))  # pytest adds only a test's own folder
make = importlib.import_module("report_makers")

ROUND = "amersfoort-2026-najaar"
LOOKED_AT = "amersfoort-2027-voorjaar"
"""A round that still runs, of which a look was opened; it has its report alone."""
STUDY = "Gelijke kansen op de Amersfoortse huurmarkt"
MOMENT = datetime(2026, 9, 8, 11, 40, tzinfo=UTC)
REASON = measure([], 2).reason


def monitor(**changes: Any) -> Monitor:
    told = ("Makelaardij D03", "Langestraat 12", "e-mail", "planned", "wacht op het geplande moment")
    sends = tuple(NextSend(MOMENT, f"P-{place:04d}", 1 + place % 2, 2, *told) for place in range(4))
    values: dict[str, Any] = {
        "at": MOMENT,
        "round": ROUND,
        "study": STUDY,
        "state": "running",
        "planned": 480,
        "sent": 112,
        "answered": 80,
        "coded": 71,
        "failed": 1,
        "uncertain": 2,
        "expired": 0,
        "cancelled": 3,
        "half": 6,
        "days": tuple(Day(MOMENT.date() + timedelta(days=n), 40, 28 if n < 4 else 0, 20 - n) for n in range(12)),
        "waiting_to_code": 9,
        "deferred": 4,
        "declines_planned": 40,
        "declines_sent": 38,
        "why_waiting": "Wacht op kantooruren: verder vanaf 08-09-2026 09:00.",
        "next_sends": sends,
        "doubted": 1,
        "held": (HeldAdvertiser("adv-03", "Makelaardij D03", MOMENT, REASON, 5, MOMENT + timedelta(days=2)),),
    }
    return Monitor(**{**values, **changes})


class FakeSource:
    """One round; ``monitor`` and ``table`` refuse other names, as the real source does, but for `LOOKED_AT`."""

    def __init__(self, **facts: Any) -> None:
        self.facts = facts

    def status(self) -> tuple[datetime, tuple[Chapter, ...]]:
        form = "Een formulier https://kantoor.example/reageren-op-een-woning-in-uw-regio"
        broken = Fact(False, form, "het formulier is veranderd", MOMENT, MOMENT, "Kijk in de browser.")
        sending = Chapter("verzending", "Verzending", (Fact(True, "Verzending", "Staat open.", seen=MOMENT),))
        return MOMENT, (sending, Chapter("storingen", "Storingen", (broken,)))

    def rounds(self) -> list[RoundSummary]:
        return [RoundSummary(ROUND, 1, STUDY, "running", MOMENT)]

    def table(self, round_name: str) -> RoundTable:
        if round_name == LOOKED_AT:
            looked: RoundTable = make.looked_round()
            return looked
        _known(round_name)
        table: RoundTable = make.full_round(**self.facts)
        return table

    def office_table(self, round_name: str, advertiser: str) -> RoundTable:  # noqa: ARG002 - all rows do as well
        return self.table(round_name)

    def refuse_early(self, round_name: str, audience: Audience) -> None:
        facts = FakeSource.table(self, round_name).facts
        refuse_early(audience, facts.state, facts.mode)

    def standing(self, round_name: str) -> Standing:
        looks = round_name == LOOKED_AT
        return Standing(self.state(ROUND if looks else round_name), looks, Late(0, 0), frozenset({"P-0001"}))

    def take(self, round_name: str, person: str) -> None: ...

    def note_look_read(self, round_name: str, person: str) -> None: ...

    def refuse_coder(self, round_name: str, visitor: Visitor) -> None: ...

    def open_look(self, round_name: str, actor: str) -> None: ...

    def monitor(self, round_name: str) -> Monitor:
        _known(round_name)
        return monitor()

    def detection(self, round_name: str) -> list[Watched]:
        _known(round_name)
        quiet, loud = measure([], 1), measure([], 2)
        return [Watched("adv-03", "Makelaardij D03", loud, loud), Watched("adv-04", "Makelaardij D04", quiet, quiet)]

    def state(self, round_name: str) -> RoundState:
        _known(round_name)
        return RoundState(self.facts.get("state", "running"))

    def ahead_if(self, round_name: str, state: RoundState) -> list[str]:  # noqa: ARG002
        return ["Gaat nog uit: geen reacties."]

    def move(self, round_name: str, to: RoundState, actor: str, reason: str) -> bool:  # noqa: ARG002
        return True

    def machinery(self) -> list[Fact]:
        return [Fact(True, "Wachtrij send (verzending)", "Het werkproces kast:7 werkt.", seen=MOMENT)]

    def outlook(self, round_name: str) -> list[str]:
        _known(round_name)
        return ["Gaat nog uit: geen reacties."]

    def health(self, round_name: str) -> Health:
        _known(round_name)
        parts = {"order": (Part("1", 60, 2, 1), Part("2", 52, 0, 0)), "variant": (Part("formeel", 112, 2, 1),)}
        gaps, asked = Gaps(52, 6.0, 6.1, 0.4, 2.0), self.burden(round_name)
        return Health(False, parts, gaps, (80, 2), timedelta(), asked)

    def balance(self, round_name: str) -> tuple[tuple[Arm, ...], list[Line]]:
        _known(round_name)
        return BOTH, [Line("eerste brief, week", "week 37", (12, 14), 0.85, 1.0)]

    def plan(self, round_name: str) -> str:
        _known(round_name)
        return round_name

    def released_report(self, round_name: str, advertiser: str, language: str) -> None: ...

    def proof(self, round_name: str, files: Mapping[str, bytes]) -> None: ...

    def protocol(self, round_name: str) -> str:
        _known(round_name)
        return "{}"

    def fingerprint(self, round_name: str) -> str:
        _known(round_name)
        return round_name

    def burden(self, round_name: str) -> list[Burden]:
        _known(round_name)
        return [Burden("adv-03", "Makelaardij D03", 12, 6, 3, (1.5, 2.5)), Burden("adv-04", "Huis & Zo", 8, 0, 0, ())]


def _known(round_name: str) -> None:
    if round_name != ROUND:
        raise Refused("unknown-round", f"Er is geen ronde '{round_name}'.", "Kies een ronde uit de lijst.")


ADMINISTRATOR = Visitor(1, "Anna de Wit", frozenset(Role))
SIGNED_IN = {COOKIE: "signed in"}
OURS = {"Sec-Fetch-Site": "same-origin"}
"""What a browser says of a form on one of our pages."""


class FakeDoor:
    """Any cookie is that of one person, with all roles unless told otherwise."""

    mails = True
    organisation = "uw organisatie"

    def __init__(self, *roles: Role) -> None:
        own = "adv-03" if roles == (Role.BROKER,) else None
        self.who = replace(ADMINISTRATOR, roles=frozenset(roles), advertiser=own) if roles else ADMINISTRATOR

    def visitor(self, token: str) -> Visitor | None:  # noqa: ARG002
        return self.who

    def people(self) -> list[Known]:
        return [
            Known("Anna de Wit", "anna@stad.example", tuple(Role), True, MOMENT, 2, True),
            Known("Bert", "bert@stad.example", (Role.CODER,), True, MOMENT, 1, True),
        ]

    def link_works(self, link: str) -> bool:
        return link == "goed"

    def asked_by(self, link: str, browser: str) -> bool:  # noqa: ARG002
        return False

    def is_known(self, browser: str) -> bool:  # noqa: ARG002
        return False

    def sign_in(self, link: str, words: str) -> str:  # noqa: ARG002
        if link != "goed":
            raise Refused("link-used", "Deze link is al gebruikt of verlopen.", "Vraag een nieuwe link aan.")
        return "signed in"

    def sign_out(self, token: str) -> None: ...

    def send_link(self, email: str, next_page: str, browser: str | None) -> None: ...

    def offer(self, token: str) -> Offer | None: ...

    def set_up(self, token: str, code: str) -> tuple[str, ...] | None: ...

    def show(self, token: str, code: str) -> bool:  # noqa: ARG002
        return False

    def renew_recovery(self, token: str, code: str) -> tuple[str, ...] | None:  # noqa: ARG002
        return ("AAAA-BBBB-CCCC-DDDD",) * 10

    def recovery_left(self, token: str) -> int | None:  # noqa: ARG002
        return None if self.who.advertiser else 7

    def browsers(self, token: str) -> list[Browser]:  # noqa: ARG002
        return [Browser(each, words, MOMENT, MOMENT, each == 1) for each, words in ((1, "Firefox, Linux"), (2, ""))]

    def end(self, token: str, number: int) -> None: ...

    def end_others(self, token: str) -> None: ...

    def end_all(self, name: str, actor: str) -> None: ...

    def reset_factor(self, name: str, actor: str) -> None: ...

    def add(self, name: str, email: str, roles: Sequence[str], actor: str) -> None: ...

    def revoke(self, name: str, actor: str) -> None: ...
