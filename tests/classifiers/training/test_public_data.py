from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifiers.contract import DETOXIFY_LABELS, Label
from classifiers.training.public_data import SHARES, Share, read_public
from classifiers.training.rows import HEAD_INDEX, Rows

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

ALL = {"civil": Share(), "gab": Share(weight=0.25)}


def row(row_id: str, source: str = "civil", *, split: str = "train", **labels: Any) -> dict:
    known = {"toxicity": 0.0, **labels}
    values = {str(label): known.get(label) for label in DETOXIFY_LABELS}
    return {"id": row_id, "text": f"text of {row_id}", "source": source, "split": split, **values}


def write(folder: Path, rows: Sequence[dict]) -> Path:
    path = folder / "train.parquet"
    texts = [(name, pa.string()) for name in ("id", "text", "source", "split")]
    labels = [(str(label), pa.float32()) for label in DETOXIFY_LABELS]
    # A column more than is read, as in the file itself.
    schema = pa.schema([*texts, *labels, ("licence", pa.string())])
    parquet.write_table(pa.Table.from_pylist(list(rows), schema=schema), path)
    return path


def many(source: str = "civil", **labels: float) -> list[dict]:
    sign = "-".join(labels)
    return [row(f"{source}{sign}{number}", source, **labels) for number in range(20)]


def heads(rows: Rows, index: int = 0) -> dict[str, float]:
    return {
        str(label): float(rows.targets[index, place])
        for label, place in HEAD_INDEX.items()
        if not math.isnan(rows.targets[index, place])
    }


def test_the_rows_of_one_split_are_read(tmp_path: Path) -> None:
    path = write(tmp_path, [row("a"), row("b", split="valid"), row("c", split="test")])

    assert list(read_public(path, split="train", shares=ALL).texts) == ["text of a"]
    assert list(read_public(path, split="valid", shares=ALL).texts) == ["text of b"]


def test_what_a_source_does_not_say_stays_unknown(tmp_path: Path) -> None:
    path = write(tmp_path, [row("a", toxicity=0.75, insult=math.nan)])

    rows = read_public(path, split="train", shares=ALL)

    assert heads(rows) == {"toxicity": 0.75}
    assert (rows.targets.shape, rows.targets.dtype) == ((1, len(HEAD_INDEX)), np.float32)


def test_a_public_label_that_a_clause_is_about_speaks_for_it_too(tmp_path: Path) -> None:
    labels = {"threat": 1.0, "identity_attack": 0.5, "sexual_explicit": 0.0, "insult": 1.0}
    path = write(tmp_path, [row("a", **labels)])

    assert heads(read_public(path, split="train", shares=ALL)) == {
        "toxicity": 0.0,
        **labels,
        "menace": 1.0,
        "hate": 0.5,
        "sexual_remark": 0.0,
    }


def test_entities_of_a_page_are_read_as_the_characters_they_stand_for(tmp_path: Path) -> None:
    path = write(tmp_path, [row("a") | {"text": "&lt;3 fish &amp; chips&#33;"}])

    assert list(read_public(path, split="train", shares=ALL).texts) == ["<3 fish & chips!"]


def test_a_row_counts_as_much_as_its_source(tmp_path: Path) -> None:
    path = write(tmp_path, [row("a", "gab"), row("b", "civil")])
    rows = read_public(path, split="train", shares=ALL)

    assert dict(zip(rows.texts, rows.weights.tolist(), strict=True)) == {
        "text of a": 0.25,
        "text of b": 1.0,
    }


@pytest.mark.parametrize(
    ("share", "positives", "negatives"),
    [
        (Share(), 20, 40),
        (Share(positives=3), 3, 40),
        (Share(negatives=5), 20, 5),
        (Share(positives=0, negatives=1), 0, 1),
        (Share(positives=900, negatives=900), 20, 40),
    ],
)
def test_a_share_is_at_most_so_many_of_each_kind(
    tmp_path: Path, share: Share, positives: int, negatives: int
) -> None:
    rows = [*many(toxicity=0.1, insult=0.5), *many(toxicity=0.49), *many(toxicity=math.nan)]
    path = write(tmp_path, [*rows, *many("gab", threat=1.0)])

    found = read_public(path, split="train", shares={**ALL, "civil": share})

    ours = ["civil" in text for text in found.texts]
    positive = np.nan_to_num(found.targets).max(axis=1) >= 0.5
    assert sum(ours & positive) == positives
    assert sum(ours & ~positive) == negatives
    assert ours.count(False) == 20


def test_the_choice_is_by_the_ids_alone(tmp_path: Path) -> None:
    rows = many(toxicity=0.1)
    shares = {**ALL, "civil": Share(negatives=7)}
    chosen = list(read_public(write(tmp_path, rows), split="train", shares=shares).texts)

    shuffled = [*many("gab"), *reversed(rows)]
    again = read_public(write(tmp_path, shuffled), split="train", shares=shares)
    more = read_public(
        write(tmp_path, rows), split="train", shares={**ALL, "civil": Share(negatives=8)}
    )

    assert len(chosen) == 7
    assert [text for text in again.texts if "civil" in text] == chosen
    assert list(more.texts[:7]) == chosen
    assert chosen != [each["text"] for each in rows[:7]]


def test_texts_keep_their_own_targets(tmp_path: Path) -> None:
    rows = [row(f"r{number}", toxicity=number / 64) for number in range(64)]
    found = read_public(write(tmp_path, rows), split="train", shares=ALL)

    place = HEAD_INDEX[Label("toxicity")]
    assert {
        text: target[place] for text, target in zip(found.texts, found.targets, strict=True)
    } == {f"text of r{number}": number / 64 for number in range(64)}


def test_a_source_without_a_share_is_refused_by_name(tmp_path: Path) -> None:
    path = write(tmp_path, [row("a"), row("b", "reddit"), row("c", "another")])

    with pytest.raises(ValueError, match=r"holds sources without a share: another, reddit$"):
        read_public(path, split="train", shares=ALL)


def test_the_shipped_shares_take_something_of_every_source() -> None:
    assert all(share.weight > 0 for share in SHARES.values())
    assert all(share.positives != 0 for share in SHARES.values())
