from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from classifiers.contract import ClassifierFailed
from classifiers.registry import DETECTORS, available, open_classifier


def test_one_name_opens_one_classifier() -> None:
    assert open_classifier(["spam"], {}).fingerprint.startswith("spam ")


def test_several_names_open_a_panel_in_their_order() -> None:
    panel = open_classifier(["spam", "language"], {})

    assert panel.fingerprint.startswith("panel of 2 ")
    assert panel.fingerprint != open_classifier(["language", "spam"], {}).fingerprint


def test_an_unknown_name_says_what_exists_and_what_was_meant() -> None:
    with pytest.raises(ClassifierFailed) as failure:
        open_classifier(["wordlst"], {})

    assert "wordlst" in failure.value.sentence
    assert "Did you mean 'wordlist'?" in failure.value.hint
    assert all(name in failure.value.hint for name in available())


def test_a_name_like_no_other_gets_no_guess() -> None:
    with pytest.raises(ClassifierFailed) as failure:
        open_classifier(["zzzzzz"], {})

    assert "Did you mean" not in failure.value.hint


def test_no_name_is_refused_because_silence_looks_clean() -> None:
    with pytest.raises(ClassifierFailed, match="nothing can be scored"):
        open_classifier([], {})


def test_every_detector_is_available() -> None:
    assert {*DETECTORS, "detoxify"} <= set(available())


@pytest.fixture
def third_party(tmp_path: Path) -> Iterator[None]:
    info = tmp_path / "town_words-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: town-words\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[wardmote.classifiers]\ntown = town_words:load\n")
    (tmp_path / "town_words.py").write_text(
        "from classifiers.testing import ScriptedClassifier\n"
        "def load(options):\n"
        "    return ScriptedClassifier({options['word']: {'insult': float(options['value'])}})\n"
    )
    sys.path.insert(0, str(tmp_path))
    yield
    sys.path.remove(str(tmp_path))
    sys.modules.pop("town_words", None)


@pytest.mark.usefixtures("third_party")
def test_another_distribution_may_offer_a_classifier() -> None:
    classifier = open_classifier(
        ["town"], {"word": "numpty", "town.value": "0.6", "spam.value": "0.1"}
    )

    assert "town" in available()
    assert next(iter(classifier.score(["numpty"])[0].by_label.values())).value == 0.6
