"""Slack's interactive payloads in the desk's words, and the desk's answers in Slack's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_never

from monitor.alerting.contract import Offer
from monitor.alerting.slack_blocks import read_button_value
from monitor.alerting.slack_modals import error_modal, read_memory
from monitor.desk.presses import Answer, Corrections, Done, Press, Shown, Submission, Told
from monitor.domain.case import CaseId

__all__ = ["acknowledgement", "page_for", "read_press", "read_submission"]

Payload = Mapping[str, Any]
"""What arrived over the socket: nothing in it is certain."""


def read_press(payload: Payload) -> Press | None:
    """The press in a ``block_actions`` payload; None for what is no button of a card of ours."""
    try:
        action = payload["actions"][0]
        offer = Offer(action["action_id"])
        pressed = read_button_value(action["value"])
        who = f"{payload['team']['id']}:{payload['user']['id']}"
        press_id, user = f"slack:{who}:{action['action_ts']}", str(payload["user"]["id"])
    except (KeyError, IndexError, TypeError, ValueError, AttributeError):
        return None
    if pressed is None:
        return None
    return Press(press_id, user, offer, CaseId(pressed[0]), pressed[1])


def read_submission(payload: Payload) -> Submission | None:
    """The form in a ``view_submission`` payload; None for what is no form of ours."""
    try:
        view = payload["view"]
        who = f"{payload['team']['id']}:{payload['user']['id']}"
        memory = read_memory(view["private_metadata"])
        fields = {
            block: _value(element)
            for block, elements in view["state"]["values"].items()
            for element in elements.values()
        }
        submission_id, user = f"slack:{who}:{view['id']}", str(payload["user"]["id"])
    except (KeyError, TypeError, AttributeError):
        return None
    return Submission(submission_id, user, memory, fields) if memory else None


def acknowledgement(answer: Answer) -> dict[str, Any] | None:
    """What a form's acknowledgement carries; None closes the form."""
    match answer:
        case Done():
            return None
        case Corrections():
            return {"response_action": "errors", "errors": dict(answer.by_field)}
        case Told() | Shown():
            return {"response_action": "update", "view": page_for(answer)}
        case _:
            assert_never(answer)


def page_for(answer: Told | Shown) -> dict[str, Any]:
    """The view that shows an answer."""
    return answer.view if isinstance(answer, Shown) else error_modal(answer.sentence)


def _value(element: Mapping[str, Any]) -> str | None:
    chosen = element.get("selected_option") or next(
        iter(element.get("selected_options") or ()), None
    )
    value = chosen["value"] if chosen else element.get("value")
    return value if isinstance(value, str) else None
