"""Ask again, later: is what the platform confirmed still so?

One write for each look: the next look · or the drift, the case opened again, and audit.
"""

from __future__ import annotations

from dataclasses import replace

from connectors.errors import CommentGone, ConnectorError
from monitor.domain import case as cases_of
from monitor.domain.case import Act, CaseState, Enforcement, EnforcementState
from monitor.services import Services
from monitor.store import audit, cases, comments
from monitor.store.engine import DatabaseUnusable
from monitor.workflow import cards
from monitor.workflow.enforce import ref_of

__all__ = ["recheck_due"]


def recheck_due(services: Services) -> int:
    """Look again at what is due; returns how many comments were looked at.

    A look that fails is made again later: a platform that cannot be reached has not drifted.
    """
    now = services.now()
    with services.database.transaction("recheck lease") as tx:
        due = cases.lease_rechecks(
            tx, now=now, lease_for=services.pace.lease, limit=services.pace.batch
        )
    looked = 0
    for enforcement in due:
        try:
            stands = _look(services, enforcement)
        except CommentGone:
            _gone(services, enforcement)
            looked += 1
            continue
        except ConnectorError:
            continue  # the lease has pushed the next look ahead
        except DatabaseUnusable:
            raise
        except Exception as error:  # noqa: BLE001 - one fault must not keep the rest unlooked at
            services.log.error("job.failed", job="recheck", error=type(error).__name__)  # noqa: TRY400 - an error's words may quote a row
            continue
        looked += 1
        if stands is None:
            _untold(services, enforcement)
        elif stands is (enforcement.act is Act.HIDE):
            _still_so(services, enforcement)
        else:
            _drifted(services, enforcement)
    return looked


def _look(services: Services, enforcement: Enforcement) -> bool | None:
    """Whether the comment is hidden now; None where nobody says, which proves nothing."""
    with services.database.reading() as reading:
        case = cases.load(reading, enforcement.case_id)
        comment = comments.load(reading, case.comment_id)
    if case.channel_id not in services.channels:
        return None
    return services.connector(case.channel_id).fetch(ref_of(services, comment)).hidden


def _still_so(services: Services, enforcement: Enforcement) -> None:
    looks = enforcement.rechecks + 1
    now = services.now()
    ahead = services.pace.rechecks[looks:]
    following = now + ahead[0] if ahead else None
    with services.database.transaction("recheck") as tx:
        cases.save_enforcement(tx, replace(enforcement, rechecks=looks, recheck_at=following))


def _untold(services: Services, enforcement: Enforcement) -> None:
    """Nobody says how it stands, so nothing is noted as seen; ask again at the longest interval."""
    following = services.now() + services.pace.rechecks[-1]
    with services.database.transaction("recheck") as tx:
        cases.save_enforcement(tx, replace(enforcement, recheck_at=following))


def _gone(services: Services, enforcement: Enforcement) -> None:
    now = services.now()
    with services.database.transaction("recheck") as tx:
        case = cases.load(tx, enforcement.case_id)
        comments.mark_gone(tx, case.comment_id, now=now)
        cases.save_enforcement(
            tx, replace(enforcement, rechecks=enforcement.rechecks + 1, recheck_at=None)
        )


def _drifted(services: Services, enforcement: Enforcement) -> None:
    """Somebody or something at the platform undid it: back to the queue."""
    now = services.now()
    word = "public again" if enforcement.act is Act.HIDE else "hidden again"
    with services.database.transaction("recheck") as tx:
        case = cases.load(tx, enforcement.case_id)
        comments.mark_hidden(tx, case.comment_id, hidden=enforcement.act is not Act.HIDE, now=now)
        cases.save_enforcement(
            tx,
            replace(
                enforcement,
                state=EnforcementState.DRIFTED,
                detail=f"a later look found it {word}",
                rechecks=enforcement.rechecks + 1,
                recheck_at=None,
            ),
        )
        hidden = enforcement.act is not Act.HIDE
        if case.state is CaseState.CLOSED:
            moved = cases_of.reopen(case, hidden=hidden)
            cases.save(tx, moved, from_version=case.version)
            cards.order_redraw(tx, services, moved)
            cards.order_return_notice(tx, services, moved, why=f"the platform shows it {word}")
        elif case.state is not CaseState.DECIDED and case.hidden is not hidden:
            moved = cases_of.found(case, hidden=hidden)
            cases.save(tx, moved, from_version=case.version)
            cards.order_redraw(tx, services, moved)
        audit.append(
            tx,
            "enforcement.drifted",
            actor="system",
            subject=f"case:{case.id}",
            at=now,
            details={"act": enforcement.act},
        )
    services.log.warning("enforcement.drifted", case=enforcement.case_id, act=enforcement.act)
    services.dispatcher.nudge("deliver")
