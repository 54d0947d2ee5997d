from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from classifiers.windows import Window, Windows, batches, readable
from tests.tiny_models import MARKS, tiny_tokenizer

_WORDS = ["one", "two", "three", "four", "five", "six", "seven", "."]
_NUMBER = {word: number for number, word in enumerate((*MARKS, *_WORDS))}


def _windows(*, size: int = 6, stride: int = 3) -> Windows:
    return Windows(tiny_tokenizer(_WORDS), size=size, stride=stride)


def _read(window: Window) -> list[str]:
    names = {number: word for word, number in _NUMBER.items()}
    return [names[number] for number in window.ids]


def test_a_short_text_is_one_window_between_the_tokenizers_marks() -> None:
    (window,) = _windows().of("One two.")

    assert _read(window) == ["[CLS]", "one", "two", ".", "[SEP]"]
    assert window.type_ids == (0, 0, 0, 0, 1)


def test_a_long_text_is_read_in_windows_that_overlap() -> None:
    windows = _windows().of("one two three four five six seven")

    assert [_read(window) for window in windows] == [
        ["[CLS]", "one", "two", "three", "four", "[SEP]"],
        ["[CLS]", "four", "five", "six", "seven", "[SEP]"],
    ]


def test_the_stride_is_how_much_later_the_next_window_begins() -> None:
    windows = _windows(stride=1).of("one two three four five six")

    assert [_read(window)[1] for window in windows] == ["one", "two", "three"]


def test_the_empty_text_is_one_window_of_marks() -> None:
    assert [_read(window) for window in _windows().of("")] == [["[CLS]", "[SEP]"]]


def test_pieces_are_the_whole_text_without_marks_or_overlap() -> None:
    text = "one two three four five six seven " * 50

    assert _windows().pieces(text) == [_NUMBER[word] for word in text.split()]


def test_reading_windows_leaves_no_trace_in_the_pieces() -> None:
    windows = _windows()
    text = "one two three four five six seven"

    before = windows.of(text)

    assert windows.pieces(text) == [_NUMBER[word] for word in text.split()]
    assert windows.of(text) == before


def test_a_mark_that_a_resident_types_is_no_mark() -> None:
    (window,) = _windows(size=9, stride=1).of("one [SEP] two")

    assert window.ids.count(_NUMBER["[SEP]"]) == 1
    assert window.ids[-1] == _NUMBER["[SEP]"]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(_WORDS), max_size=60),
    st.integers(min_value=3, max_value=12),
    st.data(),
)
def test_windows_lose_no_piece_and_never_grow_too_long(
    words: list[str], size: int, data: st.DataObject
) -> None:
    stride = data.draw(st.integers(min_value=1, max_value=size - 2))
    windows = Windows(tiny_tokenizer(_WORDS), size=size, stride=stride)

    read = [list(window.ids[1:-1]) for window in windows.of(" ".join(words))]

    assert all(len(each) <= size - 2 for each in read)
    joined = read[0]
    for each in read[1:]:
        joined = joined + each[size - 2 - stride :]
    assert joined == [_NUMBER[word] for word in words]


@pytest.mark.parametrize("stride", [0, 5])
def test_a_stride_that_skips_or_stands_still_is_refused(stride: int) -> None:
    with pytest.raises(ValueError, match="between 1 and 4"):
        _windows(stride=stride)


def test_a_tokenizer_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="no marks"):
        Windows(tiny_tokenizer(_WORDS, marks=False), size=6, stride=3)


def test_the_tokenizers_own_cutting_and_padding_are_switched_off() -> None:
    tokenizer = tiny_tokenizer(_WORDS)
    tokenizer.enable_truncation(3)
    tokenizer.enable_padding(length=20)

    (window,) = Windows(tokenizer, size=9, stride=4).of("one two three four")

    assert _read(window) == ["[CLS]", "one", "two", "three", "four", "[SEP]"]


def _word_pieces(longest: int) -> Tokenizer:
    vocabulary = {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "<pad>": 3, "idiot": 4, "##idiot": 5, "!": 6}
    tokenizer = Tokenizer(
        models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=longest)
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    return tokenizer


def test_a_word_longer_than_the_tokenizer_reads_is_read_in_parts() -> None:
    windows = Windows(_word_pieces(10), size=20, stride=10)

    assert windows.pieces("idiot" * 6) == [4, 5] * 3
    assert windows.pieces("idiotidiot") == [4, 5]
    assert windows.pieces("idiotidiot!" * 2) == [4, 5, 6, 4, 5, 6]


def test_padding_is_what_the_tokenizer_calls_so() -> None:
    assert Windows(_word_pieces(10), size=20, stride=10).padding == 3
    assert _windows().padding == _NUMBER["[PAD]"]


def test_without_a_padding_mark_the_first_piece_stands_in() -> None:
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "[CLS]": 1}, unk_token="[UNK]"))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A", special_tokens=[("[CLS]", 1)]
    )

    assert Windows(tokenizer, size=4, stride=2).padding == 0


def test_batches_hold_windows_of_like_length_and_each_once() -> None:
    windows = [Window((number,) * number, (0,) * number) for number in (2, 9, 4, 8, 3)]

    lengths = [[len(window.ids) for window in some] for some in batches(windows, 2)]

    assert lengths == [[9, 8], [4, 3], [2]]
    assert list(batches([], 4)) == []


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("plain \u0634 👏", "plain \u0634 👏"),
        ("before \ud83d after", "before \ufffd after"),
        ("\udc4f\ud83d", "\ufffd\ufffd"),
        ("two halves \ud83d\udc4f", "two halves 👏"),
    ],
)
def test_only_lone_surrogates_are_replaced(text: str, read: str) -> None:
    assert read == readable(text)
