from __future__ import annotations

import pytest

from classifiers.testing import ScriptedClassifier
from connectors.contract import Secret
from monitor.desk.slack_socket import DeskPace, SlackDesk
from monitor.desk.workflow_floor import WorkflowFloor
from monitor.domain.case import CaseId, CaseState
from monitor.sandbox.slack_screen import as_read
from tests.world import World

MODERATION = "C0MODERATION"
QUICK = DeskPace(look_every_s=0.05, ping_every_s=0.1)

pytestmark = [pytest.mark.sandbox]


@pytest.fixture
def world(tmp_path):
    script = ScriptedClassifier({"useless lot": {"insult": 0.97, "toxicity": 0.97}})
    url = f"sqlite:///{tmp_path / 'w.db'}"
    with World(tmp_path / "home", url, classifier=script) as world:
        desk = SlackDesk(
            WorkflowFloor(world.services),
            app_token=Secret(world.slack.app_token),
            bot_token=Secret(world.slack.bot_token),
            log=world.services.log,
            base_url=world.slack.api_url,
            pace=QUICK,
        )
        desk.start()
        assert world.slack.link.wait_for_connections()
        yield world
        desk.stop()


@pytest.fixture
def case(world):
    native_id = world.write("You useless lot")
    world.tick()
    return world.case_of(native_id)


def card(world, case):
    world.settle()
    (only,) = world.cards(case)
    return only


def press(world, user, case, action):
    world.slack.workspace.press(user, MODERATION, card(world, case).ts, action)


def form_of(world, user):
    def forms():
        return [each for each in world.slack.workspace.open_views(user) if each.view.get("submit")]

    assert world.slack.workspace.wait_until(lambda: bool(forms()))
    return forms()[-1]


def becomes(world, case, state):
    return world.slack.workspace.wait_until(lambda: world.page_of(case.id).case.state is state)


def test_a_case_is_claimed_and_hidden_from_slack_alone(world, case):
    press(world, "U0AMINA", case, "claim")
    assert becomes(world, case, CaseState.CLAIMED)
    assert world.slack.workspace.wait_until(lambda: bool(world.dispatcher.nudges))
    assert "Claimed by Amina" in as_read(card(world, case))

    press(world, "U0AMINA", case, "hide")
    form = form_of(world, "U0AMINA")
    world.slack.workspace.submit_view(
        "U0AMINA", form.id, {"clause": case.clauses[0], "note": "Insults the staff."}
    )
    assert world.slack.workspace.wait_until(
        lambda: world.slack.workspace.open_views("U0AMINA") == ()
    )

    assert "Amina decided to hide it" in as_read(card(world, case))
    assert world.page_of(case.id).case.state is CaseState.CLOSED
    assert world.page_of(case.id).decisions[0].press == f"slack:T0WEXCOMBE:U0AMINA:{form.id}"


def test_reviewing_releasing_and_revealing_reach_the_workflow(world, case):
    world.hide(case)

    press(world, "U0BEDE", case, "review")
    world.slack.workspace.submit_view(
        "U0BEDE", form_of(world, "U0BEDE").id, {"note": "The resident asked."}
    )
    assert becomes(world, case, CaseState.CLAIMED)
    press(world, "U0BEDE", case, "reveal")
    assert world.slack.workspace.wait_until(
        lambda: "You useless lot" in str(world.slack.workspace.open_views("U0BEDE"))
    )
    press(world, "U0BEDE", case, "release")

    assert becomes(world, case, CaseState.OPEN)


def test_a_case_that_is_not_there_is_none(world):
    assert WorkflowFloor(world.services).case(CaseId(999)) is None
