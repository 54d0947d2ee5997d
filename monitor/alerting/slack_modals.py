"""The forms and pages that open over Slack when a button was pressed. Pure, as the cards are."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from monitor.alerting.contract import Offer
from monitor.alerting.slack_blocks import LABELS
from monitor.alerting.slack_text import clean, plain
from monitor.domain.case import NOTE_LIMIT, DecisionOutcome

__all__ = [
    "BY_HAND",
    "CALLBACK_DECIDE",
    "CALLBACK_REVIEW",
    "CLAUSE",
    "NOTE",
    "ROUTE",
    "Choice",
    "DecideForm",
    "Memory",
    "Reading",
    "decide_modal",
    "error_modal",
    "read_memory",
    "reveal_modal",
    "review_modal",
    "said_modal",
    "waiting_modal",
]

View = dict[str, Any]
"""One Slack view as JSON."""

CALLBACK_DECIDE = "decide"
CALLBACK_REVIEW = "review"
CLAUSE, ROUTE, NOTE, BY_HAND = "clause", "route", "note", "by_hand"
"""The fields of the forms; each is both its block's and its element's identifier."""

_TITLE_LIMIT = 24
_OPTION_LIMIT = 75
_OPTIONS_LIMIT = 100
_CHUNK = 2900
_CHUNKS = 30


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a select: what it stands for, what it says, and a second line of detail."""

    value: str
    label: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Memory:
    """What a form remembers of the press that opened it."""

    case_id: int
    version: int
    offer: Offer
    outcome: DecisionOutcome | None = None


@dataclass(frozen=True, slots=True)
class DecideForm:
    """What a moderator fills in to decide.

    Attributes:
        reference: ``WM-412``.
        seen: The clauses that the assessment touched, worst first; ``others`` the rest.
        routes: Where it can be escalated, each with who and how soon; empty unless escalating.
        by_hand: What the person says that they have done at the platform, or "".
    """

    memory: Memory
    reference: str
    seen: tuple[Choice, ...]
    others: tuple[Choice, ...]
    routes: tuple[Choice, ...] = ()
    by_hand: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """The full text of a comment, for a person who asked to see it."""

    reference: str
    text: str
    post_text: str
    author_name: str | None = None


def decide_modal(form: DecideForm) -> View:
    """The form for hide, keep, restore or escalate: clause, route where needed, one line of why."""
    outcome = form.memory.outcome or DecisionOutcome.HIDE
    keeps = outcome is DecisionOutcome.KEEP
    blocks = [_sentence(_promise(form, outcome)), _clause_field(form, considered=keeps)]
    if form.routes:
        blocks.append(_select(ROUTE, "Escalate to", "Choose who", _options(form.routes)))
    blocks.append(
        _line(
            NOTE,
            "Why is this step proportionate? One line for the record.",
            hint="It is kept with the decision and can be disclosed. Leave out personal data.",
            optional=keeps,
        )
    )
    if form.by_hand:
        blocks.append(_statement(form.by_hand))
    title = f"{LABELS[form.memory.offer]} {form.reference}"
    return _form(CALLBACK_DECIDE, title, _submit(form.memory.offer), blocks, form.memory)


def review_modal(memory: Memory, *, reference: str) -> View:
    """The form that asks why a closed case is looked at again."""
    blocks = [
        _sentence(f"{reference} is opened again and claimed by you."),
        _line(NOTE, "Why is it looked at again?", hint="One line for the record.", optional=False),
    ]
    return _form(CALLBACK_REVIEW, f"Review {reference}", "Review", blocks, memory)


def reveal_modal(reading: Reading) -> View:
    """The whole text, as written; the press is on the record."""
    blocks = [_sentence("That you opened this text is on the record.")]
    if reading.author_name:
        blocks.append(_sentence(f"Written by: {reading.author_name}"))
    blocks += _verbatim(reading.text, _CHUNKS)
    if reading.post_text.strip():
        blocks.append(_sentence("Under the council's post:"))
        blocks += _verbatim(reading.post_text, 3)
    return _page(f"Text of {reading.reference}", blocks)


def error_modal(sentence: str) -> View:
    """What was pressed did not happen, and why."""
    return _page("Not done", [_sentence(sentence)])


def said_modal(sentence: str) -> View:
    """What was pressed has happened."""
    return _page("Done", [_sentence(sentence)])


def waiting_modal(words: str = "One moment, please.") -> View:
    """What stands on the screen until the rest is known."""
    return _page("Wardmote", [_sentence(words)])


def read_memory(text: str) -> Memory | None:
    """What a form remembered; None when it is not one of ours."""
    try:
        kept = json.loads(text)
        outcome = kept.get("outcome")
        return Memory(
            case_id=int(kept["case"]),
            version=int(kept["version"]),
            offer=Offer(kept["offer"]),
            outcome=DecisionOutcome(outcome) if outcome else None,
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _promise(form: DecideForm, outcome: DecisionOutcome) -> str:
    match outcome:
        case _ if form.by_hand:
            return f"Say that you have done it yourself at the platform; {form.reference} closes."
        case DecisionOutcome.HIDE:
            return f"The platform is asked to hide the comment of {form.reference}."
        case DecisionOutcome.RESTORE:
            return f"The platform is asked to show the comment of {form.reference} again."
        case DecisionOutcome.KEEP:
            return f"The comment of {form.reference} stays where it is, and the case closes."
        case DecisionOutcome.ESCALATE:
            return f"{form.reference} goes to the person you choose, and waits for them."


def _submit(offer: Offer) -> str:
    return "I have done it" if offer is Offer.BY_HAND else LABELS[offer]


def _clause_field(form: DecideForm, *, considered: bool) -> View:
    label = "Clause that you considered" if considered else "Clause that this rests on"
    groups = [
        {"label": plain(name, _OPTION_LIMIT), "options": _options(choices)}
        for name, choices in (
            ("Seen in this comment", form.seen),
            ("Other clauses of the standard", form.others),
        )
        if choices
    ]
    # A text that no model can judge may be kept without naming a clause.
    nothing_seen = considered and not form.seen
    field = _select(CLAUSE, label, "Choose a clause", [], optional=nothing_seen)
    del field["element"]["options"]
    field["element"]["option_groups"] = groups
    return field


def _options(choices: tuple[Choice, ...]) -> list[View]:
    return [_option(choice) for choice in choices[:_OPTIONS_LIMIT]]


def _option(choice: Choice) -> View:
    option: View = {"text": plain(choice.label, _OPTION_LIMIT), "value": choice.value}
    if choice.detail:
        option["description"] = plain(choice.detail, _OPTION_LIMIT)
    return option


def _select(
    name: str, label: str, placeholder: str, options: list[View], *, optional: bool = False
) -> View:
    return {
        "type": "input",
        "block_id": name,
        "optional": optional,
        "label": plain(label, 2000),
        "element": {
            "type": "static_select",
            "action_id": name,
            "placeholder": plain(placeholder, 150),
            "options": options,
        },
    }


def _line(name: str, label: str, *, hint: str, optional: bool) -> View:
    return {
        "type": "input",
        "block_id": name,
        "optional": optional,
        "label": plain(label, 2000),
        "hint": plain(hint, 150),
        "element": {"type": "plain_text_input", "action_id": name, "max_length": NOTE_LIMIT},
    }


def _statement(instruction: str) -> View:
    return {
        "type": "input",
        "block_id": BY_HAND,
        "optional": False,
        "label": plain(instruction, 2000),
        "element": {
            "type": "checkboxes",
            "action_id": BY_HAND,
            "options": [
                {"text": plain("I have done this at the platform.", _OPTION_LIMIT), "value": "yes"}
            ],
        },
    }


def _sentence(words: str) -> View:
    return {"type": "section", "text": plain(words, 2900)}


def _verbatim(text: str, most: int) -> list[View]:
    shown = clean(text)
    if not shown.strip():
        return [_sentence("(no words)")]
    chunks = [shown[start : start + _CHUNK] for start in range(0, len(shown), _CHUNK)]
    blocks = [_preformatted(chunk) for chunk in chunks[:most]]
    if len(chunks) > most:
        blocks.append(_sentence("It goes on: read the rest in the console."))
    return blocks


def _preformatted(chunk: str) -> View:
    return {
        "type": "rich_text",
        "elements": [
            {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": chunk}]}
        ],
    }


def _page(title: str, blocks: list[View]) -> View:
    return {
        "type": "modal",
        "title": plain(title, _TITLE_LIMIT),
        "close": plain("Close", _TITLE_LIMIT),
        "blocks": blocks,
    }


def _form(callback: str, title: str, submit: str, blocks: list[View], memory: Memory) -> View:
    kept: dict[str, str | int] = {
        "case": memory.case_id,
        "version": memory.version,
        "offer": memory.offer.value,
    }
    if memory.outcome is not None:
        kept["outcome"] = memory.outcome.value
    return {
        **_page(title, blocks),
        "callback_id": callback,
        "submit": plain(submit, _TITLE_LIMIT),
        "close": plain("Cancel", _TITLE_LIMIT),
        "private_metadata": json.dumps(kept, separators=(",", ":")),
    }
