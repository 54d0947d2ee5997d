"""Comments from a CSV file that a person exported: a channel without an API, or an archive.

The channel's ``native_id`` is the path of the file: UTF-8, a header row, the columns ``id`` and
``text``, and where there are any ``post_id``, ``parent_id``, ``author_id``, ``author_name``,
``created_at`` (ISO 8601; UTC where it names no offset), ``permalink`` and ``post_text``. Other
columns are left alone. A row that cannot be read is skipped and reported with its line number.

The file may grow: a pull goes on after the last complete row. A file that was replaced is read
from its beginning, and what is known already is recognised by its identifier. Nothing can be
done to a comment from here: every action is "do it by hand".
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, NoReturn

from connectors.contract import (
    Author,
    Capabilities,
    Channel,
    Comment,
    CommentRef,
    ConnectorSettings,
    Cursor,
    Health,
    NativeId,
    Outcome,
    Post,
    Pull,
    Readiness,
)
from connectors.errors import CommentGone, ConnectorError, NotPermitted, TryLater, UnexpectedReply

__all__ = ["CsvImport", "connect"]

_FORMAT = "csv1:"
_NEEDED = ("id", "text")
_IDS = ("id", "post_id", "parent_id", "author_id")
_WEB = ("https://", "http://")
_LONGEST_ROW = 1_000_000
_LONGEST_ID = 200
_EARLIEST, _LATEST = 1969, 9999
_MOST_PROBLEMS = 50
_WITNESS = 4096
_SOON = timedelta(minutes=5)


def connect(settings: ConnectorSettings) -> CsvImport:
    """Build the connector; opens no file.

    Args:
        settings: ``page_size`` is the number of rows in a batch; no secret is needed.
    """
    return CsvImport(settings)


class CsvImport:
    """Keeps ``connectors.contract.Connector`` for CSV files.

    Args:
        settings: See ``connect``.
    """

    def __init__(self, settings: ConnectorSettings) -> None:
        self._batch = max(1, settings.page_size)
        self._clock = settings.clock

    @property
    def capabilities(self) -> Capabilities:
        """Nothing: a file is not the place where a comment stands."""
        return Capabilities()

    def pull(self, channel: Channel, since: Cursor | None) -> Iterator[Pull]:
        """Read the rows after ``since``, in the file's order."""
        with self._open(channel) as file:
            header, place = _read_header(file, channel)
            place = _resumed(file, since) or place
            yielded = False
            for batch in _batches(_rows(file, place, header), self._batch):
                yielded = True
                yield _as_pull(file, batch)
            if not yielded:
                yield Pull((), (), _cursor(file, place))

    def fetch(self, ref: CommentRef) -> Comment:
        """Read one comment from the file: its last row, where it stands there more than once."""
        found: Comment | None = None
        with self._open(ref.channel) as file:
            header, place = _read_header(file, ref.channel)
            for row in _rows(file, place, header):
                if row.values and row.values["id"].strip() == ref.native_id:
                    found = _comment(row.values, _written_at(file))
        if found is None:
            raise CommentGone("This comment does not stand in the file any more.")
        return found

    def hide(self, ref: CommentRef) -> Outcome:
        """Refuse: a file cannot hide anything."""
        _by_hand(ref)

    def restore(self, ref: CommentRef) -> Outcome:
        """Refuse: a file cannot restore anything."""
        _by_hand(ref)

    def delete(self, ref: CommentRef) -> Outcome:
        """Refuse: a file cannot delete anything where it stands."""
        _by_hand(ref)

    def reply(self, ref: CommentRef, text: str) -> NativeId:
        """Refuse: a file cannot answer."""
        del text
        _by_hand(ref)

    def restrict(self, ref: CommentRef) -> Outcome:
        """Refuse: a file cannot block anybody."""
        _by_hand(ref)

    def lift(self, ref: CommentRef) -> Outcome:
        """Refuse: a file cannot block anybody, or end it."""
        _by_hand(ref)

    def check(self, channel: Channel) -> Health:
        """Say whether the file is there and has its columns."""
        try:
            with self._open(channel) as file:
                _read_header(file, channel)
        except ConnectorError as error:
            return Health(Readiness.NOT_READY, error.sentence, "mend or replace the file")
        return Health(Readiness.READY, f"The file of {channel.name} can be read.")

    @contextmanager
    def _open(self, channel: Channel) -> Iterator[BinaryIO]:
        path = Path(channel.native_id)
        try:
            # Around the reading too: a disk or a share can fail in the middle of a file.
            with path.open("rb") as file:
                yield file
        except FileNotFoundError:
            raise UnexpectedReply(
                f"The file of {channel.name} is not there; export it again or correct the path in"
                " channels.toml.",
                details={"path": str(path)},
            ) from None
        except (OSError, ValueError) as error:
            raise TryLater(
                f"The file of {channel.name} cannot be read; look at its permissions.",
                at=self._clock() + _SOON,
                details={"path": str(path), "kind": type(error).__name__},
            ) from None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a row begins or ends: ``offset`` in bytes, after ``line`` lines."""

    offset: int
    line: int


@dataclass(frozen=True, slots=True)
class _Row:
    """One row, or the reason why it is none; ``ends`` is where reading goes on."""

    values: Mapping[str, str]
    problem: str
    ends: _Place


def _read_header(file: BinaryIO, channel: Channel) -> tuple[tuple[str, ...], _Place]:
    line = file.readline(_LONGEST_ROW)
    try:
        names = next(csv.reader([line.decode("utf-8-sig")]), [])
    except (UnicodeDecodeError, csv.Error):
        raise UnexpectedReply(
            f"The file of {channel.name} is not a UTF-8 CSV file; save it again as"
            ' "CSV UTF-8 (comma delimited)".',
            details={"line": 1},
        ) from None
    header = tuple(name.strip().lower() for name in names)
    missing = [name for name in _NEEDED if name not in header]
    if missing:
        raise UnexpectedReply(
            f"The file of {channel.name} has no column {' and no column '.join(missing)}; its"
            " first line must name the columns.",
            details={"line": 1},
        )
    return header, _Place(len(line), 1)


def _rows(file: BinaryIO, place: _Place, header: tuple[str, ...]) -> Iterator[_Row]:
    file.seek(place.offset)
    while True:
        raw, lines = _next_record(file)
        if not raw:
            return
        ends = _Place(place.offset + len(raw), place.line + lines)
        values, problem = _values(raw, header, line=place.line + 1)
        if problem and lines > 1:
            # A stray quotation mark swallows what follows: only its own line is given up.
            file.seek(place.offset)
            ends = _Place(place.offset + len(file.readline()), place.line + 1)
            file.seek(ends.offset)
        # A last line without its end may still be being written, so it is read again next time.
        complete = raw.endswith(b"\n") or (problem and lines > 1)
        if values or problem:
            yield _Row(values, problem, ends if complete else place)
        place = ends


def _next_record(file: BinaryIO) -> tuple[bytes, int]:
    """Read lines until the quotation marks are even, as they are at the end of every row."""
    raw, lines, quotes = b"", 0, 0
    while True:
        line = file.readline()
        raw, lines, quotes = raw + line, lines + 1, quotes + line.count(b'"')
        if not line or quotes % 2 == 0 or len(raw) > _LONGEST_ROW:
            return raw, lines if line else lines - 1


def _values(raw: bytes, header: tuple[str, ...], *, line: int) -> tuple[dict[str, str], str]:
    """Read a row; either the values are empty or the problem is, and both for a blank line."""
    try:
        cells = _cells(raw)
        if not any(cell.strip() for cell in cells):
            return {}, ""
        values = _named(cells, header)
    except ValueError as error:
        return {}, f"Line {line} was left out: {error}."
    return values, ""


def _cells(raw: bytes) -> list[str]:
    try:
        # As a stream without newline translation, so that only real line ends split it.
        return next(csv.reader(io.StringIO(raw.decode("utf-8"), newline=""), strict=True), [])
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8; save the file as CSV UTF-8") from None
    except csv.Error:
        raise ValueError("it is no CSV row; look at its quotation marks") from None


def _named(cells: list[str], header: tuple[str, ...]) -> dict[str, str]:
    if len(cells) != len(header):
        raise ValueError(
            f"it has {len(cells)} cells and the first line {len(header)}; look at its commas and"
            " quotation marks"
        )
    values = dict(zip(header, cells, strict=True))
    if not values["id"].strip():
        raise ValueError("it has no id; give it one")
    if any(len(values.get(name, "")) > _LONGEST_ID for name in _IDS):
        raise ValueError(f"an id of it is longer than {_LONGEST_ID} characters; look at its commas")
    try:
        _moment(values.get("created_at", ""))
    except ValueError:
        raise ValueError("its created_at is no ISO 8601 date; correct it") from None
    return values


def _batches(rows: Iterator[_Row], size: int) -> Iterator[list[_Row]]:
    batch: list[_Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _as_pull(file: BinaryIO, batch: list[_Row]) -> Pull:
    written_at = _written_at(file)
    comments = tuple(_comment(row.values, written_at) for row in batch if row.values)
    posts: dict[NativeId, Post] = {}
    for row, comment in zip((row for row in batch if row.values), comments, strict=True):
        text = row.values.get("post_text", "")
        known = posts.get(comment.post_id)
        began = min(known.created_at, comment.created_at) if known else comment.created_at
        posts[comment.post_id] = Post(comment.post_id, text or (known.text if known else ""), began)
    problems = [row.problem for row in batch if row.problem]
    if len(problems) > _MOST_PROBLEMS:
        more = len(problems) - _MOST_PROBLEMS
        problems = [*problems[:_MOST_PROBLEMS], f"{more} more rows of this batch were left out."]
    resume_at = _cursor(file, batch[-1].ends)
    return Pull(tuple(posts.values()), comments, resume_at, problems=tuple(problems))


def _comment(values: Mapping[str, str], written_at: datetime) -> Comment:
    def given(name: str) -> str | None:
        return values.get(name, "").strip() or None

    permalink = given("permalink") or ""
    author_id, author_name, parent_id = given("author_id"), given("author_name"), given("parent_id")
    return Comment(
        native_id=NativeId(values["id"].strip()),
        post_id=NativeId(given("post_id") or "file"),
        parent_id=NativeId(parent_id) if parent_id else None,
        author=Author(NativeId(author_id) if author_id else None, author_name)
        if author_id or author_name
        else None,
        text=values["text"],
        created_at=_moment(values.get("created_at", "")) or written_at,
        # People follow it, so it may be nothing but a place on the web.
        permalink=permalink if permalink.startswith(_WEB) else None,
    )


def _moment(told: str) -> datetime | None:
    if not told.strip():
        return None
    moment = datetime.fromisoformat(told.strip())
    if not _EARLIEST < moment.year < _LATEST:
        # At the ends of the calendar a moment cannot be shown in every time zone.
        raise ValueError("the year cannot be meant")
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _written_at(file: BinaryIO) -> datetime:
    # Steady for a row without a date: reading the same file twice must give the same comment.
    return datetime.fromtimestamp(int(os.fstat(file.fileno()).st_mtime), UTC)


def _cursor(file: BinaryIO, place: _Place) -> Cursor:
    told = {"o": place.offset, "l": place.line, "w": _witness(file, place.offset)}
    return Cursor(_FORMAT + json.dumps(told, separators=(",", ":")))


def _resumed(file: BinaryIO, since: Cursor | None) -> _Place | None:
    """Find the cursor's place again; None when this is another file, or no cursor of ours."""
    if since is None or not since.startswith(_FORMAT):
        return None
    try:
        told = json.loads(since.removeprefix(_FORMAT))
        place = _Place(int(told["o"]), int(told["l"]))
        same = told["w"] == _witness(file, place.offset)
    except (KeyError, TypeError, ValueError, OSError):
        return None
    return place if same else None


def _witness(file: BinaryIO, offset: int) -> str:
    """Recognise a file by its first bytes and by those just before ``offset``."""
    here = file.tell()
    file.seek(0)
    told = file.read(min(_WITNESS, offset))
    file.seek(max(0, offset - _WITNESS))
    told += file.read(min(_WITNESS, offset)) + str(offset).encode()
    file.seek(here)
    return hashlib.sha256(told).hexdigest()[:16]


def _by_hand(ref: CommentRef) -> NoReturn:
    raise NotPermitted(
        f"Nothing can be done to a comment of {ref.channel.name} from here, because it was read"
        " from a file; do it by hand where the comment stands."
    )
