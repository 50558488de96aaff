"""Arguments and options that several commands share."""

import getpass
from pathlib import Path
from typing import Annotated

import typer

Round = Annotated[str, typer.Argument(metavar="RONDE", help="Naam van de ronde.")]
Advertiser = Annotated[str, typer.Argument(metavar="AANBIEDER", help="Sleutel van de woningaanbieder.")]
By = Annotated[str, typer.Option("--by", metavar="NAAM", help="Wie dit doet.", default_factory=getpass.getuser)]
Reason = Annotated[str, typer.Option("--reason", help="Waarom; komt in het logboek.")]
Pretest = Annotated[str, typer.Argument(metavar="VOORONDERZOEK", help="Naam van het vooronderzoek.")]
Folder = Annotated[Path, typer.Option("--out", help="Map voor de bestanden.")]
