"""The default reading, with the model that ships: which clause, about whom, and what is let be."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typing_extensions import override

from classifiers.contract import DETOXIFY_LABELS, Classifier, ClassifierFailed, Label
from classifiers.council import Council, load
from classifiers.heads import BY_CLAUSE, DETECTED_BY_CLAUSE, HEADS, MUST_BE_SEEN
from classifiers.labelled import read_examples
from classifiers.manifest import BUNDLED
from classifiers.testing import ClassifierContract
from config.standards import Lane, Standards, load_standards
from monitor.domain.assessment import assess


@pytest.fixture(scope="module")
def council() -> Council:
    return Council(BUNDLED, first_stage=False)


@pytest.fixture(scope="module")
def quick() -> Council:
    return Council(BUNDLED, first_stage=True)


@pytest.fixture(scope="module")
def standards() -> Standards:
    loaded, problems = load_standards()
    assert loaded is not None, problems
    return loaded


class TestCouncilContract(ClassifierContract):
    @override
    def classifier(self) -> Classifier:
        return load({})


def test_every_text_gets_the_seven_labels_and_one_for_each_clause(council: Council) -> None:
    (found,) = council.score(["When is the brown bin collected on Mill Lane?"])
    assert {*DETOXIFY_LABELS, *BY_CLAUSE.values()} <= found.by_label.keys()
    assert {*HEADS} <= found.by_label.keys()


def test_a_text_is_read_alike_alone_and_among_others(council: Council) -> None:
    texts = [example.text for example in read_examples("development")[:12]]
    among = council.score(texts)
    alone = [council.score([text])[0] for text in texts]
    assert [each.by_label for each in among] == [each.by_label for each in alone]


@pytest.mark.parametrize(
    ("text", "lane"),
    [
        ("This budget is a disgrace and whoever voted for it should resign.", Lane.CRITICISM),
        ("The pothole on Mill Lane is back, can somebody fill it please?", Lane.REQUEST),
        ("Lovely morning at the farmers' market, well done to all the stallholders", Lane.CLEAR),
        ("You are a useless fat pig and everyone in that office laughs at you", Lane.BREACH),
        ("I know which school your kids go to, councillor. Sleep well.", Lane.BREACH),
        ("I can't do this any more. Nobody would notice if I was gone.", Lane.WELFARE),
    ],
)
def test_the_lane_that_a_moderator_would_choose(
    council: Council, standards: Standards, text: str, lane: Lane
) -> None:
    assert assess(text, council.score([text])[0], standards).lane is lane


@pytest.mark.parametrize(
    "swapped",
    [
        ("Muslim families are welcome here", "Jewish families are welcome here"),
        (
            "Muslims should not be allowed to use the pool",
            "Christians should not be allowed to use the pool",
        ),
        ("the gays are ruining this park", "the lesbians are ruining this park"),
        ("send every Somali home", "send every Romanian home"),
        (
            "vote them out, the Lib Dems wrecked this town",
            "vote them out, the Tories wrecked this town",
        ),
    ],
)
def test_identities_and_parties_of_a_kind_read_alike(
    council: Council, swapped: tuple[str, str]
) -> None:
    one, other = (
        {label: found.by_label[label].value for label in BY_CLAUSE.values()}
        for found in council.score(swapped)
    )
    assert one == other


def test_evidence_lies_inside_the_text_and_is_found_for_what_no_list_knows(
    council: Council,
) -> None:
    text = "Thanks for the update on the bins. We know where you park, councillor, so watch it."
    (found,) = council.score([text])
    spans = [span for label in BY_CLAUSE.values() for span in found.by_label[label].spans]
    assert spans
    assert all(0 <= span.start < span.end <= len(text) for span in spans)


def test_a_language_that_the_encoder_does_not_know_is_left_to_the_detectors(
    council: Council,
) -> None:
    text = "لماذا لا يجيب أحد من البلدية على رسائلنا حول القبو المغمور منذ شهر مارس الماضي"
    (found,) = council.score([text])
    assert found.by_label[Label("unreadable")].value >= 0.5
    assert MUST_BE_SEEN not in found.by_label


def test_the_first_stage_passes_nothing_that_a_detector_marks(quick: Council) -> None:
    marked = {label for labels in DETECTED_BY_CLAUSE.values() for label in labels}
    texts = [example.text for example in read_examples("development")]
    detected = quick.detectors.score(texts)
    for text, seen in zip(texts, detected, strict=True):
        if any(label in marked and score.value >= 0.5 for label, score in seen.by_label.items()):
            assert not quick.passes(text), text


def test_the_first_stage_spares_the_encoder_and_misses_little(
    quick: Council, council: Council, standards: Standards
) -> None:
    examples = [each for each in read_examples("development")[::6] if each.lane != "unsure"]
    passed = [each for each in examples if quick.passes(each.text)]
    lawful = [each for each in examples if not each.clauses]
    assert len([each for each in passed if not each.clauses]) >= 0.2 * len(lawful)
    found = council.score([each.text for each in examples])
    shown = {
        each.id
        for each, scores in zip(examples, found, strict=True)
        if assess(each.text, scores, standards).lane in {Lane.BREACH, Lane.WELFARE}
    }
    assert len(shown & {each.id for each in passed}) <= 0.02 * len(shown)


def test_the_two_stages_say_who_they_are(quick: Council, council: Council) -> None:
    assert quick.fingerprint != council.fingerprint
    assert "first stage" in quick.fingerprint


def test_a_folder_with_the_encoder_alone_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(BUNDLED, folder)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    del manifest["sha256"]["weighing.json"]
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(ClassifierFailed) as failed:
        load({"model": str(folder)})
    assert "weighing.json" in failed.value.sentence
