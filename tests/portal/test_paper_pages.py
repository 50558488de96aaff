"""Reports as PDF: by a link on their pages, for who may see the page, and by the command."""

from pathlib import Path

import pytest
from page_makers import OURS, ROUND, SIGNED_IN, FakeDoor, FakeSource, make
from starlette.testclient import TestClient

from orchestrator.states import Role
from portal.commands import outputs
from portal.web.app import create_app
from profiles.errors import BadInput

HERE = f"/rondes/{ROUND}/rapport"


def client(*roles: Role, **facts: object) -> TestClient:
    app = create_app(FakeSource(**facts), FakeDoor(*roles))
    return TestClient(app, raise_server_exceptions=False, cookies=SIGNED_IN, headers=OURS)


@pytest.mark.parametrize("report", ["onderzoeker", "gemeente", "makelaar/adv-03"])
def test_every_report_leads_to_itself_as_pdf(report: str) -> None:
    browser = client(state="released")
    name = report.rpartition("/")[2] + ".pdf"
    assert f'href="{name}"' in browser.get(f"{HERE}/{report}").text
    answer = browser.get(f"{HERE}/{report}.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert f'filename="{ROUND}-{name}"' in answer.headers["content-disposition"]
    assert answer.content.startswith(b"%PDF-")


def test_the_results_page_of_a_round_leads_to_both_pdf_files() -> None:
    text = client(state="released").get(f"/rondes/{ROUND}/resultaten").text
    assert f'href="{HERE}/onderzoeker.pdf"' in text
    assert f'href="{HERE}/gemeente.pdf"' in text


def test_the_municipality_reads_what_was_signed_and_no_pdf_that_is_made_afresh() -> None:
    reader, analyst = client(Role.MUNICIPALITY, state="released"), client(Role.ANALYST, state="released")
    for report in ("gemeente.pdf", "onderzoeker.pdf", "makelaar/adv-03.pdf"):
        assert reader.get(f"{HERE}/{report}").status_code == 403
        assert analyst.get(f"{HERE}/{report}").status_code == 200


def test_a_report_that_may_not_be_seen_yet_is_no_pdf_either() -> None:
    for report in ("gemeente.pdf", "makelaar/adv-03.pdf"):
        answer = client(state="collecting").get(f"{HERE}/{report}")
        assert answer.status_code >= 400
        assert not answer.content.startswith(b"%PDF-")


def test_the_command_writes_one_pdf_and_for_advertisers_one_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = make.full_round(state="released")
    monkeypatch.setattr(outputs, "table_for", lambda *_: table)
    outputs.report(ROUND, "municipality", None, tmp_path, "pdf")
    # Of a released round the reports of advertisers come from what was frozen: test_sealed_release.py.
    monkeypatch.setattr(outputs, "table_for", lambda *_: make.full_round(state="closed"))
    outputs.report(ROUND, "broker", None, tmp_path, "pdf")
    made = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*"))
    keys = {row.advertiser for row in table.rows}
    assert made == sorted(["rapport-gemeente.pdf", *(f"makelaars/{key}.pdf" for key in keys)])
    assert all((tmp_path / name).read_bytes().startswith(b"%PDF-") for name in made)


def test_a_form_of_report_that_does_not_exist_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        outputs.report(ROUND, "broker", None, tmp_path, "docx")
    assert caught.value.problems[0].code == "unknown-format"
