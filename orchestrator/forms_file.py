"""The descriptions of forms from a YAML file, given to the participants they belong to."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from pydantic import ValidationError

from orchestrator.design.deviations import Shape, strict
from orchestrator.design.places import Located, located
from orchestrator.design.yaml_file import YamlFile
from orchestrator.forms import Form, broken_rules
from orchestrator.intake import Channel, Participant
from profiles.errors import BadInput, Problem

_START = "Begin met de sleutel van een aanbieder; examples/amersfoort-2026/forms.yaml is een heel voorbeeld."


def with_forms(participants: Sequence[Participant], path: Path) -> tuple[Participant, ...]:
    """Read the file (YAML 1.2, UTF-8: a description by advertiser) and return the participants, each with its form.

    Raises BadInput with every problem in the order of the file, each with code, line, column and remedy.
    """
    file = YamlFile.read(path, _START)
    known = {participant.advertiser: participant for participant in participants}
    forms: dict[str, Form] = {}
    problems = list(file.problems)
    for advertiser, data in file.data.items():
        problems += [file.place(found, at_key=True) for found in _stranger(advertiser, known)]
        try:
            form = forms[advertiser] = strict(Form, data)
        except ValidationError as error:
            problems += Shape(Form, (advertiser,)).deviations(file, error)
        else:
            problems += [file.place(found) for found in _unfit(advertiser, form, known.get(advertiser))]
    if problems:
        raise BadInput(sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0)))
    return tuple(replace(each, form=forms.get(each.advertiser)) for each in participants)


def _stranger(advertiser: str, known: dict[str, Participant]) -> Iterator[Located]:
    if advertiser not in known:
        near = get_close_matches(advertiser, known, n=1, cutoff=0.8)
        remedy = f"Bedoelt u '{near[0]}'?" if near else "Voeg de aanbieder toe aan de deelnemers, of haal dit weg."
        message = "Deze aanbieder staat niet bij de deelnemers."
        yield located((advertiser,), "form-without-participant", message, found=advertiser, remedy=remedy)
    elif known[advertiser].channel is not Channel.WEBFORM:
        message = "Deze aanbieder wordt per mail benaderd en heeft geen formulier."
        remedy = "Schrijf webform bij channel in de deelnemerslijst, of haal dit weg."
        yield located((advertiser,), "form-for-mail", message, found=advertiser, remedy=remedy)


def _unfit(advertiser: str, form: Form, participant: Participant | None) -> Iterator[Located]:
    for found in broken_rules(form):
        told, path = found.problem, (advertiser, *found.path)
        yield Located(path, Problem(told.code, f"{advertiser}.{told.message}", found=told.found, remedy=told.remedy))
    if participant and participant.form_url and participant.form_url != form.url:
        message = "De toestemming geldt voor een ander adres, dat van form_url in de deelnemerslijst."
        remedy = f"Schrijf op beide plaatsen hetzelfde adres; daar staat {participant.form_url}"
        yield located((advertiser, "url"), "form-url-differs", message, found=form.url, remedy=remedy)
