"""The Slack desk: buttons and forms over Socket Mode, without an address that Slack could reach.

Slack gives three seconds: a press is acknowledged before anything else, a form's page is opened
before the database is asked, and a submission that takes longer is answered with a page that says
so. What is decided is the workflow's; this module only carries.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from dataclasses import dataclass
from typing import Any

from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from connectors.contract import Secret
from monitor.alerting.contract import Offer
from monitor.alerting.slack import SLACK_URL, open_web_client
from monitor.alerting.slack_errors import EXPECTED, error_name
from monitor.alerting.slack_modals import error_modal, said_modal, waiting_modal
from monitor.alerting.slack_text import escape, plain
from monitor.desk.floor import Floor
from monitor.desk.presses import (
    Answer,
    Corrections,
    Done,
    Press,
    Presses,
    Shown,
    Told,
    wants_a_view,
)
from monitor.desk.slack_line import SlackLine
from monitor.desk.slack_payloads import acknowledgement, page_for, read_press, read_submission
from monitor.telemetry import Log

__all__ = ["DeskPace", "SlackDesk"]

_REMEMBERED = 2000
_TROUBLE = (
    "Wardmote could not do that just now, so nothing was decided. "
    "Try again in a minute, or use the console."
)
_TOO_LATE = "That took too long to reach Wardmote, so nothing was done. Please press again."
_SAVING = "This takes a moment. The result will be shown here."
_SAVED = "It is done, and the card will show it."


@dataclass(frozen=True, slots=True)
class DeskPace:
    """How patient the desk is, in seconds.

    Attributes:
        answer_within_s: How long a submission may take before it is acknowledged with a page.
        unconnected_s: How long the line may be down before it is built anew.
        look_every_s: How often the line is looked at.
        ping_every_s: How often Slack is asked for a sign of life.
    """

    answer_within_s: float = 2.0
    unconnected_s: float = 60.0
    look_every_s: float = 5.0
    ping_every_s: float = 5.0


class SlackDesk:
    """Listens while it is started; ``stop`` ends every thread and closes every socket.

    Args:
        floor: What presses are done to.
        app_token: ``xapp-…`` with ``connections:write``.
        bot_token: ``xoxb-…`` with ``chat:write``.
        log: Where presses are noted: case, button and who, never words or names.
        base_url: Slack's own address or that of a server standing in for it.
        pace: How patient it is.
    """

    def __init__(
        self,
        floor: Floor,
        *,
        app_token: Secret,
        bot_token: Secret,
        log: Log,
        base_url: str = SLACK_URL,
        pace: DeskPace | None = None,
    ) -> None:
        self._presses = Presses(floor)
        self._log = log
        self._pace = pace or DeskPace()
        self._web = open_web_client(bot_token, base_url=base_url, timeout_s=10)
        self._line = SlackLine(
            app_token,
            bot_token,
            heard=self._heard,
            log=log,
            base_url=base_url,
            unconnected_s=self._pace.unconnected_s,
            look_every_s=self._pace.look_every_s,
            ping_every_s=self._pace.ping_every_s,
        )
        self._lock = threading.Lock()
        self._pressed: OrderedDict[str, None] = OrderedDict()
        self._submitted: OrderedDict[str, Future[Answer]] = OrderedDict()
        self._workers: ThreadPoolExecutor | None = None

    @property
    def is_connected(self) -> bool:
        """Whether Slack can reach this desk now."""
        return self._line.is_connected

    def start(self) -> None:
        """Begin to connect and return at once; the desk keeps trying while Slack is away."""
        self._workers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="slack-desk")
        self._line.start()

    def stop(self) -> None:
        """Hang up, finish what is in hand, and end every thread. Twice is fine."""
        self._line.stop()
        if self._workers is not None:
            self._workers.shutdown()
            self._workers = None

    def _heard(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        payload = request.payload
        kind = payload.get("type") if request.type == "interactive" else ""
        if kind == "view_submission":
            self._on_submission(client, request)
            return
        _acknowledge(client, request)
        press = read_press(payload) if kind == "block_actions" else None
        if press is not None and self._is_new(press.id):
            self._on_press(press, payload)

    def _is_new(self, press_id: str) -> bool:
        with self._lock:
            if press_id in self._pressed:
                return False
            self._pressed[press_id] = None
            while len(self._pressed) > _REMEMBERED:
                self._pressed.popitem(last=False)
            return True

    def _on_press(self, press: Press, payload: Mapping[str, Any]) -> None:
        channel = str((payload.get("channel") or {}).get("id", ""))
        opened = ""
        if wants_a_view(press.offer):
            # Before the database is asked: Slack lets a page open for three seconds only.
            opened = self._open(str(payload.get("trigger_id", "")))
            if not opened:
                self._whisper(channel, press.user, _TOO_LATE)
                return
        answer = self._guarded(lambda: self._presses.answer(press))
        self._note(answer, user=press.user, kind=press.offer, case_id=press.case_id)
        if isinstance(answer, Told | Shown) and opened and self._show(opened, page_for(answer)):
            return
        if isinstance(answer, Told):
            self._whisper(channel, press.user, answer.sentence)

    def _on_submission(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        view_id = str((request.payload.get("view") or {}).get("id", ""))
        work = self._work_for(request)
        if work is None:
            _acknowledge(client, request)
            return
        try:
            answer = work.result(timeout=self._pace.answer_within_s)
        except TooSlow:
            waiting = {"response_action": "update", "view": waiting_modal(_SAVING)}
            _acknowledge(client, request, waiting)
            work.add_done_callback(lambda done: self._show_late(view_id, done.result()))
            return
        _acknowledge(client, request, acknowledgement(answer))

    def _work_for(self, request: SocketModeRequest) -> Future[Answer] | None:
        """One piece of work for each envelope, however often it is delivered."""
        submission = read_submission(request.payload)
        if submission is None or self._workers is None:
            return None
        with self._lock:
            known = self._submitted.get(request.envelope_id)
            if known is not None:
                return known
            work = self._workers.submit(
                lambda: self._guarded(lambda: self._presses.submit(submission))
            )
            self._submitted[request.envelope_id] = work
            while len(self._submitted) > _REMEMBERED:
                self._submitted.popitem(last=False)
        memory = submission.memory
        work.add_done_callback(
            lambda done: self._note(
                done.result(), user=submission.user, kind=memory.offer, case_id=memory.case_id
            )
        )
        return work

    def _guarded(self, act: Callable[[], Answer]) -> Answer:
        try:
            return act()
        except Exception as error:  # noqa: BLE001 - whatever broke, the person must be told
            self._log.error("desk.refused", error=type(error).__name__)
            return Told(_TROUBLE)

    def _note(self, answer: Answer, *, user: str, kind: Offer, case_id: int) -> None:
        if answer.by is None:
            if answer.stranger:
                self._log.warning("desk.stranger", by=user, kind=kind.value, case=case_id)
            return
        name = "desk.refused" if isinstance(answer, Told | Corrections) else "desk.press"
        self._log.info(name, by=answer.by.id, kind=kind.value, case=case_id)

    def _open(self, trigger_id: str) -> str:
        try:
            opened = self._web.views_open(trigger_id=trigger_id, view=waiting_modal())
        except EXPECTED as error:
            self._log.warning("desk.refused", cause=_cause(error))
            return ""
        return str(opened["view"]["id"])

    def _show(self, view_id: str, view: Mapping[str, Any]) -> bool:
        try:
            self._web.views_update(view_id=view_id, view=dict(view))
        except EXPECTED as error:
            # Most often the person has closed the page meanwhile.
            self._log.info("desk.refused", cause=_cause(error))
            return False
        return True

    def _show_late(self, view_id: str, answer: Answer) -> None:
        match answer:
            case Told() | Shown():
                self._show(view_id, page_for(answer))
            case Corrections():
                self._show(view_id, error_modal(" ".join(answer.by_field.values())))
            case Done():
                self._show(view_id, said_modal(_SAVED))

    def _whisper(self, channel: str, user: str, sentence: str) -> None:
        try:
            self._web.chat_postEphemeral(
                channel=channel,
                user=user,
                text=escape(sentence),
                blocks=[{"type": "section", "text": plain(sentence, 2900)}],
                parse="none",
                link_names=False,
            )
        except EXPECTED as error:
            self._log.warning("desk.refused", cause=_cause(error))


def _acknowledge(
    client: BaseSocketModeClient,
    request: SocketModeRequest,
    payload: dict[str, Any] | None = None,
) -> None:
    try:
        client.send_socket_mode_response(
            SocketModeResponse(envelope_id=request.envelope_id, payload=payload)
        )
    except (SlackClientError, OSError):
        # The line broke at that moment: Slack delivers again, and the press is known by then.
        return


def _cause(error: Exception) -> str:
    name = error_name(error) if isinstance(error, SlackApiError) else ""
    return name or type(error).__name__
