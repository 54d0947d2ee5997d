"""What Slack refuses about blocks and views, in the words that it uses.

A loopback Slack that took any blocks would let a card pass here that never arrives at a council.
Each rule answers like the platform does, as ``[ERROR] what [json-pointer:/blocks/0/text/text]``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

__all__ = ["complaints_about_blocks", "complaints_about_metadata", "complaints_about_view"]

Json = Any
"""A value as it came over the wire: nothing is known about it yet, which is the point here."""

_MESSAGE_BLOCKS, _VIEW_BLOCKS = 50, 100
_TITLE = 24
_PLAIN, _MRKDWN = "plain_text", "mrkdwn"
_RICH_PARTS = frozenset(
    {"rich_text_section", "rich_text_quote", "rich_text_preformatted", "rich_text_list"}
)


def complaints_about_blocks(blocks: Json, *, most: int = _MESSAGE_BLOCKS) -> list[str]:
    """Everything that Slack would refuse about a message's blocks; empty when it takes them."""
    if not isinstance(blocks, list):
        return [_error("must be an array", "/blocks")]
    found = [_error(f"no more than {most} items allowed", "/blocks")] if len(blocks) > most else []
    seen: set[str] = set()
    for number, block in enumerate(blocks):
        place = f"/blocks/{number}"
        if not isinstance(block, Mapping):
            found.append(_error("must be an object", place))
            continue
        found += _identifier(block, "block_id", place)
        block_id = str(block.get("block_id") or "")
        if block_id and block_id in seen:
            found.append(_error("block_id already exists", f"{place}/block_id"))
        seen.add(block_id)
        rule = _BLOCKS.get(str(block.get("type")))
        found += rule(block, place) if rule else [_error("unsupported block type", f"{place}/type")]
    return found


def complaints_about_view(view: Json) -> list[str]:
    """Everything that Slack would refuse about a modal; empty when it takes it."""
    if not isinstance(view, Mapping):
        return [_error("must be an object", "/view")]
    found = []
    if view.get("type") not in {"modal", "home"}:
        found.append(_error("must be a valid enum value", "/type"))
    if view.get("type") == "modal":
        found += list(_text(view.get("title"), "/title", _TITLE, kinds=(_PLAIN,)))
    for part in ("submit", "close"):
        if view.get(part) is not None:
            found += list(_text(view[part], f"/{part}", _TITLE, kinds=(_PLAIN,)))
    found += _length(view.get("private_metadata"), "/private_metadata", 3000)
    found += _length(view.get("callback_id"), "/callback_id", 255)
    blocks = view.get("blocks")
    found += complaints_about_blocks(blocks, most=_VIEW_BLOCKS)
    has_input = isinstance(blocks, list) and any(
        isinstance(block, Mapping) and block.get("type") == "input" for block in blocks
    )
    if has_input and view.get("type") == "modal" and view.get("submit") is None:
        found.append(_error("missing required field: submit", "/submit"))
    return found


def complaints_about_metadata(metadata: Json) -> list[str]:
    """What Slack would refuse about a message's metadata; nothing given is fine."""
    if metadata is None:
        return []
    if not isinstance(metadata, Mapping) or not isinstance(metadata.get("event_payload"), Mapping):
        return [_error("must be an object with event_type and event_payload", "/metadata")]
    if not isinstance(metadata.get("event_type"), str) or not metadata["event_type"]:
        return [_error("missing required field: event_type", "/metadata")]
    return []


def _error(what: str, place: str) -> str:
    return f"[ERROR] {what} [json-pointer:{place}]"


def _length(value: Json, place: str, most: int) -> list[str]:
    if isinstance(value, str) and len(value) > most:
        return [_error(f"must be less than {most + 1} characters", place)]
    return []


def _identifier(holder: Mapping[str, Json], name: str, place: str) -> list[str]:
    return _length(holder.get(name), f"{place}/{name}", 255)


def _text(
    value: Json, place: str, most: int, *, kinds: tuple[str, ...] = (_PLAIN, _MRKDWN)
) -> Iterator[str]:
    if not isinstance(value, Mapping) or value.get("type") not in kinds:
        yield _error(f"must be a text object of type {' or '.join(kinds)}", place)
        return
    text = value.get("text")
    if not isinstance(text, str) or not text:
        yield _error("must be more than 0 characters", f"{place}/text")
        return
    yield from _length(text, f"{place}/text", most)


def _header(block: Mapping[str, Json], place: str) -> list[str]:
    return list(_text(block.get("text"), f"{place}/text", 150, kinds=(_PLAIN,)))


def _section(block: Mapping[str, Json], place: str) -> list[str]:
    fields = block.get("fields")
    if block.get("text") is None and not fields:
        return [_error("missing required field: text or fields", place)]
    found = [] if block.get("text") is None else list(_text(block["text"], f"{place}/text", 3000))
    if isinstance(fields, list):
        if len(fields) > 10:  # noqa: PLR2004 - Slack's own limit, named by the sentence below
            found.append(_error("no more than 10 items allowed", f"{place}/fields"))
        for number, field in enumerate(fields):
            found += list(_text(field, f"{place}/fields/{number}", 2000))
    return found


def _elements(block: Mapping[str, Json], place: str, most: int) -> tuple[list[Json], list[str]]:
    elements = block.get("elements")
    if not isinstance(elements, list) or not elements:
        return [], [_error("must contain at least 1 element", f"{place}/elements")]
    if len(elements) > most:
        return elements, [_error(f"no more than {most} items allowed", f"{place}/elements")]
    return elements, []


def _context(block: Mapping[str, Json], place: str) -> list[str]:
    elements, found = _elements(block, place, 10)
    for number, element in enumerate(elements):
        found += list(_text(element, f"{place}/elements/{number}", 3000))
    return found


def _actions(block: Mapping[str, Json], place: str) -> list[str]:
    elements, found = _elements(block, place, 25)
    seen: set[str] = set()
    for number, element in enumerate(elements):
        at = f"{place}/elements/{number}"
        found += _element(element, at)
        action_id = str(element.get("action_id") or "") if isinstance(element, Mapping) else ""
        if action_id and action_id in seen:
            found.append(_error("action_id already exists", f"{at}/action_id"))
        seen.add(action_id)
    return found


def _input(block: Mapping[str, Json], place: str) -> list[str]:
    found = list(_text(block.get("label"), f"{place}/label", 2000, kinds=(_PLAIN,)))
    if block.get("hint") is not None:
        found += list(_text(block["hint"], f"{place}/hint", 2000, kinds=(_PLAIN,)))
    return found + _element(block.get("element"), f"{place}/element")


def _element(element: Json, place: str) -> list[str]:
    if not isinstance(element, Mapping):
        return [_error("must be an object", place)]
    rule = _ELEMENTS.get(str(element.get("type")))
    if rule is None:
        return [_error("unsupported element type", f"{place}/type")]
    return _identifier(element, "action_id", place) + rule(element, place)


def _button(element: Mapping[str, Json], place: str) -> list[str]:
    found = list(_text(element.get("text"), f"{place}/text", 75, kinds=(_PLAIN,)))
    found += _length(element.get("value"), f"{place}/value", 2000)
    found += _length(element.get("url"), f"{place}/url", 3000)
    found += _length(element.get("accessibility_label"), f"{place}/accessibility_label", 75)
    if element.get("style") not in {None, "primary", "danger"}:
        found.append(_error("must be a valid enum value", f"{place}/style"))
    return found


def _select(element: Mapping[str, Json], place: str) -> list[str]:
    groups, options = element.get("option_groups"), element.get("options")
    if (groups is None) == (options is None):
        return [_error("exactly one of options and option_groups is required", place)]
    if options is not None:
        return _options(options, f"{place}/options")
    if not isinstance(groups, list) or not 1 <= len(groups) <= 100:  # noqa: PLR2004 - Slack's limit
        return [_error("must contain 1 to 100 groups", f"{place}/option_groups")]
    found = []
    for number, group in enumerate(groups):
        at = f"{place}/option_groups/{number}"
        found += list(_text(group.get("label"), f"{at}/label", 75, kinds=(_PLAIN,)))
        found += _options(group.get("options"), f"{at}/options")
    return found


def _checkboxes(element: Mapping[str, Json], place: str) -> list[str]:
    return _options(element.get("options"), f"{place}/options", most=10)


def _options(options: Json, place: str, *, most: int = 100) -> list[str]:
    if not isinstance(options, list) or not 1 <= len(options) <= most:
        return [_error(f"must contain 1 to {most} options", place)]
    found = []
    for number, option in enumerate(options):
        at = f"{place}/{number}"
        found += list(_text(option.get("text"), f"{at}/text", 75))
        found += _length(option.get("value"), f"{at}/value", 150)
        if not option.get("value"):
            found.append(_error("must be more than 0 characters", f"{at}/value"))
        if option.get("description") is not None:
            found += list(_text(option["description"], f"{at}/description", 75))
    return found


def _plain_text_input(element: Mapping[str, Json], place: str) -> list[str]:
    most = element.get("max_length")
    if most is not None and not 1 <= int(most) <= 3000:  # noqa: PLR2004 - Slack's limit
        return [_error("must be between 1 and 3000", f"{place}/max_length")]
    return []


def _rich_text(block: Mapping[str, Json], place: str) -> list[str]:
    elements, found = _elements(block, place, 100)
    for number, part in enumerate(elements):
        at = f"{place}/elements/{number}"
        if not isinstance(part, Mapping) or part.get("type") not in _RICH_PARTS:
            found.append(_error("unsupported rich text element", f"{at}/type"))
            continue
        for index, leaf in enumerate(part.get("elements") or []):
            if leaf.get("type") == "text" and not leaf.get("text"):
                found.append(
                    _error("must be more than 0 characters", f"{at}/elements/{index}/text")
                )
    return found


def _nothing(_block: Mapping[str, Json], _place: str) -> list[str]:
    return []


_Rule = Callable[[Mapping[str, Json], str], list[str]]
_BLOCKS: dict[str, _Rule] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "actions": _actions,
    "input": _input,
    "rich_text": _rich_text,
    "divider": _nothing,
}
_ELEMENTS: dict[str, _Rule] = {
    "button": _button,
    "static_select": _select,
    "checkboxes": _checkboxes,
    "plain_text_input": _plain_text_input,
}
