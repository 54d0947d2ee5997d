"""Cards and notices as Slack blocks. Pure: the same card always gives the same blocks.

Whatever somebody else wrote - the snippet, the post, a name, a title - stands in ``plain_text`` or
in ``rich_text``, where Slack interprets nothing. The only mrkdwn is what this module writes:
moments, links under our own labels, and mentions of identifiers that were checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from monitor.alerting.contract import CaseCard, Notice, Offer
from monitor.alerting.slack_text import (
    age,
    clean,
    escape,
    link,
    mention,
    plain,
    shorten,
    shorten_escaped,
)

__all__ = [
    "LABELS",
    "METADATA_TYPE",
    "Drawn",
    "button_value",
    "draw_card",
    "draw_notice",
    "read_button_value",
]

Block = dict[str, Any]
"""One Block Kit block as JSON: the one place where ``Any`` is what the value honestly is."""

METADATA_TYPE = "wardmote_alert"
"""Under which every notification's key travels in the message's metadata."""

LABELS: dict[Offer, str] = {
    Offer.CLAIM: "Claim",
    Offer.RELEASE: "Release",
    Offer.HIDE: "Hide",
    Offer.KEEP: "Keep",
    Offer.ESCALATE: "Escalate",
    Offer.TAKE_BACK: "Take back",
    Offer.RESTORE: "Restore",
    Offer.REVIEW: "Review",
    Offer.BY_HAND: "Done by hand",
    Offer.REVEAL: "Show text",
}
"""What each button says. A button's action is the offer's own word."""

_SEVERITIES = {
    "S1": "S1 risk to life or safety",
    "S2": "S2 serious",
    "S3": "S3 clear breach",
    "S4": "S4 minor",
}
_BANDS = {"severe": "severe, as good as certain", "suspect": "suspect, asks for a look"}
_LANES = {
    "welfare": "Duty of care: somebody may need help. This is never a breach.",
    "unsure": "No model here can judge this text. Please read it.",
}
_STYLES = {Offer.CLAIM: "primary", Offer.HIDE: "danger"}
_HEADER_LIMIT = 150
_SNIPPET_LIMIT = 600
_EXCERPT_LIMIT = 300
_SECTION_LIMIT = 1000
_LINE_LIMIT = 300
_TEXT_LIMIT = 300
_TIMELINE_LIMIT = 10
_NOTICE_LINES = 20


@dataclass(frozen=True, slots=True)
class Drawn:
    """What ``chat.postMessage`` takes.

    Attributes:
        text: What a notification or a screen reader says; escaped; without anybody's words.
        blocks: What is seen.
        metadata: Carries the key, so that a lost confirmation can be recognised.
    """

    text: str
    blocks: list[Block]
    metadata: dict[str, Any]


def draw_card(card: CaseCard) -> Drawn:
    """One case: what it is, where, how old, how sure, what was said, where it stands, what next."""
    blocks = [
        {"type": "header", "text": plain(_headline(card), _HEADER_LIMIT)},
        _section(_facts(card)),
        _quoted(card),
        _section(card.status),
    ]
    if card.by_hand:
        blocks.append(_section(f"To be done by hand: {card.by_hand}"))
    if card.timeline:
        blocks.append(_context(card.timeline[-_TIMELINE_LIMIT:]))
    blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": _footer(card)}]})
    if card.offers:
        blocks.append(_actions(card.offers, card.case_id, card.version, card.reference))
    return Drawn(
        text=shorten_escaped(
            escape(f"{_headline(card)}. {card.channel_name}. {card.status}"), _TEXT_LIMIT
        ),
        blocks=blocks,
        metadata=_metadata(card.key),
    )


def draw_notice(notice: Notice) -> Drawn:
    """Something people must know: a title, plain sentences, a link, and what can be pressed."""
    title = f"Urgent: {notice.title}" if notice.urgent else notice.title
    blocks: list[Block] = [{"type": "header", "text": plain(title, _HEADER_LIMIT)}]
    blocks += [_section(line) for line in notice.lines[:_NOTICE_LINES] if line.strip()]
    unseen = len(notice.lines) - _NOTICE_LINES
    if unseen > 0:
        blocks.append(_section(f"{unseen} more lines are in the console."))
    read_on = link(notice.link, "Read on in the console") if notice.link else None
    if read_on:
        blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": read_on}]})
    if notice.offers and notice.case_id is not None and notice.version is not None:
        blocks.append(
            _actions(notice.offers, notice.case_id, notice.version, f"WM-{notice.case_id}")
        )
    return Drawn(
        text=shorten_escaped(escape(title), _TEXT_LIMIT),
        blocks=blocks,
        metadata=_metadata(notice.key),
    )


def button_value(case_id: int, version: int) -> str:
    """What a button carries: the case, and the version that it was drawn for."""
    return f"{case_id}:{version}"


def read_button_value(value: str) -> tuple[int, int] | None:
    """The case and version of a pressed button; None when the value is not one of ours."""
    case_id, _, version = value.partition(":")
    if case_id.isdecimal() and version.isdecimal():
        return int(case_id), int(version)
    return None


def _headline(card: CaseCard) -> str:
    clause = card.clauses[0] if card.clauses else "No clause"
    return f"{card.reference} · {_SEVERITIES.get(card.severity, card.severity)} · {clause}"


def _facts(card: CaseCard) -> str:
    lines = [f"{card.channel_name}, for {card.service}"]
    written = age(card.drawn_at - card.posted_at)
    seen = age(card.drawn_at - card.seen_at)
    lines.append(f"When this card was drawn: written {written} ago, seen {seen} ago")
    if card.band:
        lines.append(f"How sure: {_BANDS.get(card.band, card.band)}")
    if len(card.clauses) > 1:
        lines.append(f"Also touches: {'; '.join(card.clauses[1:])}")
    if card.lane in _LANES:
        lines.append(_LANES[card.lane])
    return "\n".join(lines)


def _quoted(card: CaseCard) -> Block:
    elements = [
        _said("The resident wrote (masked):"),
        _quote(card.snippet, _SNIPPET_LIMIT, instead="(no words)"),
    ]
    if card.post_excerpt.strip():
        elements += [
            _said("Under the council's post:"),
            _quote(card.post_excerpt, _EXCERPT_LIMIT, instead="(no words)"),
        ]
    return {"type": "rich_text", "elements": elements}


def _said(words: str) -> Block:
    return {"type": "rich_text_section", "elements": [{"type": "text", "text": words}]}


def _quote(words: str, limit: int, *, instead: str) -> Block:
    shown = shorten(clean(words).strip(), limit) or instead
    return {"type": "rich_text_quote", "elements": [{"type": "text", "text": shown}]}


def _section(words: str) -> Block:
    return {"type": "section", "text": plain(words, _SECTION_LIMIT)}


def _context(lines: tuple[str, ...]) -> Block:
    return {"type": "context", "elements": [plain(line, _LINE_LIMIT) for line in lines]}


def _footer(card: CaseCard) -> str:
    addresses = (
        (card.permalink, "Open at the platform"),
        (card.console_url, "Open in the console"),
    )
    links = [link(url, label) for url, label in addresses if url]
    paged = [mention(each) for each in card.mention]
    # Slack shows this moment in each reader's own time zone.
    moment = f"{card.posted_at:%d %B %Y %H:%M} UTC"
    written = (
        f"Written <!date^{int(card.posted_at.timestamp())}^{{date_short_pretty}} {{time}}|{moment}>"
    )
    return " · ".join(part for part in (written, *links, *paged) if part)


def _actions(offers: tuple[Offer, ...], case_id: int, version: int, reference: str) -> Block:
    return {
        "type": "actions",
        "block_id": f"case-{case_id}",
        "elements": [_button(offer, case_id, version, reference) for offer in offers],
    }


def _button(offer: Offer, case_id: int, version: int, reference: str) -> Block:
    button: Block = {
        "type": "button",
        "action_id": offer.value,
        "text": plain(LABELS[offer], 75),
        "value": button_value(case_id, version),
        "accessibility_label": shorten(clean(f"{LABELS[offer]} {reference}"), 75),
    }
    if offer in _STYLES:
        button["style"] = _STYLES[offer]
    return button


def _metadata(key: str) -> dict[str, Any]:
    return {"event_type": METADATA_TYPE, "event_payload": {"key": key}}
