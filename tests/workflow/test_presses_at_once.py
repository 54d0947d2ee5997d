"""What two processes do in one instant: the databases differ in who waits, not in what is told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from monitor.domain.case import Case, CaseState, Decision, DecisionOrder, DecisionOutcome, Refused
from monitor.store import views
from monitor.workflow import decide
from tests.consoles import Wexcombe
from tests.databases import database, database_url, postgresql_template, sqlite_template

__all__ = ["database", "database_url", "postgresql_template", "sqlite_template"]

_AT_ONCE = 4


@pytest.fixture
def office(database) -> Wexcombe:
    made = Wexcombe(database)
    made.populate()
    return made


def all_at_once(act: Callable[[int], object]) -> list[object]:
    ready = threading.Barrier(_AT_ONCE)

    def one(number: int) -> object:
        ready.wait()
        try:
            return act(number)
        except Refused as refused:
            return refused

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(one, range(_AT_ONCE)))


def hide(office: Wexcombe, held: Case, press: str) -> Decision:
    order = DecisionOrder(DecisionOutcome.HIDE, held.clauses[0], "The least that protects.")
    return decide.decide(
        office.services,
        held.id,
        order,
        by=office.person("amina"),
        press=press,
        version=held.version,
    )


def test_one_press_delivered_four_times_in_one_instant_is_one_decision(office) -> None:
    held = office.claimed_by("amina", office.case())

    told = all_at_once(lambda _: hide(office, held, "press-1"))

    assert len({each.id for each in told if isinstance(each, Decision)}) == 1
    assert all(isinstance(each, Decision) for each in told)
    with office.database.reading() as reading:
        page = views.case_page(reading, held.id)
    assert (len(page.decisions), len(page.enforcements)) == (1, 1)


def test_four_presses_in_one_instant_are_one_decision_and_three_are_told_who(office) -> None:
    held = office.claimed_by("amina", office.case())

    told = all_at_once(lambda number: hide(office, held, f"press-{number}"))

    refused = [each for each in told if isinstance(each, Refused)]
    assert len(refused) == _AT_ONCE - 1
    assert all("Amina decided to hide it" in each.sentence for each in refused)


def test_four_claims_in_one_instant_give_the_case_to_one(office) -> None:
    case = office.case()
    people = ("amina", "bede", "carys", "dov")

    told = all_at_once(lambda number: office.claimed_by(people[number], case))

    (winner,) = [each for each in told if isinstance(each, Case)]
    assert winner.state is CaseState.CLAIMED
    assert office.case_now(case.id).holder == winner.holder
