from __future__ import annotations

import json

import pytest

from monitor.sandbox.faults import (
    Faults,
    answer,
    delay,
    did_nothing,
    drop,
    extra_headers,
    html_page,
    json_answer,
    twist,
)


def outcomes(faults: Faults, number: int, *, method: str = "GET", path: str = "/a") -> list[str]:
    fired = (faults.next_for(method, path) for _ in range(number))
    return [fault.name if fault else "-" for fault in fired]


def test_without_rules_nothing_goes_wrong() -> None:
    faults = Faults()

    assert outcomes(faults, 3) == ["-", "-", "-"]
    assert faults.fired == ()


def test_a_rule_fires_so_many_times_and_then_no_more() -> None:
    faults = Faults()
    faults.add(drop(), times=2)

    assert outcomes(faults, 4) == ["drop", "drop", "-", "-"]
    assert faults.fired == ("drop", "drop")


def test_a_rule_lets_the_first_requests_pass() -> None:
    faults = Faults()
    faults.add(drop(), after=2, times=1)

    assert outcomes(faults, 4) == ["-", "-", "drop", "-"]


def test_a_rule_fires_on_every_third_request() -> None:
    faults = Faults()
    faults.add(drop(), every=3)

    assert outcomes(faults, 6) == ["drop", "-", "-", "drop", "-", "-"]


def test_a_rule_counts_only_the_requests_it_is_meant_for() -> None:
    faults = Faults()
    faults.add(drop(), method="POST", path="*/comments", after=1)

    assert outcomes(faults, 2, method="GET", path="/v/1/comments") == ["-", "-"]
    assert outcomes(faults, 2, method="POST", path="/v/1/blocked") == ["-", "-"]
    assert outcomes(faults, 2, method="POST", path="/v/1/comments") == ["-", "drop"]


def test_a_rule_can_look_at_the_query_and_the_body() -> None:
    faults = Faults()
    faults.add(drop(), containing="is_hidden=true")

    assert faults.next_for("POST", "/a", content="is_hidden=false") is None
    assert faults.next_for("POST", "/a", content="is_hidden=true") is not None


def test_the_first_rule_that_fires_decides() -> None:
    faults = Faults()
    faults.add(answer(503), times=1)
    faults.add(drop())

    assert outcomes(faults, 2) == ["answer 503", "drop"]


def test_chance_repeats_itself_from_the_same_seed() -> None:
    runs = []
    for seed in (7, 7, 8):
        faults = Faults(seed=seed)
        faults.add(drop(), rate=0.3)
        runs.append(outcomes(faults, 60))

    assert runs[0] == runs[1]
    assert runs[0] != runs[2]
    assert 5 < runs[0].count("drop") < 35


def test_a_platform_can_be_made_well_again() -> None:
    faults = Faults()
    faults.add(drop())
    faults.clear()

    assert outcomes(faults, 1) == ["-"]


@pytest.mark.parametrize("status", [200, 502])
def test_a_gateways_page_is_html_whatever_its_status(status: int) -> None:
    fault = html_page(status)

    assert fault.status == status
    assert fault.headers["Content-Type"].startswith("text/html")
    assert fault.body.startswith(b"<!DOCTYPE html>")


def test_a_json_answer_says_that_it_is_json_and_may_add_headers() -> None:
    fault = json_answer(429, {"error": 1}, {"Retry-After": "9"})

    assert json.loads(fault.body) == {"error": 1}
    assert fault.headers["Content-Type"].startswith("application/json")
    assert fault.headers["Retry-After"] == "9"


def test_the_other_faults_say_what_they_are() -> None:
    assert did_nothing({"success": True}).status == 200
    assert delay(0.5).delay_s == 0.5
    assert extra_headers({"X-App-Usage": "{}"}).status is None
    assert twist("duplicate_page").twist == "duplicate_page"
