from __future__ import annotations

from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from config.standards import Severity
from tests.consoles import CAST, press


def values(text):
    return {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_process_answers_without_a_database(wexcombe, tmp_path):
    wexcombe.database.dispose()
    (tmp_path / "console.db").write_bytes(b"no database")

    assert wexcombe.stranger().get("/healthz").text == "ok\n"


def test_ready_means_a_current_database_and_a_scheduler_that_ticks(wexcombe):
    wexcombe.ticked_at = wexcombe.clock() - timedelta(seconds=30)

    answer = wexcombe.stranger().get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "problem": "", "last_tick_age_seconds": 30.0}


def test_a_scheduler_in_another_process_is_not_waited_for(wexcombe):
    answer = wexcombe.stranger().get("/readyz")

    assert answer.json() == {"ready": True, "problem": "", "last_tick_age_seconds": None}


def test_a_scheduler_that_stopped_is_not_ready(wexcombe):
    wexcombe.ticked_at = wexcombe.clock() - timedelta(seconds=301)

    answer = wexcombe.stranger().get("/readyz")

    assert answer.status_code == 503
    assert "The scheduler last ran 301 s ago" in answer.json()["problem"]


@pytest.mark.parametrize("content", [b"This is no database at all." * 400, b""])
def test_a_database_that_cannot_be_used_as_it_stands_is_not_ready(wexcombe, tmp_path, content):
    wexcombe.database.dispose()
    (tmp_path / "console.db").write_bytes(content)

    answer = wexcombe.stranger().get("/readyz")

    assert answer.status_code == 503
    assert not answer.json()["ready"]
    assert answer.json()["problem"]


def test_the_metrics_count_what_waits_and_name_nobody(wexcombe):
    open_case = wexcombe.case()
    held = wexcombe.case("We burn it down tonight.", ("threat", Severity.S1))
    press(wexcombe.signed_in("amina"), f"/cases/{held.reference}/claim")
    wexcombe.services.metrics.assessments.labels(lane="breach").inc()
    wexcombe.clock.passes(minutes=2)

    text = wexcombe.stranger().get("/metrics").text

    found = values(text)
    assert found["wardmote_comments"] == 2
    assert found["wardmote_unassessed"] == 0
    assert found["wardmote_cases_open"] == 1
    assert found["wardmote_cases_claimed"] == 1
    assert found["wardmote_letters_dead"] == 0
    assert found["wardmote_oldest_open_case_age_seconds"] == 120
    assert found["wardmote_oldest_unassessed_age_seconds"] == 0
    assert found["wardmote_assessments_total"] == 1
    assert open_case.reference not in text
    for person in CAST:
        assert person.name not in text
        assert f'"{person.id}"' not in text
