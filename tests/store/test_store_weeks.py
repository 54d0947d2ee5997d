from __future__ import annotations

from monitor.store import weeks
from monitor.store.engine import Database
from monitor.store.weeks import StoredWeek
from tests.stored import NOW


def store_week(database: Database, service: str, week: str, html: str = "<p>é</p>") -> bool:
    with database.transaction("T6") as tx:
        return weeks.store_week(
            tx,
            service=service,
            week=week,
            figures_json='{"cases": 3}',
            html=html,
            csv="a,b\r\n",
            checksum="abc",
            now=NOW,
        )


def test_a_week_comes_back_as_it_was_stored(database):
    assert store_week(database, "parks", "2026-W47")

    with database.reading() as reading:
        assert weeks.load_week(reading, "parks", "2026-W47") == StoredWeek(
            service="parks",
            week="2026-W47",
            figures_json='{"cases": 3}',
            html="<p>é</p>",
            csv="a,b\r\n",
            checksum="abc",
            made_at=NOW,
        )
        assert weeks.load_week(reading, "", "2026-W47") is None
        assert weeks.load_week(reading, "parks", "2026-W46") is None


def test_a_week_is_stored_once_for_a_service(database):
    assert store_week(database, "parks", "2026-W47", html="first")

    assert not store_week(database, "parks", "2026-W47", html="second")
    assert store_week(database, "", "2026-W47")
    with database.reading() as reading:
        assert weeks.load_week(reading, "parks", "2026-W47").html == "first"


def test_weeks_are_listed_newest_first(database):
    for service, week in (("", "2026-W46"), ("parks", "2026-W47"), ("", "2026-W47")):
        store_week(database, service, week)

    with database.reading() as reading:
        everything = weeks.all_weeks(reading)
        council = weeks.all_weeks(reading, "")

    assert [(each.week, each.service) for each in everything] == [
        ("2026-W47", ""),
        ("2026-W47", "parks"),
        ("2026-W46", ""),
    ]
    assert [each.week for each in council] == ["2026-W47", "2026-W46"]
