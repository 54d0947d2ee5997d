from __future__ import annotations

import json
import sys

import pytest

from config.standards import SHIPPED_STANDARDS

pytest.importorskip("sklearn")

RUDE = "You are an idiot."
EXAMPLES = (
    ("A-1", RUDE, "breach", ["abuse"], "abuse"),
    ("A-2", "Thank you for mending the swings.", "clear", [], "praise"),
    ("A-3", "What a stupid idea this bus lane is.", "criticism", [], "criticism"),
    ("A-4", "Nobody would miss me, quietly written", "welfare", ["welfare"], "welfare-self"),
    ("A-5", "The Muslim centre on our street is lovely.", "clear", [], "benign"),
)


@pytest.fixture
def examples(home) -> str:
    lines = [
        json.dumps({"id": i, "text": text, "lane": lane, "clauses": clauses, "family": family})
        for i, text, lane, clauses, family in EXAMPLES
    ]
    return str(home.write("mine.jsonl", "\n".join(lines)))


@pytest.fixture
def run(home, examples):
    def ran(*also: str, status: int = 0):
        result = home.run(
            "evaluate", "--examples", examples, "--classifier", "wordlist,target", *also
        )
        assert result.exit_code == status, result.output
        return result

    return ran


def test_without_a_folder_it_prints_the_floors_and_writes_nothing(home, run) -> None:
    before = set(home.path.iterdir())
    result = run()

    assert "What must hold" in result.stdout
    assert "mine.jsonl: 5 examples" in " ".join(result.stdout.split())
    assert "floors are reached" in result.stdout
    assert set(home.path.iterdir()) == before


def test_a_card_is_written_three_ways_and_quotes_nobody(home, run) -> None:
    run("--output", str(home.path / "card"))
    folder = home.path / "card"

    assert {each.name for each in folder.iterdir()} == {"card.html", "card.md", "card.json"}
    for each in folder.iterdir():
        assert "quietly written" not in each.read_text("utf-8")
    assert json.loads((folder / "card.json").read_text("utf-8"))["subject"]["count"] == 5


def test_misread_comments_are_shown_where_that_is_asked_for(home, run) -> None:
    run("--output", str(home.path / "card"), "--show-texts")
    folder = home.path / "card"

    assert "quietly written" in (folder / "card.html").read_text("utf-8")
    assert "quietly written" in (folder / "card.md").read_text("utf-8")
    assert "quietly written" not in (folder / "card.json").read_text("utf-8")


def test_json_is_one_object_and_nothing_else(run) -> None:
    found = json.loads(run("--json").stdout)

    assert found["figures"]["breach"]["recall"]["value"] == 1
    assert found["baseline"] is None


def test_a_baseline_that_holds_is_no_failure(home, run) -> None:
    path = str(home.path / "baseline.json")
    run("--baseline", path, "--write-baseline")
    found = json.loads(run("--baseline", path, "--json").stdout)

    assert found["baseline"]["falls"] == []
    assert found["baseline"]["held"] > 5


def test_a_figure_that_fell_ends_with_1_and_says_which(home, run) -> None:
    path = home.path / "baseline.json"
    run("--baseline", str(path), "--write-baseline")
    whole = json.loads(path.read_text("utf-8"))
    whole["figures"]["Welfare concerns found"]["value"] = 1.0
    path.write_text(json.dumps(whole), "utf-8")
    result = run("--baseline", str(path), status=1)

    assert result.stderr == (
        "Welfare concerns found went from 1.000 to 0.000; it may be worse by 0.020 at most.\n"
        "1 figure fell below the baseline.\n"
    )


def test_two_classifiers_stand_side_by_side(run) -> None:
    result = run("--compare", "request")
    told = " ".join(result.stdout.split())

    assert "Side by side" in told
    assert "only the first is right on 1 and only the second on 0" in told
    assert "McNemar's exact test: p = 1" in told


def test_two_standards_stand_side_by_side_and_the_examples_are_named(home, run) -> None:
    deaf = SHIPPED_STANDARDS.read_text("utf-8").replace('label = "insult"', 'label = "pile_on"')
    own = home.write("own.toml", deaf)
    found = json.loads(run("--compare-standards", str(own), "--json").stdout)["comparison"]

    assert "A-1" in {each["id"] for each in found["changes"]}
    assert found["first"] != found["second"]
    assert found["first"].partition(",")[0] == found["second"].partition(",")[0]


def test_a_reference_filter_stands_beside(run, tmp_path, monkeypatch) -> None:
    (tmp_path / "better_profanity.py").write_text(
        "class profanity:\n    contains_profanity = staticmethod(lambda text: 'idiot' in text)\n",
        "utf-8",
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "better_profanity", raising=False)
    try:
        result = run("--reference", "better-profanity")
    finally:
        sys.modules.pop("better_profanity", None)

    assert "better-profanity: breach recall 1.000" in " ".join(result.stdout.split())


def test_the_projects_own_examples_are_read_by_default(home) -> None:
    result = home.run("evaluate", "--classifier", "request", "--json")
    found = json.loads(result.stdout)

    assert result.exit_code == 0
    assert found["subject"]["examples"] == "test split"
    assert found["subject"]["count"] > 1000


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--show-texts"], "name their folder with --output"),
        (["--limit", "5"], "--limit is for --benchmarks"),
        (["--benchmarks", ".", "--compare", "request"], "--benchmarks reads public files only"),
        (["--write-baseline", "--classifier", "request"], "or name --baseline"),
        (["--reference", "wordlst"], "There is no reference filter called 'wordlst'"),
        (["--examples", "/nowhere.jsonl"], "/nowhere.jsonl cannot be used"),
        (["--benchmarks", "/nowhere"], "/nowhere holds no Parquet file"),
        (["--classifier", "wordlst"], "There is no classifier called 'wordlst'"),
        (["--classifier", "wordlist,wordlist"], "WARDMOTE_CLASSIFIERS"),
        (["--standards", "/nowhere.toml"], "in the configuration."),
    ],
)
def test_a_request_that_cannot_be_met_is_told(home, options, complaint) -> None:
    result = home.run("evaluate", *options)

    assert result.exit_code in {1, 2}
    assert complaint in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("missing", ["numpy", "scipy", "sklearn"])
def test_a_machine_without_the_extra_is_told_which_to_install(home, monkeypatch, missing) -> None:
    # A module that is None is one that Python was told not to import.
    monkeypatch.setitem(sys.modules, missing, None)
    result = home.run("evaluate")

    assert result.exit_code == 2
    assert result.stderr == (
        f"wardmote evaluate needs {missing}, not installed here. "
        "Install the extra: pip install 'wardmote[evaluate]'.\n"
    )


def test_public_files_are_measured_beside_published_figures(home) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    folder = home.path / "public"
    folder.mkdir()
    pq.write_table(
        pa.table({"text": [RUDE, "Thank you"], "toxicity": [1.0, 0.0]}),
        folder / "jigsaw2018_test_balanced.parquet",
    )
    out = home.path / "out"
    chosen = ("--benchmarks", str(folder), "--classifier", "wordlist")
    result = home.run("evaluate", *chosen, "--limit", "2", "--output", str(out))

    assert result.exit_code == 0, result.output
    assert "jigsaw2018_test_balanced" in result.stdout
    names = {each.name for each in out.iterdir()}
    assert names == {"benchmarks.html", "benchmarks.md", "benchmarks.json"}
    found = json.loads(home.run("evaluate", *chosen, "--json").stdout)
    assert found["files"][0]["measures"][0]["published"]
