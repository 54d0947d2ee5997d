"""What stands above a comment, and how far it changes the reading."""

from __future__ import annotations

import pytest

from classifiers.contract import Label, ModelFingerprint, Score, Scores, Span
from config.standards import Lane, Standards, Target, load_standards
from monitor.domain.assessment import assess, bearing_target
from monitor.domain.context import NO_CONTEXT, Context


@pytest.fixture(scope="module")
def standards() -> Standards:
    loaded, problems = load_standards()
    assert loaded is not None, problems
    return loaded


def _scores(label: str, value: float, *spans: Span) -> Scores:
    return Scores(ModelFingerprint("test"), {Label(label): Score(value, spans)})


def test_a_number_that_the_post_gives_is_published(standards: Standards) -> None:
    text = "ring them on 01632960122, they do answer"
    scores = _scores("phone_number", 1.0, Span(13, 24))
    post = "Questions about your bill? Call us on 01632 960 122."
    assert assess(text, scores, standards).lane is Lane.BREACH
    assert assess(text, scores, standards, context=Context(post=post)).lane is Lane.CLEAR


def test_another_number_under_that_post_is_not(standards: Standards) -> None:
    text = "ring him at home on 01632960199"
    scores = _scores("phone_number", 1.0, Span(20, 31))
    context = Context(post="Call us on 01632 960 122.")
    assert assess(text, scores, standards, context=context).lane is Lane.BREACH


def test_of_two_numbers_only_the_private_one_is_evidence(standards: Standards) -> None:
    text = "01632960122 no answer, try her on 07700900123"
    scores = _scores("phone_number", 1.0, Span(0, 11), Span(34, 45))
    found = assess(text, scores, standards, context=Context(post="Call 01632 960 122."))
    assert [(each.start, each.end) for each in found.breaches[0].evidence] == [(34, 45)]


def test_a_word_that_the_post_uses_too_stays_the_writers_own(standards: Standards) -> None:
    text = "you are an idiot"
    scores = _scores("insult", 1.0, Span(11, 16))
    context = Context(post="Do not be an idiot on the roads.")
    assert assess(text, scores, standards, context=context).lane is Lane.BREACH


def test_a_part_of_a_longer_number_is_not_published() -> None:
    context = Context(post="Reference 00107700900123, offices at 112 Mill Lane")
    assert not context.publishes("07700 900123")
    assert not context.publishes("12 Mill Lane")
    assert context.publishes("112 mill lane")


@pytest.mark.parametrize("words", ["12", "A1", "@"])
def test_what_is_too_short_proves_nothing(words: str) -> None:
    assert not Context(post=f"Bus {words} leaves from here.").publishes(words)


@pytest.mark.parametrize(
    ("context", "target"),
    [
        (NO_CONTEXT, Target.STAFF),
        (Context(post="The library opens at nine."), Target.STAFF),
        (Context(post="Meet your new ward councillors."), Target.COUNCILLOR),
        (Context(post="Cllr Okafor opened the bridge."), Target.COUNCILLOR),
        (Context(post="Cllr Okafor opened it.", parent="I like it."), Target.RESIDENT),
    ],
)
def test_an_insult_that_names_nobody_bears_on_whom_it_stands_under(
    context: Context, target: Target
) -> None:
    for label in ("insult", "contempt"):
        assert bearing_target({Label(label): Score(0.9)}, context) is target


def test_the_model_is_believed_before_the_list() -> None:
    scores = {Label("insult"): Score(1.0), Label("contempt"): Score(0.1)}
    assert bearing_target(scores) is Target.NOBODY
