from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.contract import CommentRef, NativeId, Outcome, Readiness
from connectors.errors import CredentialsRejected, NotPermitted, UnexpectedReply
from connectors.kept import KeptInFiles
from monitor.sandbox.faults import did_nothing
from monitor.sandbox.graph_errors import graph_fault
from monitor.sandbox.http import Clock
from monitor.sandbox.townsfolk import TownToken
from tests.connectors.instagram_stage import ACCOUNT, SCOPES, TOKEN, InstagramStage, open_stage

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("socket_enabled")]

HOUR = timedelta(hours=1)


@pytest.fixture
def stage(clock: Clock) -> Iterator[InstagramStage]:
    with open_stage(clock) as opened:
        yield opened


def written(stage: InstagramStage, text: str = "unkind", **more) -> CommentRef:
    post = stage.publish("Open day", at=stage.now() - 3 * HOUR)
    native_id = stage.write(post, text, at=stage.now() - HOUR, **more)
    return CommentRef(stage.channel, native_id, post)


def read(stage: InstagramStage, connector=None):
    pulls = (connector or stage.connector(50)).pull(stage.channel, None)
    return [comment for pull in pulls for comment in pull.comments]


def test_every_reply_is_read_though_a_row_brings_only_some(stage: InstagramStage) -> None:
    ref = written(stage, "first")
    replies = {
        stage.write(ref.post_id, f"answer {number}", at=stage.now(), parent_id=ref.native_id)
        for number in range(7)
    }

    found = read(stage)

    assert {each.native_id for each in found if each.parent_id == ref.native_id} == replies


def test_a_reply_to_an_old_comment_is_found_by_the_count_alone(stage: InstagramStage) -> None:
    ref = written(stage, "old")
    connector = stage.connector(50)
    first = [*connector.pull(stage.channel, None)]
    stage.advance(3 * HOUR)
    reply = stage.write(ref.post_id, "late", at=stage.now(), parent_id=ref.native_id)

    found = [
        comment
        for pull in connector.pull(stage.channel, first[-1].resume_at)
        for comment in pull.comments
    ]

    assert reply in {each.native_id for each in found}


def test_a_name_without_an_identifier_is_still_an_author(stage: InstagramStage) -> None:
    written(stage, author="Mill Lane Mum")
    stage.sandbox.edges.show_authors = False

    (comment,) = read(stage)

    assert comment.author is not None
    assert (comment.author.native_id, comment.author.name) == (None, "mill_lane_mum")


def test_the_accounts_own_replies_are_marked(stage: InstagramStage) -> None:
    ref = written(stage)
    connector = stage.connector()
    reply = connector.reply(ref, "Thank you, we are on it.")

    found = {each.native_id: each for each in read(stage)}

    assert found[reply].from_channel
    assert not found[ref.native_id].from_channel


def test_an_answer_to_a_reply_joins_the_thread_above_it(stage: InstagramStage) -> None:
    ref = written(stage)
    reply = stage.write(ref.post_id, "agreed", at=stage.now(), parent_id=ref.native_id)

    ours = stage.connector().reply(replace(ref, native_id=reply), "Thank you.")

    assert stage.connector().fetch(replace(ref, native_id=ours)).parent_id == ref.native_id


def test_hiding_is_written_as_hide_and_read_as_hidden(stage: InstagramStage) -> None:
    ref = written(stage)
    stage.connector().hide(ref)

    (asked,) = [each for each in stage.sandbox.requests if each.method == "POST"]
    assert asked.form["hide"] == ("true",)
    assert stage.town.comment(ref.native_id).hidden


@pytest.mark.parametrize("act", ["hide", "restore"])
def test_an_answer_that_confirms_nothing_is_no_success(stage: InstagramStage, act: str) -> None:
    ref = written(stage)
    if act == "restore":
        stage.connector().hide(ref)
    stage.sandbox.faults.add(did_nothing({}), method="POST")

    with pytest.raises(UnexpectedReply, match="did not say that it did"):
        getattr(stage.connector(), act)(ref)


@pytest.mark.parametrize("act", ["hide", "delete"])
def test_what_the_platform_refuses_is_done_by_hand(stage: InstagramStage, act: str) -> None:
    ref = written(stage)
    stage.town.issue(TownToken(TOKEN, ACCOUNT, SCOPES - {"instagram_manage_comments"}))
    stage.sandbox.faults.add(graph_fault(200, "(#200) Permissions error"), method="POST")
    if act == "hide":
        stage.town.issue(TownToken(TOKEN, ACCOUNT, SCOPES))

    with pytest.raises(NotPermitted, match="by hand"):
        getattr(stage.connector(), act)(ref)


def test_deleting_is_for_ever_and_a_second_time_finds_nothing(stage: InstagramStage) -> None:
    ref = written(stage)
    connector = stage.connector()

    assert connector.delete(ref) is Outcome.DONE
    assert connector.delete(ref) is Outcome.GONE


@pytest.mark.parametrize("act", ["restrict", "lift"])
def test_no_program_blocks_anybody(stage: InstagramStage, act: str) -> None:
    with pytest.raises(NotPermitted, match="by hand in the app"):
        getattr(stage.connector(), act)(written(stage))


def test_a_lost_role_is_not_a_gone_comment(stage: InstagramStage) -> None:
    ref = written(stage)
    stage.town.issue(TownToken(TOKEN, "17841400000000077", SCOPES))

    with pytest.raises(CredentialsRejected, match="no longer sees"):
        stage.connector().hide(ref)


def test_the_check_names_the_missing_permission(stage: InstagramStage) -> None:
    assert stage.connector().check(stage.channel).readiness is Readiness.READY
    stage.town.issue(TownToken(TOKEN, ACCOUNT, SCOPES - {"instagram_manage_comments"}))

    found = stage.connector().check(stage.channel)

    assert found.readiness is Readiness.NOT_PERMITTED
    assert found.hint == "instagram_manage_comments"


def test_without_the_apps_secret_the_check_only_tries(stage: InstagramStage) -> None:
    found = stage.connector(secrets={"token": stage.token}).check(stage.channel)
    assert found.readiness is Readiness.READY
    assert "with app_id and app_secret" in found.sentence

    other = replace(stage.channel, native_id=NativeId("17841400000000077"))
    assert stage.connector(secrets={"token": stage.token}).check(other).readiness is (
        Readiness.NOT_READY
    )


def test_a_token_of_its_own_sign_in_is_renewed_weekly_and_kept(
    stage: InstagramStage, tmp_path: Path
) -> None:
    kept = KeptInFiles(tmp_path)
    instagram = {"options": {"login": "instagram"}, "kept": kept}
    read(stage, stage.connector(50, **instagram))
    read(stage, stage.connector(50, **instagram))
    renewals = [each for each in stage.sandbox.requests if "refresh" in each.path]
    assert len(renewals) == 1
    ends = stage.connector(**instagram).check(stage.channel).expires_at
    assert ends == stage.now() + timedelta(days=60)

    stage.advance(timedelta(days=8))
    stage.expire_token()  # the first one ends; the renewed one is used, and renewed again
    read(stage, stage.connector(50, **instagram))
    assert len([each for each in stage.sandbox.requests if "refresh" in each.path]) == 2
    assert TOKEN not in repr(kept)


def test_a_token_that_is_too_young_to_be_renewed_is_used_as_it_is(stage: InstagramStage) -> None:
    written(stage)
    stage.sandbox.issued_at = stage.now()

    assert len(read(stage, stage.connector(50, options={"login": "instagram"}))) == 1


def test_a_token_that_was_set_anew_wins_over_a_renewed_one(
    stage: InstagramStage, tmp_path: Path
) -> None:
    written(stage)
    kept = KeptInFiles(tmp_path)
    read(stage, stage.connector(50, options={"login": "instagram"}, kept=kept))
    stage.town.issue(TownToken("a-new-one", ACCOUNT, SCOPES))

    stage.sandbox.forget_requests()
    stage.token = "a-new-one"
    assert len(read(stage, stage.connector(50, options={"login": "instagram"}, kept=kept))) == 1
    assert {each.headers["authorization"].split("~")[0] for each in stage.sandbox.requests} == {
        "Bearer a-new-one"
    }


def test_fields_that_are_refused_cost_names_and_not_comments(stage: InstagramStage) -> None:
    ref = written(stage)
    stage.write(ref.post_id, "answer", at=stage.now(), parent_id=ref.native_id)
    stage.sandbox.edges.refused_fields = frozenset({"from"})
    pulls = [*stage.connector(50).pull(stage.channel, None)]

    assert sum(len(pull.comments) for pull in pulls) == 2
    assert "grants" in pulls[-1].problems[0]


def test_what_a_pull_costs_is_told(stage: InstagramStage) -> None:
    written(stage)

    pulls = [*stage.connector(50).pull(stage.channel, None)]

    assert sum(pull.cost for pull in pulls) == len(stage.sandbox.requests) == 2
