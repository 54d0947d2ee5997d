"""Slack as a notification target: the one place that posts and redraws cards."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.client import HTTPException
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.http_retry.builtin_handlers import ConnectionErrorRetryHandler

from connectors.contract import Health, Readiness, Secret
from monitor.alerting.contract import (
    AlertLater,
    AlertRefused,
    AlertTargetError,
    Attachment,
    CaseCard,
    Notice,
    Posted,
)
from monitor.alerting.slack_blocks import METADATA_TYPE, Drawn, draw_card, draw_notice
from monitor.alerting.slack_errors import EXPECTED, as_alert_error, error_name

__all__ = ["SDK_LOG", "SLACK_URL", "SlackTarget", "open_web_client"]

SLACK_URL = "https://slack.com/api/"
_TIMEOUT_S = 15
_POSTS = "chat:write"
_SKEW = timedelta(minutes=2)
_HISTORY_PAGE = 200
_HISTORY_PAGES = 10

SDK_LOG = logging.Logger("slack_sdk", logging.WARNING)  # noqa: LOG001 - out of reach by name
"""What the SDK logs through: never below WARNING, because at DEBUG it logs whole bodies."""
# A logger of its own, so that nobody can turn it down to DEBUG by name; telemetry still hears it.
SDK_LOG.parent = logging.root


def open_web_client(
    token: Secret, *, base_url: str = SLACK_URL, timeout_s: int = _TIMEOUT_S, retries: bool = False
) -> WebClient:
    """A Web API client that logs no bodies and takes no proxy by surprise.

    Args:
        token: A bot token.
        base_url: Slack's own address or that of a server standing in for it.
        timeout_s: Seconds before a call is given up.
        retries: Try once more when the connection breaks; only for what may happen twice.
    """
    client = WebClient(
        token=token.value,
        base_url=base_url,
        timeout=timeout_s,
        logger=SDK_LOG,
        retry_handlers=[ConnectionErrorRetryHandler()] if retries else [],
    )
    # The SDK's own reading of HTTP_PROXY ignores NO_PROXY; urllib's, which remains, heeds it.
    client.proxy = None
    return client


class SlackTarget:
    """Posts to Slack channels; an address is a channel identifier (``C0MODERATION``).

    A rate limit is an ``AlertLater`` with Slack's own time: the queue waits, no thread does.

    Args:
        token: The bot token; scopes ``chat:write``, and ``channels:history`` (``groups:history``)
            to recognise what was delivered without confirmation, ``channels:read`` to check,
            ``files:write`` for reports.
        clock: Now, aware UTC.
        base_url: Slack's own address or that of a server standing in for it.
        timeout_s: Seconds before a call is given up.
    """

    def __init__(
        self,
        token: Secret,
        *,
        clock: Callable[[], datetime],
        base_url: str = SLACK_URL,
        timeout_s: int = _TIMEOUT_S,
    ) -> None:
        self._clock = clock
        # A post is not repeated blindly when the line breaks: it may have arrived.
        self._posting = open_web_client(token, base_url=base_url, timeout_s=timeout_s)
        self._asking = open_web_client(token, base_url=base_url, timeout_s=timeout_s, retries=True)

    def post(self, address: str, notification: CaseCard | Notice) -> Posted:
        """Post a card or a notice, its attachments in the thread below.

        When the line breaks the channel is searched for the key before anything is posted again.
        """
        started = self._clock()
        drawn = (
            draw_card(notification)
            if isinstance(notification, CaseCard)
            else draw_notice(notification)
        )
        try:
            with self._translated(f"posting to {address}"):
                ts = self._post(address, drawn)
        except AlertLater as error:
            arrived = self._arrived(address, notification.key, started, error)
            if arrived is None:
                raise
            ts = _split(arrived)[1]
        if isinstance(notification, Notice) and notification.attachments:
            self._attach(address, ts, notification.attachments)
        return _posted(address, ts)

    def update(self, posted: Posted, card: CaseCard) -> None:
        """Draw a card again where it stands; ``AlertRefused`` when it is not there any more."""
        channel, ts = _split(posted)
        drawn = draw_card(card)
        with self._translated(f"redrawing a card in {channel}"):
            self._asking.chat_update(
                channel=channel,
                ts=ts,
                text=drawn.text,
                blocks=drawn.blocks,
                metadata=drawn.metadata,
                parse="none",
                link_names=False,
            )

    def find(self, address: str, key: str, *, since: datetime) -> Posted | None:
        """Look for a notification in the channel's history; None when it cannot be told.

        A channel whose history the app may not read gives None: a second card can be borne, a
        lost one cannot.
        """
        try:
            with self._translated(f"reading back {address}"):
                return self._search(address, key, since)
        except AlertRefused:
            return None

    def check(self, address: str) -> Health:
        """Say whether the token is good and the channel can be posted to."""
        try:
            with self._translated(f"checking {address}"):
                granted = _scopes(self._asking.auth_test().headers)
        except AlertLater as error:
            return Health(Readiness.NOT_READY, error.sentence, error.hint)
        except AlertTargetError as error:
            return Health(Readiness.CREDENTIALS_REJECTED, error.sentence, error.hint)
        if granted and _POSTS not in granted:
            sentence = "Slack knows the token, and does not let it post."
            return Health(Readiness.NOT_PERMITTED, sentence, f"Add the bot scope {_POSTS}.")
        try:
            with self._translated(f"checking {address}"):
                channel: dict[str, Any] = self._asking.conversations_info(channel=address).get(
                    "channel", {}
                )
        except AlertTargetError as error:
            cause = error.__cause__
            lacks = isinstance(cause, SlackApiError) and error_name(cause) == "missing_scope"
            readiness = Readiness.NOT_PERMITTED if lacks else Readiness.NOT_READY
            return Health(readiness, error.sentence, error.hint)
        return _health(address, channel)

    def _post(self, address: str, drawn: Drawn) -> str:
        answer = self._posting.chat_postMessage(
            channel=address,
            text=drawn.text,
            blocks=drawn.blocks,
            metadata=drawn.metadata,
            parse="none",
            link_names=False,
            unfurl_links=False,
            unfurl_media=False,
        )
        return str(answer["ts"])

    def _arrived(
        self, address: str, key: str, started: datetime, error: AlertLater
    ) -> Posted | None:
        # Only a broken line leaves a doubt; where Slack answered, it said that it did not post.
        if not isinstance(error.__cause__, OSError | HTTPException):
            return None
        try:
            return self.find(address, key, since=started - _SKEW)
        except AlertLater:
            return None

    def _attach(self, address: str, ts: str, attachments: tuple[Attachment, ...]) -> None:
        uploads = [
            {"filename": each.filename, "title": each.filename, "content": each.content}
            for each in attachments
            if each.content
        ]
        if not uploads:
            return
        try:
            with self._translated(f"uploading files to {address}"):
                self._asking.files_upload_v2(
                    file_uploads=uploads, channel=address, thread_ts=ts, request_file_info=False
                )
        except AlertTargetError as error:
            # Without its files the notice would look delivered; it is taken back and comes again.
            self._take_back(address, ts)
            if isinstance(error.__cause__, SlackRequestError):
                at = self._clock() + timedelta(minutes=1)
                raise AlertLater(error.sentence, at=at, hint=error.hint) from error
            raise

    def _take_back(self, address: str, ts: str) -> None:
        try:
            self._asking.chat_delete(channel=address, ts=ts)
        except EXPECTED:
            return

    def _search(self, address: str, key: str, since: datetime) -> Posted | None:
        cursor = ""
        for _ in range(_HISTORY_PAGES):
            page = self._asking.conversations_history(
                channel=address,
                oldest=f"{since.timestamp():.6f}",
                include_all_metadata=True,
                limit=_HISTORY_PAGE,
                cursor=cursor or None,
            )
            messages: list[dict[str, Any]] = page.get("messages", [])
            for seen in messages:
                if _key_of(seen) == key:
                    return _posted(address, str(seen["ts"]))
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return None
        return None

    @contextmanager
    def _translated(self, doing: str) -> Iterator[None]:
        try:
            yield
        except EXPECTED as error:
            raise as_alert_error(error, doing=doing, now=self._clock()) from error


def _scopes(headers: Mapping[str, str]) -> frozenset[str]:
    """What the token may do, as Slack says with every answer; empty where it does not say."""
    told = {name.lower(): value for name, value in headers.items()}.get("x-oauth-scopes", "")
    return frozenset(each.strip() for each in told.split(",") if each.strip())


def _posted(channel: str, ts: str) -> Posted:
    return Posted(f"{channel}/{ts}")


def _split(posted: Posted) -> tuple[str, str]:
    channel, _, ts = posted.reference.partition("/")
    return channel, ts


def _key_of(seen: dict[str, Any]) -> str | None:
    metadata = seen.get("metadata") or {}
    if metadata.get("event_type") != METADATA_TYPE:
        return None
    key = (metadata.get("event_payload") or {}).get("key")
    return key if isinstance(key, str) else None


def _health(address: str, channel: dict[str, Any]) -> Health:
    name = channel.get("name", address)
    if channel.get("is_archived"):
        return Health(
            Readiness.NOT_READY, f"#{name} is archived.", "Unarchive it, or change routes.toml."
        )
    if not channel.get("is_member"):
        return Health(
            Readiness.NOT_READY,
            f"The app is not in #{name}.",
            f"Type /invite @Wardmote in #{name}.",
        )
    return Health(Readiness.READY, f"#{name} can be posted to.")
