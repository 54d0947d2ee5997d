from __future__ import annotations

from datetime import timedelta

import pytest

from monitor.desk.web import passwords
from monitor.desk.web.passwords import AttemptLimit, Passwords, hash_password
from tests.consoles import CHEAP, Clock


def test_a_hash_holds_nothing_of_the_password_and_fits_it_alone():
    stored = hash_password("three brass lanterns")

    assert "lanterns" not in stored
    assert stored.startswith("$argon2id$")
    assert Passwords(CHEAP).fits("three brass lanterns", stored)
    assert not Passwords(CHEAP).fits("three brass lantern", stored)


@pytest.mark.parametrize("stored", [None, "not a hash"])
def test_nobody_without_a_password_signs_in(stored):
    assert not Passwords(CHEAP).fits("nobody has this password", stored)


def test_five_failures_from_one_place_are_enough_for_fifteen_minutes():
    clock = Clock()
    limit = AttemptLimit(clock)

    for _ in range(5):
        assert limit.wait("amina", "192.0.2.1") is None
        limit.failed("amina", "192.0.2.1")

    assert limit.wait("amina", "192.0.2.1") == timedelta(minutes=15)
    assert limit.wait("amina", "192.0.2.2") is None
    assert limit.wait("bede", "192.0.2.1") is None
    clock.passes(minutes=15)
    assert limit.wait("amina", "192.0.2.1") is None


def test_failures_from_many_places_add_up():
    limit = AttemptLimit(Clock())

    for number in range(25):
        limit.failed("amina", f"192.0.2.{number}")

    assert limit.wait("amina", "198.51.100.1") == timedelta(minutes=15)


def test_a_success_forgets_what_was_mistyped():
    limit = AttemptLimit(Clock())
    for _ in range(5):
        limit.failed("amina", "192.0.2.1")

    limit.succeeded("amina", "192.0.2.1")

    assert limit.wait("amina", "192.0.2.1") is None


def test_invented_names_do_not_fill_the_memory():
    limit = AttemptLimit(Clock())

    for number in range(passwords._REMEMBERED):
        limit.failed(f"name-{number}", "192.0.2.1")

    assert len(limit._failed) == passwords._REMEMBERED
