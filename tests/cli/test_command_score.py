from __future__ import annotations

import csv
import io
import json

import pytest

from config.standards import SHIPPED_STANDARDS

ABUSE = "You are an idiot."
KEYS = [
    "id",
    "lane",
    "breach",
    "needs_response",
    "severity",
    "score",
    "labels",
    "clauses",
    "model",
    "standards",
]
LABELS = [
    "toxicity",
    "severe_toxicity",
    "obscene",
    "threat",
    "insult",
    "identity_attack",
    "sexual_explicit",
]


def score(home, text: str | bytes, *also: str, status: int = 0, name: str = "rows.csv"):
    """Score a file's content; the rows that came out, and what was complained."""
    content = text if isinstance(text, bytes) else text.encode("utf-8")
    (home.path / name).write_bytes(content)
    out = home.path / "out.jsonl"
    result = home.run("score", "--input", str(home.path / name), "--output", str(out), *also)
    assert result.exit_code == status, result.output
    lines = out.read_text("utf-8").splitlines() if out.exists() else []
    return [json.loads(line) for line in lines], result.stderr


def written(rows: list[dict[str, str]], name: str) -> str:
    """Rows with the same keys, as the file of that name holds them."""
    if name.endswith(".jsonl"):
        return "".join(json.dumps(row) + "\n" for row in rows)
    sink = io.StringIO(newline="")
    writer = csv.DictWriter(sink, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return sink.getvalue()


def test_every_row_becomes_one_object_in_order_with_exactly_its_fields(home) -> None:
    rows, complaint = score(home, f"id,text\n1,Thank you.\n2,{ABUSE}\n3,When do you open?\n")

    assert [row["id"] for row in rows] == ["1", "2", "3"]
    assert all(list(row) == KEYS for row in rows)
    assert all(list(row["labels"])[:7] == LABELS for row in rows)
    assert complaint == ""


def test_a_breach_names_its_clause_its_target_and_where_it_stands(home) -> None:
    ((row,), _) = score(home, f"id,text\n1,{ABUSE}\n")

    assert (row["lane"], row["breach"], row["severity"]) == ("breach", True, "S3")
    (clause,) = row["clauses"]
    assert set(clause) == {"id", "severity", "score", "target", "evidence"}
    assert clause["target"] in {
        "staff",
        "councillor",
        "resident",
        "group",
        "institution",
        "nobody",
    }
    for one in clause["evidence"]:
        assert set(one) == {"start", "end", "label"}
        assert 0 <= one["start"] < one["end"] <= len(ABUSE)
    assert 0 < row["score"] <= 1
    assert row["standards"].startswith("resident-aup")


def test_what_is_clear_has_no_severity(home) -> None:
    ((row,), _) = score(home, "id,text\n1,Thank you.\n")

    assert (row["lane"], row["breach"], row["severity"], row["clauses"]) == (
        "clear",
        False,
        "none",
        [],
    )


def test_json_lines_with_context_and_platform_are_read(home) -> None:
    line = json.dumps({"id": 7, "text": ABUSE, "context": "Bins", "platform": "facebook"})
    ((row,), _) = score(home, line, name="rows.jsonl")

    assert row["id"] == 7
    assert row["breach"]


@pytest.mark.parametrize("name", ["rows.csv", "rows.jsonl"])
def test_a_number_that_the_post_above_gives_is_no_private_one(home, name) -> None:
    number = "Try 01632 960122, they do answer."
    rows = [
        {"id": "published", "text": number, "context": "Questions? Call 01632 960 122."},
        {"id": "another's", "text": number, "context": "Questions? Call 01632 960 199."},
        {"id": "unknown", "text": number, "context": ""},
    ]
    found, _ = score(home, written(rows, name), "--classifier", "personal_data", name=name)

    assert [row["breach"] for row in found] == [False, True, True]
    assert all(row["labels"]["phone_number"] > 0.5 for row in found)


@pytest.mark.parametrize("name", ["rows.csv", "rows.jsonl"])
def test_a_bare_insult_is_aimed_at_whom_it_stands_under(home, name) -> None:
    post = "Meet your ward councillors."
    rows = [
        {"id": "1", "text": ABUSE, "context": "The library opens.", "parent": ""},
        {"id": "2", "text": ABUSE, "context": post, "parent": ""},
        {"id": "3", "text": ABUSE, "context": post, "parent": "I like them."},
    ]
    found, _ = score(home, written(rows, name), "--classifier", "wordlist", name=name)

    assert [row["clauses"][0]["target"] for row in found] == ["staff", "councillor", "resident"]


def test_a_context_that_is_no_text_is_told_without_its_words(home) -> None:
    lines = '{"id": 1, "text": "One", "context": {"post": "Robin"}}\n{"id": 2, "text": "Two"}\n'
    rows, complaint = score(home, lines, "--classifier", "wordlist", name="rows.jsonl", status=1)

    assert [row["id"] for row in rows] == [2]
    assert "line 1: its context is no text; write it as words or leave it out." in complaint
    assert "Robin" not in complaint


def test_a_bad_row_is_told_with_its_line_and_the_rest_still_runs(home) -> None:
    rows, complaint = score(home, f"id,text\n1,One\n,no id\n3,{ABUSE}\n", status=1)

    assert [row["id"] for row in rows] == ["1", "3"]
    path = home.path / "rows.csv"
    assert complaint == (
        f"{path}, line 3: it has no id; give it a word or a whole number.\n"
        "1 row could not be read; the others are assessed.\n"
    )


def test_two_bad_rows_are_counted(home) -> None:
    _, complaint = score(home, "id,text\n,a\n,b\n", status=1)

    assert complaint.endswith("2 rows could not be read; the others are assessed.\n")


def test_many_rows_come_out_in_the_order_they_went_in(home) -> None:
    rows, _ = score(home, "id,text\n" + "".join(f"{n},Row {n}\n" for n in range(600)))

    assert [row["id"] for row in rows] == [str(n) for n in range(600)]


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"\xef\xbb\xbfid,text\r\n1,Lovely\r\n", 0),
        (b"id,text\n1,\xff\xfe not UTF-8\n", 0),
        (b"\xef\xbb\xbf" + b'{"id": 1, "text": "\\ud83d half"}\n', 0),
        (b"id,text\n1," + b"a" * 20_000 + b"\n", 0),
        ("id,text\n1,\u202e\u0634\u0643\u0631\u0627\u202c 👏🏽\n".encode(), 0),
        (b"id,text\n1,a\x00b\n", 0),
        (b"id,text\n", 0),
        (b"", 1),
        (b"words\n", 1),
    ],
)
def test_no_content_breaks_it(home, content, status) -> None:
    rows, _ = score(home, content, status=status)

    assert len(rows) == (1 if status == 0 and content != b"id,text\n" else 0)


def test_standard_input_and_output_are_a_hyphen(home) -> None:
    result = home.run("score", "--input", "-", "--output", "-", said=f"id,text\n1,{ABUSE}\n,\n")

    assert result.exit_code == 1
    (line,) = result.stdout.splitlines()
    assert json.loads(line)["breach"]
    assert result.stderr.startswith("standard input, line 3: it has no id")


def test_as_a_process_it_reads_and_writes_the_same(home) -> None:
    status, out, err = home.finished(
        "score", "--input", "-", "--output", "-", said=f"id,text\n1,{ABUSE}\n"
    )

    assert (status, err) == (0, "")
    assert json.loads(out)["breach"]


def test_it_needs_no_configuration_and_makes_no_database(home) -> None:
    for each in home.path.iterdir():
        each.unlink()
    rows, _ = score(home, "id,text\n1,One\n")

    assert len(rows) == 1
    assert {each.name for each in home.path.iterdir()} == {"rows.csv", "out.jsonl"}


def test_a_standard_of_ones_own_is_read_by(home) -> None:
    shipped = SHIPPED_STANDARDS.read_text("utf-8")
    own = home.write("own.toml", shipped.replace('version = "1.0.0"', 'version = "9.9.9"', 1))
    ((row,), _) = score(home, "id,text\n1,One\n", "--standards", str(own))

    assert "9.9.9" in row["standards"]


@pytest.mark.parametrize("mistake", ["not there", "not toml", "threshold"])
def test_a_standard_with_a_mistake_is_told_and_nothing_is_written(home, mistake) -> None:
    path = home.path / "own.toml"
    shipped = SHIPPED_STANDARDS.read_text("utf-8")
    if mistake == "not toml":
        path.write_text("[standard\n", "utf-8")
    if mistake == "threshold":
        path.write_text(shipped.replace("suspect = 0.5", "suspect = 7", 1), "utf-8")
    rows, complaint = score(home, "id,text\n1,One\n", "--standards", str(path), status=2)

    assert rows == []
    assert "own.toml" in complaint
    assert "in the configuration." in complaint


def test_classifiers_can_be_chosen(home) -> None:
    ((row,), _) = score(home, f"id,text\n1,{ABUSE}\n", "--classifier", "wordlist")

    assert row["model"].startswith("wordlist")


def test_the_environment_chooses_them_too(home) -> None:
    home.environ["WARDMOTE_CLASSIFIERS"] = "wordlist"
    ((row,), _) = score(home, f"id,text\n1,{ABUSE}\n")

    assert row["model"].startswith("wordlist")


def test_a_classifier_that_does_not_exist_is_told_with_those_that_do(home) -> None:
    rows, complaint = score(home, "id,text\n1,One\n", "--classifier", "wordlst", status=1)

    assert rows == []
    assert complaint.startswith(
        "There is no classifier called 'wordlst'. Did you mean 'wordlist'? These exist:"
    )


def test_a_setting_that_is_wrong_is_told(home) -> None:
    _, complaint = score(home, "id,text\n1,One\n", "--classifier", "wordlist,wordlist", status=2)

    assert "WARDMOTE_CLASSIFIERS" in complaint


def test_a_file_that_is_not_there_is_named(home) -> None:
    result = home.run("score", "--input", "/nowhere/rows.csv", "--output", "-")

    assert result.exit_code == 1
    assert result.stderr.startswith("/nowhere/rows.csv cannot be used: No such file or directory.")


def test_an_output_that_cannot_be_written_is_named(home) -> None:
    home.write("rows.csv", "id,text\n1,One\n")
    result = home.run(
        "score", "--input", str(home.path / "rows.csv"), "--output", "/nowhere/out.jsonl"
    )

    assert result.exit_code == 1
    assert "/nowhere/out.jsonl" in result.stderr


def test_the_input_is_never_overwritten(home) -> None:
    rows = home.write("rows.csv", "id,text\n1,One\n")
    result = home.run("score", "--input", str(rows), "--output", str(home.path / "./rows.csv"))

    assert result.exit_code == 2
    assert "is the input; writing would destroy it" in result.stderr
    assert rows.read_text("utf-8") == "id,text\n1,One\n"


def test_no_text_stands_in_a_complaint(home) -> None:
    _, complaint = score(home, 'id,text\n,"Robin is an idiot"\n1,"Robin\n', status=1)

    assert "Robin" not in complaint
