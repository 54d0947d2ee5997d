from __future__ import annotations

import pytest

from monitor.store import weeks
from tests.consoles import HIGHWAYS

DOCUMENT = "<!doctype html><title>Week</title><script>alert(1)</script><p>12 cases"


@pytest.fixture
def reports(wexcombe):
    with wexcombe.database.transaction() as tx:
        for service, week in (("", "2026-W46"), ("", "2026-W47"), (HIGHWAYS, "2026-W47")):
            weeks.store_week(
                tx,
                service=service,
                week=week,
                figures_json="{}",
                html=DOCUMENT,
                csv="measure,value\r\ncases,12\r\n",
                checksum="c0ffee",
                now=wexcombe.clock(),
            )
    return wexcombe


def test_reports_are_listed_newest_first_each_with_its_figures(reports):
    page = reports.signed_in("carys").get("/reports").text

    assert page.index("2026-W47") < page.index("2026-W46")
    assert 'href="/reports/2026-W47/figures.csv?service=Highways"' in page


def test_a_moderator_does_not_see_another_services_report(reports):
    amina = reports.signed_in("amina")

    assert "Highways" not in amina.get("/reports").text
    assert amina.get("/reports/2026-W47?service=Highways").status_code == 403
    assert amina.get("/reports/2026-W47/figures.csv?service=Highways").status_code == 403


def test_a_report_is_framed_where_it_can_run_nothing(reports):
    carys = reports.signed_in("carys")

    framed = carys.get("/reports/2026-W47").text
    document = carys.get("/reports/2026-W47/document")

    assert 'src="/reports/2026-W47/document"' in framed
    assert "sandbox></iframe>" in framed
    assert "c0ffee" in framed
    assert document.text == DOCUMENT
    policy = document.headers["content-security-policy"]
    assert policy.startswith("sandbox")
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert document.headers["x-frame-options"] == "SAMEORIGIN"


def test_figures_come_as_a_file(reports):
    answer = reports.signed_in("carys").get("/reports/2026-W47/figures.csv")

    assert answer.text == "measure,value\r\ncases,12\r\n"
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="wardmote-2026-W47.csv"' in answer.headers["content-disposition"]


@pytest.mark.parametrize("label", ["2026-W48", "nonsense", "..%2F..%2Fetc"])
def test_a_week_without_a_report_is_said_so(reports, label):
    assert reports.signed_in("carys").get(f"/reports/{label}").status_code == 404


def test_before_the_first_week_the_page_says_when_there_will_be_one(wexcombe):
    assert "The first is made on the Monday" in wexcombe.signed_in("carys").get("/reports").text


def test_reports_are_for_those_who_are_signed_in(reports):
    for path in ("", "/2026-W47", "/2026-W47/document", "/2026-W47/figures.csv"):
        assert reports.stranger().get(f"/reports{path}").status_code == 303
