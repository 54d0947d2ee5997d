"""Column types that give back exactly what was put in, on both dialects.

Serves every transaction of DESIGN.md 5: each of their columns is one of these three or a number.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator, TypeEngine
from typing_extensions import override

__all__ = ["JsonText", "Moment", "Words", "escaped", "unescaped"]

_ESCAPE = "\ufdd0"
_UNSTORABLE = re.compile("[\x00\ud800-\udfff\ufdd0]")
_ESCAPED = re.compile(f"{_ESCAPE}([0-9a-f]{{4}})")


def escaped(text: str) -> str:
    """The text with what a database refuses written as U+FDD0 and four hexadecimal digits.

    Lone surrogates are not valid UTF-8, PostgreSQL stores no NUL, and U+FDD0 itself is escaped so
    that ``unescaped`` is the exact way back. U+FDD0 is a noncharacter, which Unicode sets aside
    for such internal use, so ordinary text is stored as it stands.
    """
    return _UNSTORABLE.sub(lambda match: f"{_ESCAPE}{ord(match[0]):04x}", text)


def unescaped(stored: str) -> str:
    """The text that ``escaped`` was given."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), stored)


class Words(TypeDecorator[str]):
    """Any text at all, lone surrogates and NUL included, given back code point for code point."""

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = Text
    cache_ok: bool | None = True

    @override
    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else escaped(value)

    @override
    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else unescaped(value)


class Moment(TypeDecorator[datetime]):
    """A moment, given back as aware UTC to the microsecond; a naive one is refused."""

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = DateTime(timezone=True)
    cache_ok: bool | None = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A naive datetime cannot be stored: say which zone it is in.")
        utc = value.astimezone(UTC)
        # SQLite keeps text and compares it as text, so every row must be written in one zone.
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    @override
    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class JsonText(TypeDecorator[Any]):
    """A JSON value as ASCII text, which both dialects store without reading it."""

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = Text
    cache_ok: bool | None = True

    @override
    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(value, sort_keys=True, separators=(",", ":"))

    @override
    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)
