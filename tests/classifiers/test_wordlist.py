from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest

from classifiers.contract import Classifier, Label
from classifiers.testing import ClassifierContract
from classifiers.wordlist import BOOKS, load

_READER = load({})


def _value(text: str, label: str) -> float:
    scores = _READER.score([text])[0].by_label
    return scores[Label(label)].value if Label(label) in scores else 0.0


class TestWordlistContract(ClassifierContract):
    def classifier(self) -> Classifier:
        return load({})


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("bloody hell", "profanity_mild"),
        ("oh crap", "profanity_mild"),
        ("bollocks", "profanity_medium"),
        ("you munter", "profanity_medium"),
        ("what a bellend", "profanity_strong"),
        ("c*nts", "profanity_strong"),
        ("c*nts", "obscene"),
        ("tits up again", "profanity_medium"),
        ("you pikeys", "identity_attack"),
        ("you pikeys", "severe_toxicity"),
        ("you are thick", "insult"),
        ("know where you live", "surveillance"),
        ("know where you live", "threat"),
        ("you deserve to be shot", "severe_toxicity"),
        ("he is a paedo", "allegation_grave"),
    ],
)
def test_words_are_graded(text: str, label: str) -> None:
    assert _value(text, label) >= 0.5


@pytest.mark.parametrize(
    "text",
    [
        "Scunthorpe, Penistone, Lightwater, Cockermouth, Clitheroe, Essex, Sussex",
        "Blue tits, great tits and long-tailed tits nest in the box",
        "shiitake, cockpit, Dickens, Hancock, grass, assess, analysis, cocktail, classic",
        "Spotted dick, then faggots and peas, with a knob of butter",
        "The peacock and the cockerel at Cocks Wood",
        "Maine Coon found near Offa's Dyke, a chink in the armour",
        "Pussy willow, slag heap, stopcock, prick the sausages",
        "Assistant, passage, bass, mass, harass, embarrass, title, constitution, scrap",
        "Bumblebee, shuttlecock, Titchfield, Swansea, Arsenal, Wankel engine",
    ],
)
def test_places_birds_and_recipes_are_not_swearing(text: str) -> None:
    labels = _READER.score([text])[0].by_label

    assert {label: score.value for label, score in labels.items() if score.value >= 0.5} == {}


@pytest.mark.parametrize(
    "text",
    [
        "This road will be the death of me",
        "I could murder a curry",
        "kill two birds with one stone",
        "that meeting was killing me",
        "Someone will get killed at that crossing",
        "Dead right",
    ],
)
def test_hyperbole_and_warnings_are_no_threat(text: str) -> None:
    assert _value(text, "threat") < 0.5


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("He called me an idiot", "insult"),
        ("Someone threatened to burn my house down", "threat"),
        ("He called my son a paki", "identity_attack"),
        ("graffiti saying councillors deserve to be shot", "threat"),
        ("I was told to fuck off back", "profanity_strong"),
    ],
)
def test_reported_abuse_stays_below_the_line(text: str, label: str) -> None:
    assert _value(text, label) < 0.5


def test_toxicity_is_the_strongest_of_what_was_found() -> None:
    labels = _READER.score(["you fucking idiot"])[0].by_label

    assert (
        max(labels[Label(n)].value for n in ("insult", "obscene"))
        == labels[Label("toxicity")].value
    )
    assert Label("toxicity") not in _READER.score(["Anyone know who took the bribes?"])[0].by_label


def test_every_identity_is_defended_alike() -> None:
    groups = ["muslims", "christians", "gypsies", "women", "men", "gays", "disabled people"]
    groups += ["pensioners", "refugees", "homeless people", "jews", "white people", "poles"]

    assert {0.88} == {_value(f"{group} are vermin", "identity_attack") for group in groups}


def test_every_plain_strong_word_can_be_undone_when_it_is_masked() -> None:
    folder = files("classifiers").joinpath("wordlists")
    hidden = tomllib.loads(folder.joinpath("hidden.toml").read_text("utf-8"))
    profanity = tomllib.loads(folder.joinpath("profanity.toml").read_text("utf-8"))
    strong = {word for group in profanity["group"][:2] for word in group["phrases"]}

    for word in ("bellend(s|)", "dickhead(s|)", "twat(s|)", "wanker(s|)", "prick(s|)"):
        assert word in strong
        assert word.removesuffix("(s|)") in hidden["words"]
    assert set(hidden["masked"]) <= set(hidden["words"])


@pytest.mark.parametrize("book", [*BOOKS, "spam", "welfare", "request", "criticism", "target"])
def test_every_value_is_a_score_and_no_phrase_is_blank(book: str) -> None:
    text = files("classifiers").joinpath("wordlists", f"{book}.toml").read_text("utf-8")

    for group in tomllib.loads(text)["group"]:
        assert all(0 < value <= 1 for value in group["labels"].values())
        assert all(phrase.strip() for phrase in (*group["phrases"], *group.get("except", ())))
