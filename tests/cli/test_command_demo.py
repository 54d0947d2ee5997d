from __future__ import annotations

import re
import signal
import socket
import sqlite3
from contextlib import closing

import pytest

from monitor.cli.life import LifeStory
from monitor.cli.pretend import Pretend, free_port

pytestmark = pytest.mark.sandbox

ROWS = ["Lovely park.", "You are an idiot.", "When do you open?", "Thank you all.", "Café ☕"]


def csv_of(home, rows=ROWS, name="rows.csv", head="id,text"):
    lines = [head, *(f'{number},"{text}"' for number, text in enumerate(rows))]
    return home.write(name, "\n".join(lines) + "\n")


def replayed(home, path, *also: str):
    return home.run("demo", "--replay", str(path), "--home", str(home.path / "demo"), *also)


def test_one_comments_life_is_told_to_its_end(home) -> None:
    result = home.run("demo", "--headless")

    assert result.exit_code == 0, result.output
    told = [
        match[1]
        for line in result.stdout.splitlines()
        if (match := re.match(r"[\d:.]{12} +-?[\d.]+ s  (\S+)", line))
    ]
    assert told == [
        "written", "seen", "assessed", "alerted", "claimed",
        "asked", "decided", "hidden", "shown",
    ]  # fmt: skip
    assert "The platform says hidden." in result.stdout


@pytest.mark.parametrize("through", ["facebook", "csv"])
def test_every_comment_of_a_csv_file_is_stored_and_assessed_once(home, through) -> None:
    result = replayed(home, csv_of(home), "--through", through)

    assert result.exit_code == 0, result.output
    assert "5 rows in" in result.stdout
    assert "5 stored, 5 assessed, 1 cases opened." in result.stdout


@pytest.mark.parametrize("through", ["facebook", "csv"])
def test_a_second_run_adds_nothing(home, through) -> None:
    path = csv_of(home)
    replayed(home, path, "--through", through)
    result = replayed(home, path, "--through", through)

    assert result.exit_code == 0, result.output
    assert "5 stored, 5 assessed, 1 cases opened." in result.stdout


@pytest.mark.parametrize("through", ["facebook", "csv"])
def test_a_larger_replay_goes_on_where_the_smaller_one_stopped(home, through) -> None:
    path = csv_of(home)
    first = replayed(home, path, "--limit", "2", "--through", through)
    assert "2 stored, 2 assessed" in first.stdout
    result = replayed(home, path, "--through", through)

    assert result.exit_code == 0, result.output
    assert "5 stored, 5 assessed" in result.stdout


def test_a_parquet_file_is_read_with_only_its_civil_comments(home) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = home.path / "rows.parquet"
    parquet.write_table(
        pyarrow.table(
            {
                "id": [1, 2, 3],
                "text": ROWS[:3],
                "source": ["civil_comments/train", "another", "civil_comments/test"],
            }
        ),
        path,
    )
    first = replayed(home, path)
    again = replayed(home, path)

    assert first.exit_code == again.exit_code == 0, first.output
    assert "2 stored, 2 assessed" in again.stdout


def test_a_column_source_counts_in_csv_too(home) -> None:
    path = home.write("rows.csv", "id,text,source\n1,One,civil_comments\n2,Two,other\n")

    assert "1 stored, 1 assessed" in replayed(home, path).stdout


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("missing.csv", None, "is not a file here, so there is nothing to replay."),
        ("missing.parquet", None, "is not a file here, so there is nothing to replay."),
        ("empty.csv", b"", "has no column id and no column text"),
        ("headed.csv", b"id,text\n", "holds no comment to replay."),
        ("named.csv", b"id,words\n1,a\n", "has no column text"),
        ("latin.csv", b"id,text\n1,caf\xe9\n", "it is not CSV in UTF-8"),
        ("endless.csv", b'id,text\n1,"' + b"a" * 1_100_000, "it is not CSV in UTF-8"),
        ("words.parquet", b"these are words", "is not a Parquet file"),
    ],
)
def test_a_file_that_cannot_be_replayed_is_one_sentence(home, name, content, sentence) -> None:
    path = home.path / name
    if content is not None:
        path.write_bytes(content)
    result = replayed(home, path)

    assert result.exit_code == 1
    assert str(path) in result.stderr
    assert sentence in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_parquet_file_without_its_columns_is_told(home) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = home.path / "rows.parquet"
    parquet.write_table(pyarrow.table({"words": ["a"]}), path)

    assert "has no column id and no column text" in replayed(home, path).stderr


def test_a_limit_is_at_least_one(home) -> None:
    assert replayed(home, csv_of(home), "--limit", "0").exit_code == 2


def test_a_replay_that_was_cut_off_is_taken_over_once_its_lease_has_run_out(home) -> None:
    rows = [f"Row {number}." for number in range(3000)]
    path = csv_of(home, rows)
    arguments = ("demo", "--replay", str(path), "--home", str(home.path / "demo"))
    with home.process(*arguments) as process:
        database = home.path / "demo" / "wardmote.sqlite3"
        while process.poll() is None and not _holds_some(database):
            pass
        process.kill()
    result = home.run(*arguments)

    assert result.exit_code == 0, result.output
    assert "3000 stored, 3000 assessed" in result.stdout


def _holds_some(database) -> bool:
    if not database.exists():
        return False
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            return connection.execute("SELECT count(*) FROM comments").fetchone()[0] > 0
    except sqlite3.Error:
        return False


def test_in_this_process_too_the_town_is_served_and_stops(home) -> None:
    result = home.told("demo")

    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) == 9


def test_the_whole_town_is_served_until_it_is_told_to_stop(home) -> None:
    with home.process("demo") as process:
        lines = [process.stdout.readline() for _ in range(9)]
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)

    assert process.returncode == 0, err
    assert lines[0].startswith("The council's page   http://127.0.0.1:")
    assert lines[2].startswith("The console          http://127.0.0.1:")
    assert lines[8].startswith("Write a comment on the page;")
    assert out == ""
    assert "Traceback" not in err


def test_a_story_that_does_not_get_there_says_where_it_ended(home) -> None:
    said: list[str] = []
    pretend = Pretend(home.path / "town")
    story = LifeStory(pretend, said.append, patience_s=0.01)

    assert not story.tell()
    assert said == ["It did not get there: the desk did not connect to the pretend Slack."]


def test_a_story_without_an_alert_is_not_told_to_a_good_end(home) -> None:
    said: list[str] = []
    with Pretend(home.path / "town", interval_s=600) as pretend:
        assert pretend.slack.link.wait_for_connections()
        story = LifeStory(pretend, said.append, patience_s=0.01)
        assert not story.tell()

    assert said[-1] == "It did not get there: no alert arrived in Slack."


def test_a_town_that_was_not_started_has_no_services(home) -> None:
    with pytest.raises(RuntimeError, match="has not been started"):
        _ = Pretend(home.path / "town").services


def test_a_town_without_its_story_can_be_started_twice_at_one_home(home) -> None:
    for _ in range(2):
        pretend = Pretend(home.path / "town").start(seed=False)
        try:
            assert not any(pretend.town.posts(page.id) for page in pretend.town.pages())
        finally:
            pretend.stop()


def test_a_port_that_is_taken_is_replaced_by_another() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        assert free_port(port) != port
    assert free_port(port) == port
