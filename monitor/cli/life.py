"""One comment's life told step by step: from a resident's keyboard to hidden, and confirmed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from connectors.contract import ChannelId, NativeId
from monitor.cli.pretend import Pretend
from monitor.domain.case import CaseId, CaseState, EnforcementState
from monitor.sandbox.slack_state import Postcard
from monitor.sandbox.town import WEXCOMBE_PAGE
from monitor.store import views
from monitor.store.views import CasePage

__all__ = ["LifeStory"]

_COMMENT = (
    "Third week the bins are missed on Mill Lane. Your so-called supervisor is a fat useless "
    "moron and everyone at that depot is scum."
)
_NOTE = "Insults people by name of job; the bins can be told."
_MODERATOR = "U0AMINA"
_CHANNEL = "C0MODERATION"
_WATCHED = ChannelId("facebook-parks")


class LifeStory:
    """Writes one abusive comment and follows it; each step is printed once it has happened.

    Args:
        pretend: A started pretend town.
        say: Prints a line.
        patience_s: How long each step may take before the story is given up.
    """

    def __init__(
        self, pretend: Pretend, say: Callable[[str], None], *, patience_s: float = 60.0
    ) -> None:
        self._patience_s = patience_s
        self._pretend = pretend
        self._say = say
        self._began = datetime.min.replace(tzinfo=UTC)
        self._written = ""

    def tell(self) -> bool:
        """Tell the story; True only if the platform says that the comment is hidden."""
        if not self._pretend.slack.link.wait_for_connections(timeout_s=self._patience_s):
            return self._fail("the desk did not connect to the pretend Slack")
        self._say("One comment's life, from the council's page to hidden")
        self._say("")
        self._say(f"{'clock (UTC)':<13} {'after':>8}  step")
        self._write()
        if not self._wait(lambda: self._card() is not None):
            return self._fail("no alert arrived in Slack")
        page, card = self._page(), self._card()
        if page is None or card is None:
            return self._fail("the case is not in the database")
        self._tell_machine_steps(page)
        self._step("alerted", f"a card for {page.case.reference} stands in #moderation")
        return self._decide(page, card)

    def _write(self) -> None:
        town = self._pretend.town
        post = town.posts(WEXCOMBE_PAGE)[-1]
        self._began = datetime.now(UTC)
        author = town.move_in("Robin Sandboxer")
        self._written = town.write(post.id, _COMMENT, at=self._began, author=author).id
        self._step("written", "a resident writes it under the council's newest post")

    def _decide(self, page: CasePage, card: Postcard) -> bool:
        workspace = self._pretend.slack.workspace
        workspace.press(_MODERATOR, _CHANNEL, card.ts, "claim")
        if not self._wait(lambda: self._state() is CaseState.CLAIMED and self._offers("hide")):
            return self._fail("Claim had no effect")
        self._step("claimed", "Amina presses Claim; the card now offers Hide, Keep, Escalate")

        workspace.press(_MODERATOR, _CHANNEL, card.ts, "hide")
        if not self._wait(self._form_is_open):
            return self._fail("the form for the decision did not open")
        self._step("asked why", "a form asks for the clause and why hiding is proportionate")
        form = workspace.open_views(_MODERATOR)[-1]
        workspace.submit_view(_MODERATOR, form.id, {"clause": "abuse", "note": _NOTE})
        if not self._wait(lambda: self._state() in {CaseState.DECIDED, CaseState.CLOSED}):
            return self._fail("the decision was not recorded")
        self._step("decided", "the decision cites RS-06; its evidence is sealed")

        if not self._wait(lambda: self._state() is CaseState.CLOSED):
            return self._fail("the platform did not confirm")
        return self._conclude(page)

    def _conclude(self, page: CasePage) -> bool:
        after = self._page()
        enforcement = after.enforcements[-1] if after and after.enforcements else None
        confirmed = enforcement is not None and enforcement.state is EnforcementState.DONE
        on_the_page = self._pretend.town.comment(self._written)
        hidden = on_the_page is not None and on_the_page.hidden
        if not confirmed or not hidden:
            return self._fail("the platform does not say that it is hidden")
        self._step("hidden", "the platform was asked again and says: hidden")
        if not self._wait(lambda: "hidden since" in self._card_text()):
            return self._fail("the card in Slack was not redrawn")
        self._step("shown", f"the card of {page.case.reference} says who, why and since when")
        self._say("")
        self._say("The platform says hidden. The record is sealed, and the audit chain holds it.")
        return True

    def _tell_machine_steps(self, page: CasePage) -> None:
        breach = page.assessment.clauses[0]
        read = f"{page.assessment.lane}, {breach.severity}, clause {breach.clause}"
        self._line(page.comment.seen_at, "seen", "the next pull finds it and stores it")
        self._line(
            page.case.opened_at,
            "assessed",
            f"{read}, target {breach.target}: {page.case.reference} is opened",
        )

    def _step(self, word: str, what: str) -> None:
        self._line(datetime.now(UTC), word, what)

    def _line(self, moment: datetime, word: str, what: str) -> None:
        after = (moment - self._began).total_seconds()
        clock = f"{moment:%H:%M:%S.%f}"[:12]
        self._say(f"{clock}  {after:7.2f} s  {word:<10} {what}")

    def _fail(self, why: str) -> bool:
        self._say(f"It did not get there: {why}.")
        return False

    def _wait(self, holds: Callable[[], bool]) -> bool:
        return self._pretend.slack.workspace.wait_until(holds, timeout_s=self._patience_s)

    def _case_id(self) -> CaseId | None:
        with self._pretend.services.database.reading() as reading:
            return views.case_of_comment(reading, _WATCHED, NativeId(self._written))

    def _page(self) -> CasePage | None:
        case_id = self._case_id()
        if case_id is None:
            return None
        with self._pretend.services.database.reading() as reading:
            return views.case_page(reading, case_id)

    def _state(self) -> CaseState | None:
        page = self._page()
        return page.case.state if page is not None else None

    def _card(self) -> Postcard | None:
        case_id = self._case_id()
        if case_id is None:
            return None
        key = f"alert:case:{case_id}:moderation"
        return next(
            (
                each
                for each in self._pretend.slack.workspace.messages(_CHANNEL)
                if each.metadata and each.metadata["event_payload"]["key"] == key
            ),
            None,
        )

    def _card_text(self) -> str:
        card = self._card()
        return str(card.blocks) if card is not None else ""

    def _offers(self, action: str) -> bool:
        card = self._card()
        return card is not None and f"'action_id': '{action}'" in str(card.blocks)

    def _form_is_open(self) -> bool:
        forms = self._pretend.slack.workspace.open_views(_MODERATOR)
        return bool(forms) and any(
            block.get("block_id") == "clause" for block in forms[-1].view["blocks"]
        )
