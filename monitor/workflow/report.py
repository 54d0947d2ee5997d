"""Account for a closed week: figures become a report, and the report goes to its readers.

T6: week row · report order in the outbox · audit. Unique by service and week, so that a repeat
changes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.domain.figures import WeeklyFigures, reckon, week_of
from monitor.reports import weekly
from monitor.services import Services
from monitor.store import audit, views, weeks
from monitor.workflow import notices

__all__ = ["make_report", "report_due", "weekly_figures"]

_READY_AT = timedelta(hours=7)
"""Monday 07:00 local: after the night's look-back has found late comments, before people come."""


def report_due(services: Services) -> int:
    """Make last week's report once Monday morning has come; returns 1 if one was made.

    Looks at what is missing rather than at the clock alone, so that a daemon that was off on
    Monday makes it when it returns.
    """
    zone = ZoneInfo(services.routes.timezone)
    now = services.now()
    _, this_monday, _ = week_of(now, zone)
    if now < this_monday + _READY_AT:
        return 0
    label, _, _ = week_of(this_monday - timedelta(days=1), zone)
    with services.database.reading() as reading:
        if weeks.load_week(reading, "", label) is not None:
            return 0
        if not views.was_watched_before(reading, this_monday):
            return 0  # nothing was watched that week, so there is nothing to account for
    make_report(services, this_monday - timedelta(days=1))
    return 1


def make_report(services: Services, moment: datetime, *, service: str = "") -> str:
    """Make, store and send the report of the week that holds ``moment``; returns its label."""
    label, figures = weekly_figures(services, moment, service=service)
    html = weekly.render_html(figures, council=services.council)
    csv = weekly.render_csv(figures)
    now = services.now()
    with services.database.transaction("T6") as tx:
        made = weeks.store_week(
            tx,
            service=service,
            week=label,
            figures_json=weekly.figures_json(figures),
            html=html,
            csv=csv,
            checksum=weekly.checksum(html, csv),
            now=now,
        )
        if made:
            notices.tell(
                tx,
                services,
                services.routes.reports,
                key=f"report:{service}:{label}",
                title=f"Weekly report {label}",
                lines=weekly.notice_lines(figures),
                link=f"{services.console_url}/reports/{label}" if services.console_url else None,
                week=label,
                service=service,
            )
            audit.append(
                tx,
                "report.made",
                actor="system",
                subject=f"week:{label}",
                at=now,
                details={"service": service, "checksum": weekly.checksum(html, csv)},
            )
    if made:
        services.log.info("report.made", week=label)
        services.dispatcher.nudge("deliver")
    return label


def weekly_figures(
    services: Services, moment: datetime, *, service: str = ""
) -> tuple[str, WeeklyFigures]:
    """The figures of the week that holds ``moment``, beside the week before's. Reads only."""
    zone = ZoneInfo(services.routes.timezone)
    label, start, end = week_of(moment, zone)
    _, before, _ = week_of(start - timedelta(days=1), zone)
    with services.database.reading() as reading:
        # The days of a running week that are still to come are not a gap.
        until = min(end, max(start, services.now()))
        facts = views.week_facts(reading, service=service, start=start, end=until)
        previous = views.week_facts(reading, service=service, start=before, end=start)
        chain = audit.verify(reading)
    return label, reckon(
        replace(facts, audit_intact=chain.intact),
        previous=previous,
        standards=services.standards,
        routes=services.routes,
    )
