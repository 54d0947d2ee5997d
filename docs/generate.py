"""Write the reference pages that the code itself can tell; run it after changing what they say.

Usage: python docs/generate.py [--check]

Every page is made from the objects that the program uses, never from their source text, so that
a page cannot describe what does not exist. ``--check`` writes nothing, names the pages that are
stale, and ends with 1 if there are any.
"""  # noqa: INP001 - a script beside the pages, not a package

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import click
from fastapi.routing import APIRoute
from sqlalchemy import Column, Table

from config.platform_defaults import QUALITY_RULES, Budget, load_platforms
from config.problems import PROBLEMS
from config.reading import spell_duration
from config.settings import PREFIX, Settings
from connectors.contract import Ability, Capabilities, ConnectorSettings, Secret
from connectors.registry import known_connectors, open_connector
from monitor.cli import commands
from monitor.runtime.jobs import JOBS
from monitor.store import channel_tables, tables
from monitor.telemetry import EVENTS, FIELDS
from monitor.workflow import ingest

__all__ = ["PAGES", "error_classes", "main", "walk_commands"]

REFERENCE = Path(__file__).resolve().parent / "reference"
NOTICE = "<!-- Written by docs/generate.py from the code. Change the code, then run it again. -->"
_HOME = Path("/HOME")
_PACKAGES = ("connectors", "classifiers", "config", "monitor")
_NOT_OURS_TO_EXPLAIN = ("monitor.sandbox", "monitor.store.migrations", "monitor.__main__")
_WEB = ("api", "case_pages", "channel_pages", "operations", "outbox_pages", "queue_pages",
        "report_pages", "sign_in")  # fmt: skip


def main() -> int:
    """Write every page, or check them; returns the exit status."""
    stale = [name for name, make in PAGES.items() if _standing(name) != make()]
    if "--check" in sys.argv[1:]:
        for name in stale:
            print(f"{REFERENCE.name}/{name} is stale; run docs/generate.py")  # noqa: T201
        return 1 if stale else 0
    REFERENCE.mkdir(exist_ok=True)
    for name in stale:
        (REFERENCE / name).write_text(PAGES[name](), encoding="utf-8")
        print(f"wrote {REFERENCE.name}/{name}")  # noqa: T201
    return 0


def settings_page() -> str:
    """Every environment variable."""
    rows = [
        (f"`{row.name}`", str(field.description), f"`{_default(row.name, row.value)}`")
        for row, field in zip(
            Settings(home=_HOME).described(), Settings.model_fields.values(), strict=True
        )
    ]
    return _page(
        "Settings",
        "Wardmote reads its settings from the environment.\n"
        "Each may stand in a file instead: set `NAME_FILE` to its path.\n"
        "`wardmote check --json` shows what is in force and where it came from, with secrets"
        " masked.\n"
        "The names that hold a channel's tokens are yours: `channels.toml` says them.",
        _table(("setting", "meaning", "default"), rows),
    )


def cli_page() -> str:
    """Every command with its help."""
    parts = []
    for path, command in walk_commands():
        context = click.Context(
            command, info_name=path, terminal_width=92, help_option_names=["-h", "--help"]
        )
        heading = "#" * min(2 + max(path.count(" ") - 1, 0), 3)
        parts.append(f"{heading} `{path}`\n\n```text\n{command.get_help(context).rstrip()}\n```")
    return _page(
        "Commands",
        "What each command prints with `--help`.\n"
        "How they end is in [exit statuses](exit-statuses.md).",
        "\n\n".join(parts),
    )


def problems_page() -> str:
    """Every configuration problem."""
    rows = [(f"`{problem}`", what) for problem, what in PROBLEMS.items()]
    return _page(
        "Configuration problems",
        "`wardmote check` names every mistake with its place, a hint and one of these"
        " identifiers.\n"
        "An identifier is never used again for something else.",
        _table(("problem", "what is wrong"), rows),
    )


def errors_page() -> str:
    """Every exception class, by module."""
    rows = [
        (f"`{error.__name__}`", f"`{error.__module__}`", _summary(error))
        for error in error_classes()
    ]
    return _page(
        "Errors",
        "An error carries one sentence for the person who reads it, and where there is something"
        " to do, a hint.\n"
        "No error holds a comment's text, an author's name or a token.\n"
        "Which platform error leads to what is drawn at the top of `connectors/errors.py`.",
        _table(("error", "module", "meaning"), rows),
    )


def events_page() -> str:
    """Every log event and field."""
    rows = [(f"`{event}`", what) for event, what in EVENTS.items()]
    names = ", ".join(f"`{name}`" for name in sorted(FIELDS))
    return _page(
        "Log events",
        "A log line is one of these events with some of these fields, and nothing else can"
        " stand in it.\n"
        "What a library logs for itself is reduced to the library's name.",
        f"{_table(('event', 'meaning'), rows)}\n\n## Fields\n\n{names}.",
    )


def tables_page() -> str:
    """Every table with its columns."""
    meanings = {
        row.__tablename__: _summary(row)
        for module in (channel_tables, tables)
        for _, row in inspect.getmembers(module, inspect.isclass)
        if row.__module__ == module.__name__ and hasattr(row, "__tablename__")
    }
    parts = [
        f"## `{table.name}`\n\n{meanings[table.name]}\n\n"
        + _table(("column", "type", "notes"), [_column(each) for each in table.columns])
        for table in sorted(tables.METADATA.tables.values(), key=lambda table: str(table.name))
    ]
    return _page(
        "Tables",
        "The same tables stand in SQLite and in PostgreSQL.\n"
        "Moments are UTC.\n"
        "Read them as you like; write only through the program, because the audit chain and the"
        " seals notice what it did not do.",
        "\n\n".join(parts),
    )


def jobs_page() -> str:
    """Everything that runs."""
    steps: Mapping[str, Callable[..., object]] = {"pull": ingest.pull}
    rows = [
        (
            f"`{name}`",
            _summary(steps.get(name, job.step)),
            spell_duration(job.every) if job.every else "only when nudged",
            job.pool,
        )
        for name, job in JOBS.items()
    ]
    return _page(
        "Jobs",
        "What the daemon runs.\n"
        "A tick only nudges; what there is to do is a row in the database, so a lost nudge loses"
        " nothing.",
        _table(("job", "what it does", "ticks every", "pool"), rows),
    )


def capabilities_page() -> str:
    """What each platform lets us do, and how good each connector is."""
    settings = ConnectorSettings(
        base_url="", secrets={"token": Secret("none")}, clock=lambda: datetime.now(UTC)
    )
    opened = {name: open_connector(name, settings).capabilities for name in known_connectors()}
    rows = [
        (each.name, *(_ability(getattr(found, each.name)) for found in opened.values()))
        for each in fields(Capabilities)
    ]
    platforms, _ = load_platforms()
    rules = [
        (level, rule, *(platforms[name].quality.get(rule, "not stated") for name in opened))
        for level, names in QUALITY_RULES.items()
        for rule in names
    ]
    pace = [
        (
            f"[{name}](connectors/{name}.md)",
            platforms[name].quality_level,
            spell_duration(platforms[name].interval),
            spell_duration(platforms[name].shortest_interval),
            spell_duration(platforms[name].longest_interval),
            spell_duration(platforms[name].look_back),
            spell_duration(platforms[name].watch_for),
            _budget(platforms[name].budget),
        )
        for name in opened
    ]
    return _page(
        "Capabilities per platform",
        "What a platform does not offer is done by hand at the comment's address, and recorded.",
        _table(("ability", *opened), rows)
        + "\n\n## Pace and limits\n\n"
        + _table(
            ("connector", "quality", "read every", "busy", "quiet", "look-back",
             "posts followed for", "all of them may spend"),
            pace,
        )
        + "\n\n## Quality checklist\n\n"
        + _table(("level", "rule", *opened), rules),
    )  # fmt: skip


def http_page() -> str:
    """Every address of the console."""
    rows = []
    for name in _WEB:
        module = importlib.import_module(f"monitor.desk.web.{name}")
        rows += [
            (f"`{method}`", f"`{route.path}`", _summary(route.endpoint))
            for route in module.router.routes
            if isinstance(route, APIRoute)
            for method in sorted((route.methods or set()) - {"HEAD"})
        ]
    return _page(
        "HTTP addresses",
        "What the console serves.\n"
        "Everything asks who you are but `/healthz`, `/readyz`, `/metrics`, the sign-in and the"
        " OpenAPI document.\n"
        "`/api/v1` is read-only and has an OpenAPI document at `/api/v1/openapi.json`.\n"
        "The numbers of `/metrics` are in [metrics](metrics.md).",
        _table(("method", "address", "what it is"), sorted(rows, key=lambda row: row[1])),
    )


def walk_commands() -> Iterator[tuple[str, click.Command]]:
    """Every command with the words that call it, groups first."""
    waiting: list[tuple[str, click.Command]] = [("wardmote", commands)]
    while waiting:
        path, command = waiting.pop(0)
        yield path, command
        if isinstance(command, click.Group):
            inner = [(f"{path} {name}", each) for name, each in command.commands.items()]
            waiting = inner + waiting


def error_classes() -> list[type[Exception]]:
    """Every public exception class of the program, outside the pretend town."""
    found = {
        each
        for module in _modules()
        for _, each in inspect.getmembers(module, inspect.isclass)
        if issubclass(each, Exception) and each.__module__ == module.__name__
    }
    return sorted(found, key=lambda each: (each.__module__, each.__name__))


def _modules() -> Iterator[ModuleType]:
    for package in _PACKAGES:
        path = importlib.import_module(package).__path__
        for module in pkgutil.walk_packages(path, f"{package}."):
            if not module.name.startswith(_NOT_OURS_TO_EXPLAIN):
                yield importlib.import_module(module.name)


def _column(column: Column[object]) -> tuple[str, str, str]:
    table: Table = column.table
    notes = [
        "primary key" if column.primary_key else "",
        "may be empty" if column.nullable else "",
        *(f"refers to `{key.target_fullname}`" for key in column.foreign_keys),
        "unique" if column.unique else "",
        *(
            f"indexed with {', '.join(f'`{each.name}`' for each in index.columns)}"
            for index in sorted(table.indexes, key=lambda index: str(index.name))
            if list(index.columns)[0] is column  # noqa: RUF015 - a column collection has no next()
        ),
    ]
    return (
        f"`{column.name}`",
        type(column.type).__name__,
        "; ".join(note for note in notes if note),
    )


def _budget(budget: Budget) -> str:
    spent = f"{budget.amount:,} {budget.unit} {'an hour' if budget.window == 'hour' else 'a day'}"
    return f"{spent} at ${budget.price:g} each" if budget.price else spent


def _ability(ability: Ability | None) -> str:
    if ability is None:
        return "by hand"
    notes = ["yes" if ability.reversible else "yes, and there is no way back"]
    if ability.still_seen_by:
        notes.append(f"still seen by {ability.still_seen_by}")
    if ability.cost:
        notes.append(f"costs {ability.cost}")
    return "; ".join(notes)


def _default(name: str, value: str) -> str:
    if name == f"{PREFIX}HOME":
        return "~/.wardmote"
    return value.replace(str(_HOME), f"{PREFIX}HOME")


def _summary(thing: object) -> str:
    paragraph = (inspect.getdoc(thing) or "").split("\n\n")[0]
    return " ".join(paragraph.replace("``", "`").split())


def _page(title: str, lead: str, body: str) -> str:
    return f"{NOTICE}\n\n# {title}\n\n{lead}\n\n{body}\n"


def _table(heading: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [heading, tuple("---" for _ in heading), *rows]
    return "\n".join(
        f"| {' | '.join(each.replace('|', chr(92) + '|') for each in line)} |" for line in lines
    )


def _standing(name: str) -> str | None:
    path = REFERENCE / name
    return path.read_text(encoding="utf-8") if path.exists() else None


PAGES: Mapping[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "cli.md": cli_page,
    "config-problems.md": problems_page,
    "errors.md": errors_page,
    "log-events.md": events_page,
    "tables.md": tables_page,
    "jobs.md": jobs_page,
    "capabilities.md": capabilities_page,
    "http.md": http_page,
}
"""The file below ``docs/reference`` and what makes its text."""


if __name__ == "__main__":
    sys.exit(main())
