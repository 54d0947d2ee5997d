from __future__ import annotations

import csv
import io
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import (
    Capabilities,
    Channel,
    ChannelId,
    CommentRef,
    Connector,
    ConnectorSettings,
    Cursor,
    NativeId,
    Readiness,
)
from connectors.csv_import import CsvImport, connect
from connectors.errors import CommentGone, NotPermitted, TryLater, UnexpectedReply
from connectors.stage import Inbox
from connectors.testing import ConnectorContract

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
COLUMNS = (
    "id",
    "text",
    "post_id",
    "parent_id",
    "author_id",
    "author_name",
    "created_at",
    "permalink",
    "post_text",
)


def csv_of(rows: list[dict[str, str]], columns: tuple[str, ...] = COLUMNS) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def channel_of(path: Path) -> Channel:
    return Channel(ChannelId("archive"), "csv_import", NativeId(str(path)), "The old forum")


def connector(page_size: int = 100) -> CsvImport:
    return connect(ConnectorSettings("", {}, lambda: NOON, page_size=page_size))


def read(path: Path, inbox: Inbox | None = None, *, page_size: int = 100) -> Inbox:
    inbox = inbox or Inbox()
    for batch in connector(page_size).pull(channel_of(path), inbox.cursor):
        inbox.store(batch)
    return inbox


def problems_of(path: Path) -> list[str]:
    batches = connector().pull(channel_of(path), None)
    return [problem for batch in batches for problem in batch.problems]


class CsvStage:
    """A person who exports the whole list again after every change."""

    secrets = ()
    released_cursors = (Cursor('csv1:{"o":9,"l":1,"w":"0000000000000000"}'),)

    def __init__(self, path: Path) -> None:
        self.channel = channel_of(path)
        self._path = path
        self._posts: dict[str, str] = {}
        self._rows: dict[str, dict[str, str]] = {}
        self._at = NOON
        self._export()

    def now(self) -> datetime:
        return self._at

    def advance(self, by: timedelta) -> None:
        self._at += by

    def connector(self) -> Connector:
        return connector(page_size=3)

    def publish(self, text: str, *, at: datetime) -> NativeId:
        del at  # the export tells no post's time
        post_id = f"post-{len(self._posts)}"
        self._posts[post_id] = text
        return NativeId(post_id)

    def write(self, post_id, text, *, at, author="Jo", parent_id=None) -> NativeId:
        row = {
            "id": f"c{len(self._rows)}",
            "text": text,
            "post_id": post_id,
            "parent_id": parent_id or "",
            "author_name": author or "",
            "created_at": at.isoformat(),
            "post_text": self._posts[post_id],
        }
        self._rows[row["id"]] = row
        self._export()
        return NativeId(row["id"])

    def edit(self, comment_id: NativeId, text: str) -> None:
        self._rows[comment_id]["text"] = text
        self._export()

    def delete(self, comment_id: NativeId) -> None:
        del self._rows[comment_id]
        self._export()

    def _export(self) -> None:
        self._path.write_text(csv_of(list(self._rows.values())), encoding="utf-8", newline="")


NO_PLATFORM = "a file has no platform that could refuse a call"
BY_HAND = "nothing can be done to a comment in a file"


class TestCsvImportKeepsTheContract(ConnectorContract):
    exempt: ClassVar = {
        "test_a_rate_limit_says_when_to_come_back": NO_PLATFORM,
        "test_an_expired_token_is_told_apart": NO_PLATFORM,
        "test_no_secret_is_shown": "a file needs no secret",
        "test_hide_twice_is_fine": BY_HAND,
        "test_hiding_a_gone_comment_says_so": BY_HAND,
        "test_a_comment_without_text_survives": "a file names no attachments",
    }

    @pytest.fixture
    def stage(self, tmp_path: Path) -> CsvStage:
        return CsvStage(tmp_path / "export.csv")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "export.csv"


def test_every_column_is_understood(path) -> None:
    row = {
        "id": " 7 ",
        "text": " as written ",
        "post_id": "p",
        "parent_id": "6",
        "author_id": "a",
        "author_name": "Jo",
        "created_at": "2026-11-20T13:00:00+01:00",
        "permalink": "https://forum.example/7",
        "post_text": "Open day",
    }
    path.write_text(csv_of([row]), encoding="utf-8")

    (batch,) = connector().pull(channel_of(path), None)

    (told,), (post,) = batch.comments, batch.posts
    assert (told.native_id, told.text, told.parent_id) == ("7", " as written ", "6")
    assert (told.author.native_id, told.author.name) == ("a", "Jo")
    assert told.created_at == NOON
    assert told.permalink == "https://forum.example/7"
    assert (post.native_id, post.text, post.created_at) == ("p", "Open day", NOON)


def test_two_columns_are_enough_and_others_are_left_alone(path) -> None:
    path.write_text("Colour,TEXT,Id\nred,hello,1\n\n,,\nblue,,2\n", encoding="utf-8")
    os.utime(path, (NOON.timestamp(), NOON.timestamp()))

    inbox = read(path)

    assert {key: one.text for key, one in inbox.comments.items()} == {"1": "hello", "2": ""}
    assert inbox.comments["1"].created_at == NOON
    assert inbox.comments["1"].post_id == "file"
    assert inbox.comments["1"].author is None
    assert inbox.comments["1"].hidden is None


def test_a_time_without_an_offset_is_utc(path) -> None:
    path.write_text("id,text,created_at\n1,a,2026-11-20 12:00\n", encoding="utf-8")

    assert read(path).comments["1"].created_at == NOON


def test_a_mark_at_the_files_beginning_is_no_part_of_the_first_column(path) -> None:
    path.write_text("id,text\n1,a\n", encoding="utf-8-sig")

    assert set(read(path).comments) == {"1"}


def test_a_post_is_as_old_as_the_first_comment_of_a_batch(path) -> None:
    rows = [
        {"id": "1", "text": "a", "post_id": "p", "created_at": "2026-11-20T12:00:00Z"},
        {"id": "2", "text": "a", "post_id": "p", "created_at": "2026-11-19T12:00:00Z"},
    ]
    path.write_text(csv_of(rows), encoding="utf-8")

    (batch,) = connector().pull(channel_of(path), None)

    assert [post.created_at for post in batch.posts] == [NOON - timedelta(days=1)]


def test_a_file_that_grew_is_read_from_where_it_ended(path) -> None:
    path.write_text("id,text\n1,a\n2,b\n", encoding="utf-8")
    inbox = read(path)
    with path.open("a", encoding="utf-8") as file:
        file.write("3,c\n")

    again = read(path, Inbox(cursor=inbox.cursor))

    assert set(again.comments) == {"3"}


def test_a_last_line_without_its_end_is_read_again_when_it_is_complete(path) -> None:
    path.write_text("id,text\n1,a\n2,unfin", encoding="utf-8")
    inbox = read(path)
    assert inbox.comments["2"].text == "unfin"
    with path.open("a", encoding="utf-8") as file:
        file.write("ished\n3,c\n")

    inbox = read(path, inbox)

    assert inbox.comments["2"].text == "unfinished"
    assert set(inbox.comments) == {"1", "2", "3"}


def test_a_replaced_file_is_read_from_its_beginning(path) -> None:
    path.write_text("id,text\n1,a\n2,b\n", encoding="utf-8")
    inbox = read(path)
    path.write_text("id,text\n9,z\n2,b\n3,c\n", encoding="utf-8")

    again = read(path, Inbox(cursor=inbox.cursor))

    assert set(again.comments) == {"9", "2", "3"}


def test_an_unchanged_file_gives_nothing_and_keeps_the_cursor(path) -> None:
    path.write_text("id,text\n1,a\n", encoding="utf-8")
    inbox = read(path)

    (batch,) = connector().pull(channel_of(path), inbox.cursor)

    assert batch.comments == ()
    assert batch.resume_at == inbox.cursor


@pytest.mark.parametrize(
    "cursor", ["fb1:{}", "csv1:", "csv1:{}", "csv1:[]", 'csv1:{"o":-5,"l":1,"w":""}']
)
def test_a_cursor_that_cannot_be_read_starts_again(path, cursor: str) -> None:
    path.write_text("id,text\n1,a\n", encoding="utf-8")

    assert set(read(path, Inbox(cursor=Cursor(cursor))).comments) == {"1"}


def test_broken_rows_are_skipped_and_reported_by_line_and_without_their_text(path) -> None:
    path.write_bytes(
        b"id,text,created_at\n"
        b"1,fine,\n"
        b"2,secretive\n"
        b',"secretive",\n'
        b"4,secretive,yesterday\n"
        b"5,\xff\xfesecretive,\n"
        b'6,"two\nlines",\n'
        b'7,secret"ive,x",\n'
        b"9,fine,\n"
    )

    problems = problems_of(path)

    assert set(read(path).comments) == {"1", "6", "9"}
    assert [problem.split()[1] for problem in problems] == ["3", "4", "5", "6", "9"]
    assert "secret" not in " ".join(problems)


def test_a_stray_quotation_mark_costs_its_own_line_only(path) -> None:
    path.write_text('id,text\n1,"never closed\n2,b\n3,"c"\n4,d\n', encoding="utf-8")

    assert set(read(path).comments) == {"2", "3", "4"}
    assert problems_of(path) == [
        "Line 2 was left out: it is no CSV row; look at its quotation marks."
    ]


def test_a_stray_quotation_mark_in_a_vast_file_does_not_read_all_of_it_at_once(path) -> None:
    lines = ["id,text", '1,"never closed', *(f"{n},{'x' * 1000}" for n in range(2, 1503))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    assert len(read(path).comments) == 1501


def test_the_report_of_broken_rows_is_bounded(path) -> None:
    path.write_text("id,text\n" + "only one cell\n" * 80, encoding="utf-8")

    problems = problems_of(path)

    assert len(problems) == 51
    assert problems[-1] == "30 more rows of this batch were left out."


def test_a_broken_row_moves_the_cursor_past_it(path) -> None:
    path.write_text("id,text\nbroken\n1,a\n", encoding="utf-8")
    inbox = read(path, page_size=1)

    (batch,) = connector().pull(channel_of(path), inbox.cursor)

    assert batch.problems == ()


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (b"id;text\n1;a\n", "no column id and no column text"),
        (b"id,words\n1,a\n", "no column text"),
        (b"", "no column id"),
        ("id,text\n1,a\n".encode("utf-16"), "not a UTF-8 CSV file"),
        (b'"id,text\n', "no column"),
    ],
    ids=["semicolons", "other-column", "empty", "utf-16", "quotation-mark"],
)
def test_a_file_that_is_none_of_ours_says_why(path, content: bytes, hint: str) -> None:
    path.write_bytes(content)

    with pytest.raises(UnexpectedReply) as caught:
        read(path)

    assert hint in caught.value.sentence
    health = connector().check(channel_of(path))
    assert health.readiness is Readiness.NOT_READY
    assert health.sentence == caught.value.sentence


def test_a_missing_file_says_so_without_its_path_in_the_sentence(tmp_path) -> None:
    with pytest.raises(UnexpectedReply) as caught:
        read(tmp_path / "nothing.csv")

    assert "is not there" in caught.value.sentence
    assert caught.value.details["path"].endswith("nothing.csv")


@pytest.mark.parametrize("name", ["", "\0"])
def test_what_cannot_be_opened_is_tried_again_later(tmp_path, name: str) -> None:
    with pytest.raises(TryLater) as caught:
        read(tmp_path / name)

    assert caught.value.at > NOON


def test_a_readable_file_is_ready(path) -> None:
    path.write_text("id,text\n", encoding="utf-8")

    assert connector().check(channel_of(path)).readiness is Readiness.READY


def test_fetching_finds_the_last_row_of_a_comment(path) -> None:
    path.write_text("id,text\n1,before\n2,b\nbroken\n1,after\n", encoding="utf-8")
    channel = channel_of(path)

    ref = CommentRef(channel, NativeId("1"), NativeId("file"))
    gone = CommentRef(channel, NativeId("3"), NativeId("file"))

    assert connector().fetch(ref).text == "after"
    with pytest.raises(CommentGone):
        connector().fetch(gone)


def test_every_action_is_to_be_done_by_hand(path) -> None:
    one = connector()
    ref = CommentRef(channel_of(path), NativeId("1"), NativeId("file"))

    assert one.capabilities == Capabilities()
    for act in (one.hide, one.restore, one.delete, one.restrict, one.lift):
        with pytest.raises(NotPermitted):
            act(ref)
    with pytest.raises(NotPermitted):
        one.reply(ref, "Thank you")


TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=30)


@given(
    texts=st.lists(TEXT, max_size=20),
    sizes=st.integers(1, 5),
    stops=st.lists(st.integers(1, 4), max_size=6),
)
def test_whatever_is_written_and_wherever_it_stops_everything_is_read(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], sizes: int, stops: list[int]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "export.csv"
    rows = [{"id": str(number), "text": text} for number, text in enumerate(texts)]
    path.write_text(csv_of(rows, ("id", "text")), encoding="utf-8", newline="")
    inbox = Inbox()

    for stop in stops:
        batches = connector(sizes).pull(channel_of(path), inbox.cursor)
        for _, batch in zip(range(stop), batches, strict=False):
            inbox.store(batch)
        batches.close()
    read(path, inbox, page_size=sizes)

    assert {str(n): text for n, text in enumerate(texts)} == {
        key: comment.text for key, comment in inbox.comments.items()
    }
