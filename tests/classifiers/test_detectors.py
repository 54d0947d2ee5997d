from __future__ import annotations

import time

import pytest

from classifiers import criticism, language, request, spam, target, welfare
from classifiers.contract import Classifier, Label
from classifiers.registry import DETECTORS, open_classifier
from classifiers.testing import ClassifierContract

_PANEL = open_classifier(DETECTORS, {})


def _strong(text: str) -> set[str]:
    scores = _PANEL.score([text])[0].by_label
    return {label for label, score in scores.items() if score.value >= 0.5}


class TestSpamContract(ClassifierContract):
    def classifier(self) -> Classifier:
        return spam.load({})


class TestWelfareContract(ClassifierContract):
    def classifier(self) -> Classifier:
        return welfare.load({})


class TestRequestContract(ClassifierContract):
    def classifier(self) -> Classifier:
        return request.load({})


class TestCriticismContract(ClassifierContract):
    def classifier(self) -> Classifier:
        return criticism.load({})


class TestTargetContract(ClassifierContract):
    def classifier(self) -> Classifier:
        return target.load({})


class TestLanguageContract(ClassifierContract):
    def classifier(self) -> Classifier:
        return language.load({})


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Follow for follow", "advertising"),
        ("Claim your energy rebate here by following the link", "scam"),
        ("I am the returning officer, text your vote to me", "impersonation"),
        ("Copy and paste this to your wall", "chain_post"),
        ("I want to end it all", "self_harm_risk"),
        ("there is a child left alone in the flat", "person_at_risk"),
        ("Please can you fix the swing", "service_request"),
        ("When does the pool open", "question"),
        ("Exposed wires by the swings", "hazard"),
        ("This is an FOI request", "foi_request"),
        ("I want to complain", "formal_complaint"),
        ("What a shambles", "criticism"),
        ("Councillor Harding voted for it", "target_councillor"),
        ("the woman on reception was rude", "target_staff"),
        ("you lot", "target_staff"),
        ("get a life, your comment is daft", "target_resident"),
        ("asylum seekers are here", "target_group"),
        ("the council", "target_institution"),
    ],
)
def test_each_label_has_its_words(text: str, label: str) -> None:
    assert label in _strong(text)


@pytest.mark.parametrize("name", ["spam", "welfare", "request", "criticism", "target"])
def test_what_a_detector_returns_is_what_it_says_it_may(name: str) -> None:
    module = {
        "spam": spam,
        "welfare": welfare,
        "request": request,
        "criticism": criticism,
        "target": target,
    }[name]
    detector = module.load({})
    texts = [text for text, _ in _LABELLED]

    found = {label for scores in detector.score(texts) for label in scores.by_label}

    assert found <= set(module.LABELS)
    assert found


_LABELLED = [
    ("Follow for follow", "advertising"),
    ("I want to end it all", "self_harm_risk"),
    ("Why was my bin missed, you useless council", "service_request"),
]


@pytest.mark.parametrize(
    "text",
    [
        "Дякую!",
        "Diolch yn fawr iawn",
        "Dziękuję bardzo!",
        "شكرا",
        "ধন্যবাদ",
        "谢谢 👏",
        "f\u0443\u0441k",
        "Zoë's café",
        "👏👏👏",
        "1234 5678",
        "ok x",
    ],
)
def test_friendly_short_phrases_and_disguises_do_not_ask_for_a_person(text: str) -> None:
    assert "unreadable" not in _strong(text)


@pytest.mark.parametrize(
    "text",
    [
        "Чому вулиці такі брудні",
        "Дякую, але чому вулиці такі брудні",
        "لماذا الشارع مظلم",
        "\u043f\u0440\u0438\u0432\u0435\u0442".encode().decode("latin-1"),
        "\ufffd\ufffd\ufffd bins",
        "nie wiem dlaczego to jest tak bardzo drogie dla nas",
    ],
)
def test_what_nobody_here_can_judge_asks_for_a_person(text: str) -> None:
    assert "unreadable" in _strong(text)


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "a ",
        "you ",
        "'",
        "-",
        "*",
        "(",
        "@",
        "a@",
        "a.a@",
        "1",
        "1 ",
        "0 0",
        "07700 ",
        "14 mill ",
        "aa11 ",
        "gb82 ",
        "f*ck ",
        "f.u.c.k.",
        "i d i o t ",
        "you fat ",
        "travellers are ",
        "someone said ",
        "i'll ",
        "the the ",
        "her kids ",
        "copy and paste ",
        "schoolgirl ",
        "i want to ",
        "\u0441\u0443",
        "\u200b",
        "é",
        "👏",
        "\ud83d",
        "a'-",
        "14 ",
        "no one ",
    ],
)
def test_twenty_thousand_characters_of_trouble_finish(piece: str) -> None:
    """Longer text takes longer in proportion: a pattern that backtracks would take hours."""
    text = (piece * 20_000)[:20_000]

    before = time.process_time()
    _PANEL.score([text])

    assert time.process_time() - before < 5


def test_a_person_addressed_outweighs_the_building_beside_them() -> None:
    (scores,) = target.load({}).score(["You are a moron, like everyone at the town hall."])

    staff = scores.by_label[Label("target_staff")].value
    assert staff >= scores.by_label[Label("target_institution")].value
