from __future__ import annotations

import pytest

from classifiers.contract import Classifier, Label, Span
from classifiers.normalise import normalise
from classifiers.phrasebook import SOFTENED, Phrasebook, PhraseReader
from classifiers.testing import ClassifierContract


def _book(*phrases: str, **more: object) -> Phrasebook:
    group = {"labels": {"seen": 0.9}, "phrases": list(phrases), **more}
    return Phrasebook({"group": [group], "sets": {"who": ["you", "(he|she)"]}}, content=b"")


def _reads(book: Phrasebook, text: str) -> bool:
    return Label("seen") in PhraseReader("test", [book]).read(normalise(text))


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("bad word", "a BAD, word!"),
        ("(bad|mad) word", "mad word"),
        ("(very |)bad", "bad"),
        ("(very |) bad", "very bad"),
        ("so (very |) bad", "so bad"),
        ("bad(s|)", "bads"),
        ("bad ... word", "bad one two three word"),
        ("bad ... word", "bad word"),
        ("bad*", "badness"),
        ("cllr + is bad", "cllr o'brien is bad"),
        ("{who} (are|is) bad", "she is bad"),
        ("so {who}", "so you"),
        ("^bad$", "  Bad!! "),
        ("i'll go", "ill go"),
        ("i'll go", "I\u2019ll go"),
        ("two-faced", "two faced"),
        ("a (b (c|d)|e) f", "a b d f"),
        ("bad word", "_bad word_"),
        ("bad ... word", "bad 1.45 word"),
        ("bad ... ... word", "bad one two three four five six word"),
        ("~bad", "so. Bad"),
        ("~bad", "bad"),
    ],
)
def test_a_phrase_is_found(phrase: str, text: str) -> None:
    assert _reads(_book(phrase), text)


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("ass", "grass assessment"),
        ("bad word", "bad. Word"),
        ("bad ... word", "bad one two three four word"),
        ("^bad$", "not bad"),
        ("bad", "badé"),
        ("bad word", ""),
        ("~bad", "so bad"),
        ("~bad", "so, bad"),
        ("you won", "you won't"),
    ],
)
def test_a_phrase_is_not_found_where_it_does_not_stand(phrase: str, text: str) -> None:
    assert not _reads(_book(phrase), text)


def test_an_exception_hides_only_what_it_covers() -> None:
    book = _book("dick", **{"except": ["spotted dick"]})

    assert not _reads(book, "spotted dick for pudding")
    reading = PhraseReader("test", [book]).read(normalise("spotted dick, you dick"))
    assert (Span(18, 22),) == reading[Label("seen")].spans


def test_a_group_with_needs_speaks_only_where_one_of_them_is_found() -> None:
    book = _book("the lot of them", needs=["{who}"])

    assert _reads(book, "the lot of them, and you")
    assert not _reads(book, "the lot of them")


def test_the_longer_phrase_and_every_place_are_shown() -> None:
    book = Phrasebook(
        {
            "group": [
                {"labels": {"seen": 0.4}, "phrases": ["bad"]},
                {"labels": {"seen": 0.8, "other": 0.3}, "phrases": ["bad word"]},
            ]
        },
        content=b"",
    )

    scores = PhraseReader("test", [book]).read(normalise("bad, bad word"))

    assert scores[Label("seen")].value == 0.8
    assert (Span(0, 3), Span(5, 13)) == scores[Label("seen")].spans
    assert scores[Label("other")].value == 0.3


@pytest.mark.parametrize(
    ("text", "is_softened"),
    [
        ("he called me an idiot", True),
        ("he called me names. You idiot", False),
        ("he called me names but you are the idiot", False),
        ("I'm such an idiot", True),
        ("You are not an idiot", True),
        ("You are not here, which does nothing for anyone, idiot", False),
    ],
)
def test_what_is_reported_or_denied_counts_for_less(text: str, is_softened: bool) -> None:  # noqa: FBT001 - a table's column
    book = Phrasebook(
        {
            "softened_by": "reporting",
            "group": [{"labels": {"insult": 0.8}, "phrases": ["idiot"]}],
        },
        content=b"",
    )

    value = PhraseReader("test", [book]).read(normalise(text))[Label("insult")].value

    assert value == pytest.approx(0.8 * SOFTENED if is_softened else 0.8)


@pytest.mark.parametrize("phrase", ["see {nobody}", "{nobody} here"])
def test_an_unknown_set_is_refused(phrase: str) -> None:
    with pytest.raises(ValueError, match=r"\[sets\]"):
        _book(phrase)


def test_an_open_bracket_is_refused() -> None:
    with pytest.raises(ValueError, match="never closed"):
        _book("(bad|mad word")


class TestPhraseReaderContract(ClassifierContract):
    def classifier(self) -> Classifier:
        return PhraseReader("test", [_book("idiot")])

    def another(self) -> Classifier:
        return PhraseReader("test", [Phrasebook({"group": []}, content=b"other")])
