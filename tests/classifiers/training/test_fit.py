from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from classifiers.contract import Label
from classifiers.heads import HEADS
from classifiers.training.rows import HEAD_INDEX, Rows, known

torch = pytest.importorskip("torch", reason="the extra 'train' is not installed")
transformers = pytest.importorskip("transformers", reason="the extra 'train' is not installed")

loop = import_module("classifiers.training.fit")
Stage = loop.Stage

WORDS = ("you", "idiot", "lovely", "park", "sikh", "muslim", "a", "is", "the")
STAGE = Stage("tiny", epochs=2, rate=0.01, head_rate=0.05, frozen_layers=None, batch=4, longest=8)
STEPS = 6
"""Two epochs of ten rows, four a step."""


@pytest.fixture(autouse=True)
def saved_after_every_second_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "_SAVE_EVERY", 2)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def tokenizer() -> Tokenizer:
    vocabulary = {word: index for index, word in enumerate(("[PAD]", "[CLS]", "[SEP]", *WORDS))}
    made = Tokenizer(models.WordLevel(vocabulary | {"[UNK]": len(vocabulary)}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    return made


def encoder(seed: int = 7) -> Any:
    torch.manual_seed(seed)
    return transformers.BertForSequenceClassification(
        transformers.BertConfig(
            vocab_size=len(WORDS) + 4,
            hidden_size=8,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=16,
            max_position_embeddings=16,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            num_labels=len(HEADS),
        )
    )


def rows(texts: int = 10, **labels: float) -> Rows:
    values = {Label(name): value for name, value in ({"insult": 1.0} | labels).items()}
    return Rows(
        texts=[" ".join(WORDS[: 1 + number % len(WORDS)]) for number in range(texts)],
        targets=np.stack([known(values)] * texts),
        weights=np.ones(texts, dtype=np.float32),
    )


def trained(
    folder: Path,
    stage: Any = STAGE,
    *,
    model: Any = None,
    seed: int = 3,
    learnt: Rows | None = None,
) -> Any:
    """A model that was trained, or that went on where it was cut off."""
    folder.mkdir(exist_ok=True)
    model = encoder() if model is None else model
    learnt = rows() if learnt is None else learnt
    loop.fit(model, tokenizer(), learnt, stage, folder=folder, seed=seed, compiled=False)
    return model


def cut_off(folder: Path, stage: Any = STAGE, *, after: int) -> None:
    """Train for so many steps, and stop there as a machine that is switched off."""
    model = encoder()
    begun = 0

    def count(*_: object) -> None:
        nonlocal begun
        begun += 1
        if begun > after:
            raise KeyboardInterrupt

    model.register_forward_pre_hook(count)
    with pytest.raises(KeyboardInterrupt):
        trained(folder, stage, model=model)


def weights(model: Any) -> dict[str, Any]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def moved(before: Any, after: Any) -> set[str]:
    first, second = weights(before), weights(after)
    return {name for name in first if not torch.equal(first[name], second[name])}


def test_training_learns_what_the_rows_say(tmp_path: Path) -> None:
    learnt = rows(insult=1.0, obscene=0.0)
    model = trained(tmp_path, replace(STAGE, epochs=10), learnt=learnt).eval()

    ids = torch.tensor([[1, 3, 4, 2]])
    (found,) = torch.sigmoid(model(input_ids=ids).logits).tolist()
    assert found[HEAD_INDEX[Label("insult")]] > 0.8
    assert found[HEAD_INDEX[Label("obscene")]] < 0.2


def test_the_same_seed_makes_the_same_weights_and_another_does_not(tmp_path: Path) -> None:
    one = trained(tmp_path / "a", seed=3)

    assert moved(one, trained(tmp_path / "b", seed=3)) == set()
    assert moved(one, trained(tmp_path / "c", seed=4))


@pytest.mark.parametrize("after", [0, 1, 2, STEPS - 1])
def test_a_stage_that_was_cut_off_ends_with_the_weights_of_one_that_was_not(
    tmp_path: Path, after: int
) -> None:
    whole = trained(tmp_path / "whole")
    cut_off(tmp_path, after=after)
    is_saved = (tmp_path / "tiny.part.pt").exists()

    # Whatever weights it starts from, those that were saved take their place.
    resumed = trained(tmp_path, model=encoder(seed=99) if is_saved else encoder())

    assert is_saved is (after >= 2)
    assert moved(whole, resumed) == set()
    assert [path.name for path in tmp_path.glob("*.p*")] == ["tiny.pt"]


def test_it_goes_on_where_it_last_saved(tmp_path: Path) -> None:
    cut_off(tmp_path, after=5)
    model, seen = encoder(), []
    model.register_forward_pre_hook(lambda *_: seen.append("step"))

    trained(tmp_path, model=model)

    assert len(seen) == STEPS - 4


def test_a_stage_stops_after_the_steps_that_it_was_given(tmp_path: Path) -> None:
    seen: list[str] = []
    model = encoder()
    model.register_forward_pre_hook(lambda *_: seen.append("step"))

    trained(tmp_path, replace(STAGE, steps=2), model=model)
    trained(tmp_path, replace(STAGE, name="more", steps=900), model=model)

    assert len(seen) == 2 + STEPS


def test_a_finished_stage_is_loaded_and_not_repeated(tmp_path: Path) -> None:
    first = trained(tmp_path)
    again = encoder(seed=99)
    again.register_forward_pre_hook(lambda *_: pytest.fail("it was trained again"))

    assert moved(first, trained(tmp_path, model=again)) == set()


@pytest.mark.parametrize("other", [{"rate": 0.02}, {"smoothing": 0.1}, {"epochs": 3}])
def test_what_another_recipe_left_is_no_part_of_this_run(tmp_path: Path, other: dict) -> None:
    whole = trained(tmp_path / "whole")
    cut_off(tmp_path, replace(STAGE, **other), after=3)

    assert moved(whole, trained(tmp_path)) == set()


def test_what_other_rows_left_is_no_part_of_this_run(tmp_path: Path) -> None:
    learnt = rows(30)
    whole = trained(tmp_path / "whole", learnt=learnt)
    cut_off(tmp_path, after=3)

    assert moved(whole, trained(tmp_path, learnt=learnt)) == set()


def test_a_label_that_no_row_knows_does_not_move_its_head(tmp_path: Path) -> None:
    before, after = encoder(), trained(tmp_path, learnt=rows(insult=1.0))
    known_head = HEAD_INDEX[Label("insult")]

    # All that a head without a gradient feels is the decay, which shrinks every weight alike.
    shrunk = (after.classifier.weight / before.classifier.weight).detach()
    unknown = [index for index in range(len(HEADS)) if index != known_head]
    assert shrunk[unknown].std() < 1e-5
    assert 0.99 < shrunk[unknown].mean() < 1
    assert shrunk[known_head].std() > 1e-3


def test_a_row_that_weighs_nothing_teaches_nothing(tmp_path: Path) -> None:
    learnt = rows(insult=1.0)
    learnt.weights[5:] = 0.0
    wrong = replace(learnt, targets=learnt.targets.copy())
    wrong.targets[5:, HEAD_INDEX[Label("insult")]] = 0.0

    all_at_once = replace(STAGE, batch=10)
    one = trained(tmp_path / "a", all_at_once, learnt=learnt)

    assert moved(one, trained(tmp_path / "b", all_at_once, learnt=wrong)) == set()
    assert moved(one, trained(tmp_path / "c", all_at_once))


@pytest.mark.parametrize(
    ("layers", "still"),
    [
        (None, ("nothing",)),
        (0, ("bert.embeddings",)),
        (1, ("bert.embeddings", "bert.encoder.layer.0.")),
        (2, ("bert.embeddings", "bert.encoder.layer.")),
    ],
)
def test_frozen_layers_stay_as_they_came(tmp_path: Path, layers: int | None, still: tuple) -> None:
    changed = moved(encoder(), trained(tmp_path, replace(STAGE, frozen_layers=layers)))

    assert [name for name in changed if name.startswith(still)] == []
    assert "classifier.weight" in changed
    assert bool([name for name in changed if name.startswith("bert.embeddings")]) is (
        layers is None
    )
    assert bool([name for name in changed if ".layer.1." in name]) is (layers != 2)


def test_a_stage_after_one_that_froze_trains_all_that_it_names(tmp_path: Path) -> None:
    model = trained(tmp_path, replace(STAGE, frozen_layers=2))
    before = encoder()
    before.load_state_dict(weights(model))

    trained(tmp_path, replace(STAGE, name="next"), model=model)

    assert [name for name in moved(before, model) if name.startswith("bert.embeddings")]


def test_identities_read_alike(tmp_path: Path) -> None:
    models_of = []
    for word in ("sikh", "muslim"):
        learnt = replace(rows(), texts=[f"the {word} park"] * 10)
        models_of.append(trained(tmp_path / word, learnt=learnt))

    assert moved(*models_of) == set()


def test_texts_are_cut_to_the_longest_that_the_stage_reads(tmp_path: Path) -> None:
    short, long = ("the park is lovely you idiot", "the park is lovely you idiot is a park")
    one = trained(tmp_path / "a", learnt=replace(rows(), texts=[short] * 10))
    other = trained(tmp_path / "b", learnt=replace(rows(), texts=[long] * 10))

    assert moved(one, other) == set()


def test_smoothing_keeps_the_model_from_being_certain(tmp_path: Path) -> None:
    ids = torch.tensor([[1, 3, 4, 2]])
    found = []
    for smoothing in (0.0, 0.2):
        folder = tmp_path / str(smoothing)
        stage = replace(STAGE, epochs=40, smoothing=smoothing)
        model = trained(folder, stage).eval()
        found.append(torch.sigmoid(model(input_ids=ids).logits)[0, HEAD_INDEX[Label("insult")]])

    assert found[0] > 0.9
    assert 0.7 < found[1] < 0.9
