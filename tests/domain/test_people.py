from __future__ import annotations

import pytest

from monitor.domain.people import Person, PersonId, Role


def person(*services: str) -> Person:
    return Person(PersonId("amina"), "Amina", Role.MODERATOR, frozenset(services))


@pytest.mark.parametrize(
    ("services", "service", "answers"),
    [
        ((), "Parks and Libraries", True),
        (("Parks and Libraries",), "Parks and Libraries", True),
        (("Parks and Libraries",), "Leisure", False),
    ],
)
def test_a_person_answers_for_their_services_or_for_all_when_none_is_named(
    services, service, answers
):
    assert person(*services).answers_for(service) is answers


def test_a_person_is_active_and_not_linked_to_slack_until_somebody_says_so():
    assert person().active
    assert person().slack_user_id is None
