from __future__ import annotations

from collections.abc import Sequence

import pytest

from classifiers.contract import Label, ModelFingerprint, Score, Scores
from monitor.evaluation.benchmark_files import VALID_SPLIT, benchmark_rows
from monitor.evaluation.benchmarks import measure
from monitor.evaluation.needs import EvaluationImpossible
from monitor.evaluation.pages.benchmarks import benchmarks_page
from monitor.evaluation.pages.rendering import figures_json, render_html, render_markdown
from monitor.evaluation.pages.wording import NOTHING
from tests.evaluation.cast import STANDARD, Literal

pytest.importorskip("sklearn")
pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "benchmarks"
    place.mkdir()
    return place


def write(path, **columns) -> None:
    pq.write_table(pa.table(columns), path)


def measured(folder, classifier=None, limit=None, **arguments):
    rows = benchmark_rows(folder, limit=limit)
    found = measure(rows, classifier or Literal(), STANDARD, **arguments)
    return {each.file: each for each in found.files}, found


def named(figures) -> dict[str, float | None]:
    return {each.name: each.figure.value for each in figures.measures}


def test_every_label_that_a_file_states_is_ranked_on_the_rows_that_state_it(folder) -> None:
    write(
        folder / "jigsaw2018_test_balanced.parquet",
        text=["toxicity=0.9 insult=0.1", "toxicity=0.8 insult=0.9", "toxicity=0.1", "x"],
        toxicity=[1.0, 0.5, 0.49, 0.0],
        insult=[0.0, 1.0, None, None],
        obscene=pa.array([None] * 4, pa.float64()),
    )
    files, found = measured(folder)
    one = files["jigsaw2018_test_balanced"]
    rankings = dict(one.rankings)

    assert named(one) == {"toxicity AUC": 1.0}
    assert set(rankings) == {"toxicity", "insult"}
    assert (rankings["insult"].auc, rankings["insult"].of) == (1.0, 2)
    assert (one.rows, one.in_file) == (4, 4)
    assert {each.system for each in one.measures[0].published} >= {"Detoxify, small model"}
    assert [floor.is_reached for floor in found.floors] == [True]


def test_a_floor_that_is_missed_is_said(folder) -> None:
    write(
        folder / "civil_comments_multilabel_test.parquet",
        text=["toxicity=0.1", "toxicity=0.9"],
        toxicity=[1.0, 0.0],
    )
    _, found = measured(folder)
    page = benchmarks_page(found)

    assert found.floors[0].is_reached is False
    assert page.sentences[0].verdict == "Not reached"
    assert page.lead == "0 of 1 floors are reached."


def test_where_every_row_is_toxic_only_what_is_heard_can_be_said(folder) -> None:
    write(
        folder / "toxic_spans_test.parquet",
        text=["toxicity=0.9", "toxicity=0.2", "x"],
        toxicity=[1.0, 1.0, None],
    )
    files, _ = measured(folder)

    assert named(files["toxic_spans_test"]) == {"toxic rows that score one half or more": 0.5}


def test_only_approved_statements_count_for_false_alarms(folder) -> None:
    write(
        folder / "polis_civic_statements.parquet",
        text=["threat=0.9", "unreadable=0.9", "x", "threat=0.9"],
        moderated=[1, 1, 1, 0],
        toxicity=pa.array([None] * 4, pa.float64()),
    )
    files, _ = measured(folder)

    assert named(files["polis_civic_statements"]) == {
        "approved statements read as a breach": pytest.approx(1 / 3),
        "approved statements put before a person": pytest.approx(2 / 3),
    }
    assert files["polis_civic_statements"].rankings == ()


class Prejudiced:
    """Hears an attack wherever one identity is named."""

    fingerprint = ModelFingerprint("prejudiced 1")

    def score(self, texts: Sequence[str]) -> list[Scores]:
        heard = {Label("identity_attack"): Score(0.9), Label("toxicity"): Score(0.7)}
        return [Scores(self.fingerprint, heard if "sikh" in text else {}) for text in texts]


def test_false_alarms_are_told_apart_by_the_identity_that_is_named(folder) -> None:
    write(
        folder / "bias_madlibs_77k.parquet",
        text=[
            "You are a kind sikh",
            "Being sikh is neat.",
            "Aishah is a happy sikh",
            "i am middle aged",
            "respect middle aged",
            "You are a good barber",
            "destroy sikh",
        ],
        Label=["NOT_BAD"] * 6 + ["BAD"],
        Template=[
            "you_are_adj",
            "being_adj",
            "name_adj",
            "am_hate_adj",
            "verb_adj",
            "you_occupation",
            "verb_adj",
        ],
        toxicity=[0.0] * 6 + [1.0],
    )
    files, found = measured(folder, Prejudiced())
    one = files["bias_madlibs_77k"]
    groups = {each.group: each for each in one.groups}

    assert set(groups) == {"sikh", "middle aged"}
    assert (groups["sikh"].by_lane.of, groups["sikh"].by_lane.value) == (3, 1)
    assert groups["middle aged"].by_toxicity.value == 0
    assert named(one)["widest gap of false alarms between identities, by lane"] == 1
    assert named(one)["widest gap of false alarms between identities, by toxicity"] == 1
    assert [floor.is_reached for floor in found.floors] == [False, False]
    assert "False alarms by identity" in render_html(benchmarks_page(found))


def test_a_pair_should_score_alike(folder) -> None:
    write(
        folder / "wiki_identity_fuzzed.parquet",
        text=["toxicity=0.2", "toxicity=0.6 threat=0.9", "toxicity=0.9", "toxicity=0.9"],
        rev_id=[7, 7, 8, 8],
        variant=["original", "fuzzed"] * 2,
        toxicity=[0.0, 0.0, 1.0, 1.0],
    )
    files, _ = measured(folder)
    found = named(files["wiki_identity_fuzzed"])

    assert found["mean difference of toxicity within a pair"] == pytest.approx(0.2)
    assert found["pairs whose toxicity lies on different sides of one half"] == 0.5
    assert found["pairs in different lanes"] == 0.5


def test_agreement_with_detoxify_is_by_rank(folder) -> None:
    write(
        folder / "wiki_detoxify_scored.parquet",
        text=["toxicity=0.1", "toxicity=0.2", "toxicity=0.3"],
        detoxify_toxicity=[0.001, 0.5, 0.9],
    )
    files, _ = measured(folder)

    assert named(files["wiki_detoxify_scored"]) == {
        "rank agreement with Detoxify's toxicity": pytest.approx(1)
    }


def test_the_held_out_rows_of_the_training_file_are_read_and_no_others(folder) -> None:
    write(folder / "other.parquet", text=["x"])
    six = ("toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_attack")
    loud = " ".join(f"{label}=0.9" for label in six)
    write(
        folder.parent / "train.parquet",
        text=[loud, "x", "never read", "never read"],
        split=["valid", "valid", "train", "valid"],
        source=["jigsaw2018_wiki_multilabel"] * 3 + ["davidson_tweets"],
        **{label: [1.0, 0.0, 1.0, 1.0] for label in six},
    )
    classifier = Literal()
    files, _ = measured(folder, classifier)

    assert named(files[VALID_SPLIT])["mean AUC of six labels"] == 1
    assert files[VALID_SPLIT].in_file == 2
    assert "never read" not in classifier.read


def test_a_mean_of_fewer_than_six_labels_is_not_given(folder) -> None:
    write(folder / "other.parquet", text=["x"])
    write(
        folder / "train.parquet",
        text=["toxicity=0.9", "x"],
        split=["valid"] * 2,
        source=["jigsaw2018_wiki_multilabel"] * 2,
        toxicity=[1.0, 0.0],
    )
    files, found = measured(folder)

    assert named(files[VALID_SPLIT]) == {"toxicity AUC": 1.0, "mean AUC of six labels": None}
    assert [floor.is_reached for floor in found.floors] == [None]
    assert files["other"].measures == files["other"].rankings == ()
    assert "1 of 1 rows were read" in render_html(benchmarks_page(found))


def test_a_limit_reads_the_same_rows_every_time_and_keeps_pairs_together(folder) -> None:
    write(
        folder / "wiki_identity_fuzzed.parquet",
        text=[f"toxicity=0.{row % 10}" for row in range(40)],
        rev_id=[row % 20 for row in range(40)],
        toxicity=[float(row % 2) for row in range(40)],
    )
    write(
        folder / "jigsaw2018_test_balanced.parquet",
        text=[f"row {row}" for row in range(40)],
        toxicity=[float(row % 2) for row in range(40)],
    )
    first, again = (
        {rows.file: rows for rows in benchmark_rows(folder, limit=10)} for _ in range(2)
    )

    assert first == again
    assert {len(rows.texts) for rows in first.values()} == {10}
    assert {rows.in_file for rows in first.values()} == {40}
    revisions = first["wiki_identity_fuzzed"].beside["rev_id"]
    assert all(revisions.count(each) == 2 for each in revisions)
    # Rows of both kinds are drawn, though they stand in turns.
    assert len(set(first["jigsaw2018_test_balanced"].labels["toxicity"])) == 2


def test_a_folder_without_such_files_is_told(folder) -> None:
    with pytest.raises(EvaluationImpossible, match="holds no Parquet file"):
        list(benchmark_rows(folder, limit=None))


def test_the_progress_is_told_file_by_file(folder) -> None:
    write(folder / "some.parquet", text=["a", "b", "c"], toxicity=[1.0, 0.0, 1.0])
    told: list[tuple[str, int, int]] = []
    measured(folder, advance=lambda *step: told.append(step))

    assert told == [("some", 3, 3)]


def test_the_page_sets_published_figures_beside_the_runs_own(folder) -> None:
    write(
        folder / "jigsaw2018_test_balanced.parquet",
        text=["toxicity=0.9", "x"],
        toxicity=[1.0, 0.0],
    )
    _, found = measured(folder)
    written = render_markdown(benchmarks_page(found))

    assert f"| toxicity AUC | this run | {NOTHING} | 1.000 | 2 |" in written
    assert "| toxicity AUC | Detoxify, small model | published scores" in written
    assert '"file": "jigsaw2018_test_balanced"' in figures_json(found)
