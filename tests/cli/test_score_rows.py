from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.cli.score_rows import BadRow, ReadRow, read_rows


def read(text: str) -> list[ReadRow | BadRow]:
    return list(read_rows(io.StringIO(text, newline="")))


def why(text: str) -> list[tuple[int, str]]:
    return [(each.line, each.why) for each in read(text) if isinstance(each, BadRow)]


def texts(text: str) -> list[str]:
    return [each.text for each in read(text) if isinstance(each, ReadRow)]


def test_csv_and_json_lines_say_the_same() -> None:
    as_csv = read('id,text\n1,"Thank you, all"\n')
    as_json = read('{"id": "1", "text": "Thank you, all"}\n')

    assert [(each.id, each.text) for each in as_csv] == [("1", "Thank you, all")]
    assert [(each.id, each.text) for each in as_json] == [("1", "Thank you, all")]


def test_columns_may_stand_in_any_order_with_others_between() -> None:
    assert read("platform,Text , ID\nx,Lovely,7\n") == [ReadRow(2, "7", "Lovely")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_will_do(end) -> None:
    assert texts(end.join(["id,text", "1,One", "2,Two", ""])) == ["One", "Two"]


def test_a_line_break_inside_a_cell_is_kept_and_lines_are_counted_from_the_rows_first() -> None:
    found = read('id,text\n1,"One\r\nand a half"\n,lost\n')

    assert found == [
        ReadRow(2, "1", "One\r\nand a half"),
        BadRow(4, "it has no id; give it a word or a whole number"),
    ]


def test_blank_lines_are_nobodys_rows() -> None:
    assert texts("\n\nid,text\n\n1,One\n\n") == ["One"]
    assert texts('\n{"id": 1, "text": "One"}\n \n{"id": 2, "text": "Two"}\n\n') == ["One", "Two"]


def test_a_quotation_mark_that_is_not_closed_gives_up_its_own_line_only() -> None:
    text = 'id,text\n1,One\n2,"Two\n3,Three\n4,"Four"\n5,Five\n'

    assert why(text) == [(3, "it is no CSV row; look at its quotation marks")]
    assert texts(text) == ["One", "Three", "Four", "Five"]


def test_words_after_a_closed_quotation_mark_are_no_row() -> None:
    assert why('id,text\n1,"One" more\n2,Two\n') == [
        (2, "it is no CSV row; look at its quotation marks")
    ]


def test_an_inch_mark_inside_words_is_only_a_mark() -> None:
    assert texts('id,text\n1,A 6" pipe\n2,Two\n') == ['A 6" pipe', "Two"]


def test_a_comma_that_is_not_quoted_does_not_cut_the_text_in_silence() -> None:
    assert why("id,text\n1,Thank you, all\n") == [
        (2, "it has 3 cells and the heading 2; put the text in quotation marks")
    ]


def test_a_row_that_is_too_short_has_no_text() -> None:
    assert why("id,text\n1\n") == [(2, "it has no text")]


def test_columns_that_are_not_needed_may_be_left_out_of_a_row() -> None:
    assert texts("id,text,context\n1,One\n") == ["One"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "there is nothing to read; write a heading with id and text"),
        ("\n \n", "there is nothing to read; write a heading with id and text"),
        ("a,b\n1,2\n", "the heading has no id and no text"),
        ("id,words\n1,2\n", "the heading has no text"),
        ('"id,text\n', "it is no CSV row; look at its quotation marks"),
        ('[{"id": 1}]\n', "it is a JSON array; write one object a line instead"),
    ],
)
def test_a_file_that_is_wrong_from_its_first_line_is_told_once(text, problem) -> None:
    assert [words for _, words in why(text)] == [problem]
    assert texts(text) == []


@pytest.mark.parametrize(
    "line", ['{"id": 1', "plain words", '{"id": NaN, "text"}', "[" * 100_000, "[1]", "7"]
)
def test_a_line_that_is_no_object_is_told_and_the_rest_is_read(line) -> None:
    text = f'{{"id": 1, "text": "One"}}\n{line}\n{{"id": 3, "text": "Three"}}\n'

    assert [number for number, _ in why(text)] == [2]
    assert texts(text) == ["One", "Three"]


@pytest.mark.parametrize("row_id", ["null", "true", "1.5", '""', '"  "', "[1]"])
def test_an_id_is_a_word_or_a_whole_number(row_id) -> None:
    assert why(f'{{"id": {row_id}, "text": "One"}}\n') == [
        (1, "it has no id; give it a word or a whole number")
    ]


@pytest.mark.parametrize("text", ["null", "7", "[]"])
def test_a_text_is_a_text(text) -> None:
    assert why(f'{{"id": 1, "text": {text}}}\n') == [(1, "it has no text")]


@pytest.mark.parametrize(
    "text",
    [
        'id,parent,text,Context\n1,"No, they are.",Quite.,"We open, at nine."\n',
        '{"id": "1", "text": "Quite.", "context": "We open, at nine.", "parent": "No, they are."}',
    ],
)
def test_what_stands_above_a_text_is_read_where_it_is_given(text) -> None:
    (row,) = read(text)

    assert (row.context, row.parent) == ("We open, at nine.", "No, they are.")


@pytest.mark.parametrize(
    "text",
    [
        "id,text\n1,One\n",
        "id,text,context,parent\n1,One,,\n",
        "id,text,context,parent\n1,One\n",
        '{"id": 1, "text": "One"}',
        '{"id": 1, "text": "One", "context": null, "parent": ""}',
    ],
)
def test_nothing_need_stand_above_it(text) -> None:
    (row,) = read(text)

    assert (row.context, row.parent) == ("", "")


@pytest.mark.parametrize("key", ["context", "parent"])
@pytest.mark.parametrize("value", ["0", "7", "false", "[]", '["a post"]', "{}", '{"post": "p"}'])
def test_what_stands_above_is_a_text(key, value) -> None:
    text = f'{{"id": 1, "text": "One", "{key}": {value}}}\n{{"id": 2, "text": "Two"}}\n'

    assert why(text) == [(1, f"its {key} is no text; write it as words or leave it out")]
    assert texts(text) == ["Two"]


def test_an_id_is_given_back_as_it_was_given() -> None:
    assert [each.id for each in read('{"id": 7, "text": ""}\n{"id": "7", "text": ""}\n')] == [
        7,
        "7",
    ]


def test_twenty_thousand_characters_are_a_text() -> None:
    assert len(texts(f"id,text\n1,{'a' * 20_000}\n")[0]) == 20_000


def test_a_cell_without_an_end_does_not_swallow_the_file() -> None:
    text = 'id,text\n1,"' + "a" * 1_200_000 + "\n2,Two\n"

    assert [number for number, _ in why(text)] == [2]
    assert texts(text) == ["Two"]


@given(st.lists(st.text(st.characters(exclude_characters="\x00")), max_size=8))
def test_whatever_is_written_as_csv_is_read_as_it_was(written) -> None:
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, quoting=csv.QUOTE_ALL)
    writer.writerow(["id", "text"])
    writer.writerows((number, text) for number, text in enumerate(written))

    assert texts(sink.getvalue()) == written


@given(st.text())
def test_no_file_breaks_the_reader(text) -> None:
    for each in read(text):
        assert each.line >= 1
