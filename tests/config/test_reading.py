from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.reading import (
    canonical_json,
    days_in_utc,
    parse_duration,
    read_toml,
    spell_duration,
)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("3 min", 180),
        ("90 days", 7_776_000),
        ("60 s", 60),
        ("1h", 3_600),
        ("1.5 hours", 5_400),
        ("2 weeks", 1_209_600),
        (" 5 minutes ", 300),
        (0, 0),
        (45, 45),
    ],
)
def test_a_duration_reads_as_people_write_it(written: object, seconds: int) -> None:
    assert parse_duration(written) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("written", "refusal"),
    [
        ("soon", "is not a duration"),
        ("", "is not a duration"),
        ("-3 min", "is not a duration"),
        ("3", "is not a duration"),
        (True, "is not a duration"),
        (2.5, "is not a duration"),
        (None, "is not a duration"),
        ("3 fortnights", "has a unit that is not known"),
        ("3 Min", "is not a duration"),
        (-1, "is negative or longer than ten years"),
        ("11 years", "has a unit that is not known"),
        ("999999999999 weeks", "is negative or longer than ten years"),
        (10**400, "is negative or longer than ten years"),
    ],
)
def test_what_is_no_duration_is_refused_with_the_reason(written: object, refusal: str) -> None:
    with pytest.raises(ValueError, match=refusal):
        parse_duration(written)


@given(st.integers(min_value=0, max_value=10 * 366 * 86_400))
def test_a_spelled_duration_reads_back_as_itself(seconds: int) -> None:
    duration = timedelta(seconds=seconds)

    assert parse_duration(spell_duration(duration)) == duration


def test_the_longest_whole_unit_is_spelled() -> None:
    spelled = [spell_duration(timedelta(seconds=s)) for s in (0, 5, 180, 5_400, 7_200, 86_400)]

    assert spelled == ["0 s", "5 s", "3 min", "90 min", "2 h", "1 day"]


def test_a_file_with_a_byte_order_mark_reads_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "channels.toml"
    path.write_bytes(b"\xef\xbb\xbfanswer = 42\n")

    assert read_toml(path, missing="Write it.") == ({"answer": 42}, ())


def test_a_file_that_breaks_off_is_malformed_at_its_end(tmp_path: Path) -> None:
    path = tmp_path / "channels.toml"
    path.write_text('answer = "', encoding="utf-8")

    content, (problem,) = read_toml(path, missing="Write it.")

    assert content is None
    assert (problem.id, problem.place) == ("C004", "channels.toml, at its end")


def test_a_table_written_twice_is_malformed_where_it_comes_again(tmp_path: Path) -> None:
    path = tmp_path / "channels.toml"
    path.write_text("[channel.parks]\n[channel.libraries]\n[channel.parks]\n", encoding="utf-8")

    _, (problem,) = read_toml(path, missing="Write it.")

    assert (problem.id, problem.place) == ("C004", "channels.toml, line 3")


def test_the_order_of_keys_leaves_no_trace_and_a_value_does() -> None:
    assert canonical_json({"a": 1, "b": [2]}) == canonical_json({"b": [2], "a": 1})
    assert canonical_json({"a": 1}) != canonical_json({"a": 2})
    assert canonical_json({"on": date(2027, 3, 24)}) == '{"on":"2027-03-24"}'


def test_local_days_begin_and_end_at_local_midnight_across_a_change_of_the_clocks() -> None:
    begins, ends = days_in_utc(date(2027, 3, 24), date(2027, 5, 6), zone="Europe/London")

    assert begins == datetime(2027, 3, 24, 0, 0, tzinfo=UTC)
    assert ends == datetime(2027, 5, 6, 23, 0, tzinfo=UTC)
