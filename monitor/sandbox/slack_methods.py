"""The Web API of the pretend Slack: one function for each method, with its scope and its errors."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from monitor.sandbox.slack_hands import SlackWorkspace, TriggerRefused
from monitor.sandbox.slack_limits import (
    complaints_about_blocks,
    complaints_about_metadata,
    complaints_about_view,
)
from monitor.sandbox.slack_state import (
    NoSuchThing,
    Postcard,
    Screen,
    SlackChannel,
    SlackFile,
    SlackUser,
)

__all__ = ["METHODS", "Arguments", "Method", "SlackRefuses", "read_structured"]

_TEXT_LIMIT = 40_000
_BLOCKS_TEXT_LIMIT = 13_000
_PAGE = 100
_STACK = 3


class SlackRefuses(Exception):  # noqa: N818 - it says what the platform does
    """The platform's ``ok: false``; ``extra`` stands beside the error in the answer."""

    def __init__(self, error: str, **extra: Any) -> None:
        super().__init__(error)
        self.error = error
        self.extra = extra


Arguments = Mapping[str, Any]
"""What a call was made with: JSON values, or strings where it came as a form."""


@dataclass(frozen=True, slots=True)
class Method:
    """One method: what it does, which token may call it, and with which scope ("" for none)."""

    call: Callable[[SlackWorkspace, Arguments], dict[str, Any]]
    scope: str = ""
    caller: str = "bot"


def read_structured(arguments: Arguments, name: str) -> Any:
    """A list or object, whether it came as JSON or as a form's JSON string; None when absent."""
    value = arguments.get(name)
    if not isinstance(value, str):
        return value
    if not value:
        return None
    try:
        return json.loads(value)
    except ValueError:
        raise SlackRefuses("invalid_arguments", **_said([f"[ERROR] {name} is no JSON"])) from None


def _auth_test(workspace: SlackWorkspace, _arguments: Arguments) -> dict[str, Any]:
    return {
        "url": "https://wexcombe.slack.invalid/",
        "team": workspace.team_name,
        "user": "wardmote",
        "team_id": workspace.team_id,
        "user_id": workspace.bot_user,
        "bot_id": workspace.bot_id,
        "is_enterprise_install": False,
    }


def _connections_open(workspace: SlackWorkspace, _arguments: Arguments) -> dict[str, Any]:
    return {"url": workspace.link.new_url()}


def _post_message(workspace: SlackWorkspace, arguments: Arguments) -> dict[str, Any]:
    channel = _writable(workspace, arguments)
    posted = workspace.post(_postcard(workspace, arguments, channel.id))
    return {"channel": channel.id, "ts": posted.ts, "message": _as_seen(posted, workspace)}


def _update(workspace: SlackWorkspace, arguments: Arguments) -> dict[str, Any]:
    channel = _writable(workspace, arguments)
    try:
        known = workspace.message(channel.id, str(arguments.get("ts", "")))
    except NoSuchThing:
        raise SlackRefuses("message_not_found") from None
    if known.user != workspace.bot_user:
        raise SlackRefuses("cant_update_message")
    wanted = _postcard(workspace, arguments, channel.id)
    edited = workspace.change(
        replace(wanted, ts=known.ts, metadata=wanted.metadata or known.metadata, files=known.files)
    )
    return {
        "channel": channel.id,
        "ts": edited.ts,
        "text": edited.text,
        "message": _as_seen(edited, workspace),
    }


def _delete(workspace: SlackWorkspace, arguments: Arguments) -> dict[str, Any]:
    channel = _channel(workspace, arguments)
    try:
        workspace.delete(channel.id, str(arguments.get("ts", "")))
    except NoSuchThing:
        raise SlackRefuses("message_not_found") from None
    return {"channel": channel.id, "ts": arguments["ts"]}


def _post_ephemeral(workspace: SlackWorkspace, arguments: Arguments) -> dict[str, Any]:
    channel = _writable(workspace, arguments)
    user = _user(workspace, arguments, error="user_not_in_channel")
    whispered = workspace.post(
        replace(_postcard(workspace, arguments, channel.id), only_for=user.id)
    )
    return {"message_ts": whispered.ts}


def _permalink(workspace: SlackWorkspace, arguments: Arguments) -> dict[str, Any]:
    channel = _channel(workspace, arguments)
    ts = str(arguments.get("message_ts", ""))
    try:
        workspace.message(channel.id, ts)
    except NoSuchThing:
        raise SlackRefuses("message_not_found") from None
    digits = ts.replace(".", "")
    address = f"https://wexcombe.slack.invalid/archives/{channel.id}/p{digits}"
    return {"channel": channel.id, "permalink": address}


def _views_open(workspace: SlackWorkspace, arguments: Arguments) -> dict[str, Any]:
    view = _view(arguments)
    return _view_answer(workspace, workspace.show(_spend(workspace, arguments), view))


def _views_push(workspace: SlackWorkspace, arguments: Arguments) -> dict[str, Any]:
    view = _view(arguments)
    user = _spend(workspace, arguments)
    stack = workspace.open_views(user)
    if len(stack) >= _STACK:
        raise SlackRefuses("push_limit_reached")
    return _view_answer(workspace, workspace.show(user, view, on=stack[-1].id if stack else ""))


def _views_update(workspace: SlackWorkspace, arguments: Arguments) -> dict[str, Any]:
    view = _view(arguments)
    wanted = str(arguments.get("view_id") or arguments.get("external_id") or "")
    with workspace.changed:
        try:
            screen = workspace.view(wanted)
        except NoSuchThing:
            raise SlackRefuses("not_found") from None
        if arguments.get("hash") and arguments["hash"] != screen.hash:
            raise SlackRefuses("hash_conflict")
        drawn = workspace.redraw(replace(screen, view=view, errors={}, trouble=""))
    return _view_answer(workspace, drawn)


def _views_publish(workspace: SlackWorkspace, arguments: Arguments) -> dict[str, Any]:
    view = _view(arguments)
    user = _user(workspace, {"user": arguments.get("user_id", "")})
    if view.get("type") != "home":
        raise SlackRefuses("invalid_arguments", **_said(["[ERROR] must be a home view"]))
    home = Screen("V0HOME", user.id, view, hash=workspace.next_id("h"), root_id="V0HOME")
    return _view_answer(workspace, home)


def _users_info(workspace: SlackWorkspace, arguments: Arguments) -> dict[str, Any]:
    user = _user(workspace, arguments)
    return {
        "user": {
            "id": user.id,
            "team_id": workspace.team_id,
            "name": user.name,
            "real_name": user.real_name,
            "deleted": False,
            "is_bot": user.is_bot,
            "profile": {"real_name": user.real_name, "display_name": user.name},
        }
    }


def _group_users(workspace: SlackWorkspace, arguments: Arguments) -> dict[str, Any]:
    try:
        members = workspace.group(str(arguments.get("usergroup", "")))
    except NoSuchThing:
        raise SlackRefuses("no_such_subteam") from None
    return {"users": list(members)}


def _conversations_info(workspace: SlackWorkspace, arguments: Arguments) -> dict[str, Any]:
    return {"channel": _described(_channel(workspace, arguments))}


def _conversations_list(workspace: SlackWorkspace, _arguments: Arguments) -> dict[str, Any]:
    return {
        "channels": [_described(channel) for channel in workspace.channels()],
        "response_metadata": {"next_cursor": ""},
    }


def _history(workspace: SlackWorkspace, arguments: Arguments) -> dict[str, Any]:
    channel = _channel(workspace, arguments)
    if not channel.is_member:
        raise SlackRefuses("not_in_channel")
    oldest, cursor = str(arguments.get("oldest") or "0"), str(arguments.get("cursor") or "")
    limit = max(1, min(int(arguments.get("limit") or _PAGE), 999))
    shown = [
        post
        for post in reversed(workspace.messages(channel.id))
        if float(post.ts) >= float(oldest) and (not cursor or float(post.ts) < float(cursor))
    ]
    page, more = shown[:limit], len(shown) > limit
    with_metadata = str(arguments.get("include_all_metadata", "")).lower() in {"1", "true"}
    return {
        "messages": [_as_seen(post, workspace, with_metadata=with_metadata) for post in page],
        "has_more": more,
        "response_metadata": {"next_cursor": page[-1].ts if more else ""},
    }


def _upload_url(workspace: SlackWorkspace, arguments: Arguments) -> dict[str, Any]:
    filename = str(arguments.get("filename") or "")
    length = int(arguments.get("length") or 0)
    if not filename or length < 1:
        raise SlackRefuses("invalid_arguments", **_said(["[ERROR] filename and length needed"]))
    kept = SlackFile(workspace.next_id("F"), filename, length=length)
    workspace.keep_file(kept)
    return {"file_id": kept.id, "upload_url": f"{{base}}/upload/{kept.id}"}


def _complete_upload(workspace: SlackWorkspace, arguments: Arguments) -> dict[str, Any]:
    channel = _writable(workspace, {"channel": arguments.get("channel_id") or ""})
    try:
        uploads = [
            (each, workspace.file(each["id"])) for each in read_structured(arguments, "files") or []
        ]
    except NoSuchThing:
        raise SlackRefuses("file_not_found") from None
    for asked, kept in uploads:
        if len(kept.content) != kept.length:
            raise SlackRefuses("file_not_found")
        title = str(asked.get("title") or kept.filename)
        workspace.keep_file(replace(kept, title=title, channel=channel.id))
    workspace.post(
        Postcard(
            channel=channel.id,
            ts="",
            user=workspace.bot_user,
            text=str(arguments.get("initial_comment") or ""),
            thread_ts=str(arguments.get("thread_ts") or ""),
            files=tuple(kept.id for _, kept in uploads),
        )
    )
    return {"files": [{"id": kept.id, "title": asked.get("title")} for asked, kept in uploads]}


METHODS: Mapping[str, Method] = {
    "auth.test": Method(_auth_test),
    "apps.connections.open": Method(_connections_open, "connections:write", "app"),
    "chat.postMessage": Method(_post_message, "chat:write"),
    "chat.update": Method(_update, "chat:write"),
    "chat.delete": Method(_delete, "chat:write"),
    "chat.postEphemeral": Method(_post_ephemeral, "chat:write"),
    "chat.getPermalink": Method(_permalink),
    "views.open": Method(_views_open),
    "views.push": Method(_views_push),
    "views.update": Method(_views_update),
    "views.publish": Method(_views_publish),
    "users.info": Method(_users_info, "users:read"),
    "usergroups.users.list": Method(_group_users, "usergroups:read"),
    "conversations.info": Method(_conversations_info, "channels:read"),
    "conversations.list": Method(_conversations_list, "channels:read"),
    "conversations.history": Method(_history, "channels:history"),
    "files.getUploadURLExternal": Method(_upload_url, "files:write"),
    "files.completeUploadExternal": Method(_complete_upload, "files:write"),
}


def _said(messages: list[str]) -> dict[str, Any]:
    return {"response_metadata": {"messages": messages}}


def _channel(workspace: SlackWorkspace, arguments: Arguments) -> SlackChannel:
    try:
        return workspace.channel(str(arguments.get("channel", "")))
    except NoSuchThing:
        raise SlackRefuses("channel_not_found") from None


def _writable(workspace: SlackWorkspace, arguments: Arguments) -> SlackChannel:
    channel = _channel(workspace, arguments)
    if channel.is_archived:
        raise SlackRefuses("is_archived")
    if not channel.is_member:
        raise SlackRefuses("not_in_channel")
    return channel


def _user(
    workspace: SlackWorkspace, arguments: Arguments, *, error: str = "user_not_found"
) -> SlackUser:
    try:
        return workspace.user(str(arguments.get("user", "")))
    except NoSuchThing:
        raise SlackRefuses(error) from None


def _spend(workspace: SlackWorkspace, arguments: Arguments) -> str:
    try:
        return workspace.spend_trigger(str(arguments.get("trigger_id", "")))
    except TriggerRefused as refused:
        raise SlackRefuses(str(refused)) from None


def _postcard(workspace: SlackWorkspace, arguments: Arguments, channel_id: str) -> Postcard:
    text = str(arguments.get("text") or "")
    blocks = read_structured(arguments, "blocks") or []
    metadata = read_structured(arguments, "metadata")
    if not text and not blocks:
        raise SlackRefuses("no_text")
    if len(text) > _TEXT_LIMIT:
        raise SlackRefuses("msg_too_long")
    complaints = complaints_about_blocks(blocks)
    if complaints:
        raise SlackRefuses("invalid_blocks", **_said(complaints))
    if len(json.dumps(blocks, ensure_ascii=False)) > _BLOCKS_TEXT_LIMIT:
        raise SlackRefuses("msg_blocks_too_long")
    if complaints_about_metadata(metadata):
        raise SlackRefuses("invalid_metadata_format", **_said(complaints_about_metadata(metadata)))
    quiet = arguments.get("unfurl_links") in {False, "0", "false", "False"}
    return Postcard(
        channel=channel_id,
        ts="",
        user=workspace.bot_user,
        text=text,
        blocks=tuple(blocks),
        metadata=metadata,
        thread_ts=str(arguments.get("thread_ts") or ""),
        unfurls=not quiet,
    )


def _view(arguments: Arguments) -> dict[str, Any]:
    view = read_structured(arguments, "view")
    complaints = complaints_about_view(view)
    if complaints:
        raise SlackRefuses("invalid_arguments", **_said(complaints))
    return dict(view)


def _view_answer(workspace: SlackWorkspace, screen: Screen) -> dict[str, Any]:
    return {"view": workspace.shown(screen)}


def _as_seen(
    post: Postcard, workspace: SlackWorkspace, *, with_metadata: bool = True
) -> dict[str, Any]:
    seen: dict[str, Any] = {
        "type": "message",
        "user": post.user,
        "bot_id": workspace.bot_id,
        "app_id": workspace.app_id,
        "team": workspace.team_id,
        "text": post.text,
        "ts": post.ts,
        "blocks": list(post.blocks),
    }
    if post.edited_ts:
        seen["edited"] = {"user": post.user, "ts": post.edited_ts}
    if post.metadata and with_metadata:
        seen["metadata"] = dict(post.metadata)
    return seen


def _described(channel: SlackChannel) -> dict[str, Any]:
    return {
        "id": channel.id,
        "name": channel.name,
        "is_channel": True,
        "is_member": channel.is_member,
        "is_archived": channel.is_archived,
    }
