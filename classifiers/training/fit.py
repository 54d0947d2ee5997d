"""The training loop: seeded, resumable after any step it saved, with a progress bar."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from tokenizers import Tokenizer
from torch.nn import functional

from classifiers.contract import DETOXIFY_LABELS
from classifiers.heads import HEADS
from classifiers.preparing import prepare
from classifiers.training.rows import Rows

__all__ = ["Stage", "fit"]

_SAVE_EVERY: Final = 500
_BUCKET: Final = 50
_PAD_TO: Final = 8
# Most public rows know toxicity alone; without this, those with seven labels would drown them.
_COUNTS: Final = [3.0 if label == DETOXIFY_LABELS[0] else 1.0 for label in HEADS]


@dataclass(frozen=True, slots=True)
class Stage:
    """One pass of training.

    Attributes:
        name: Names its files in the working folder.
        epochs: How often every row is read.
        rate: The highest learning rate; it rises for ``warm_up`` of the steps, then falls to
            nothing.
        head_rate: The same for the last layer, which starts from nothing in the first stage.
        frozen_layers: So many lower layers, and the embeddings, stay as they came; None trains
            everything.
        batch: Texts a step.
        longest: Tokens a text is cut to while training; windows of this size are read later.
        smoothing: Moves 0 and 1 so far towards one half.
        steps: Stops after so many of its steps, before the rate has fallen to nothing, because
            another stage follows; None for all of them.
    """

    name: str
    epochs: int
    rate: float
    head_rate: float
    frozen_layers: int | None
    batch: int = 64
    longest: int = 96
    warm_up: float = 0.06
    smoothing: float = 0.0
    steps: int | None = None


def fit(
    model: Any,
    tokenizer: Tokenizer,
    rows: Rows,
    stage: Stage,
    *,
    folder: Path,
    seed: int,
    compiled: bool,
    device: str = "cpu",
) -> None:
    """Train the model in place; a stage that was cut off goes on where it last saved.

    Args:
        model: A sequence classifier of Hugging Face with one output for each head.
        tokenizer: The base encoder's.
        rows: What to learn.
        stage: How.
        folder: Where its state is kept between runs; a finished stage is loaded, not repeated.
        seed: Decides the order of rows.
        compiled: Whether to compile the model first: a minute at the start, a third faster.
        device: ``cpu`` or ``cuda``.
    """
    finished = folder / f"{stage.name}.pt"
    if finished.exists():
        model.load_state_dict(torch.load(finished, weights_only=True))
        return
    model.to(device).train()
    _freeze(model, stage.frozen_layers)
    optimiser = torch.optim.AdamW(_groups(model, stage), weight_decay=0.01, fused=True)
    lengths, tokens = _tokens(tokenizer, rows.texts, stage)
    plan = list(_plan(lengths, stage, seed=seed))
    state_file = folder / f"{stage.name}.part.pt"
    last = len(plan) if stage.steps is None else min(stage.steps, len(plan))
    done = _resume(state_file, model, optimiser, stage, total=len(plan))
    forward = torch.compile(model, dynamic=True) if compiled else model
    with _progress() as progress:
        bar = progress.add_task(stage.name, total=last, completed=done, loss="")
        smooth = math.nan
        for step in range(done, last):
            _set_rates(optimiser, stage, step, total=len(plan))
            loss = _step(forward, rows, tokens, plan[step], stage, device=device)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            value = float(loss.detach())
            smooth = value if math.isnan(smooth) else 0.99 * smooth + 0.01 * value
            progress.update(bar, advance=1, loss=f"{smooth:.4f}")
            if (step + 1) % _SAVE_EVERY == 0:
                _save(state_file, model, optimiser, stage, step=step + 1, total=len(plan))
    torch.save(model.state_dict(), finished)
    state_file.unlink(missing_ok=True)


def _freeze(model: Any, layers: int | None) -> None:
    model.requires_grad_(requires_grad=True)
    if layers is not None:
        model.bert.embeddings.requires_grad_(requires_grad=False)
        for layer in model.bert.encoder.layer[:layers]:
            layer.requires_grad_(requires_grad=False)


def _groups(model: Any, stage: Stage) -> list[dict[str, Any]]:
    head = [each for each in model.classifier.parameters() if each.requires_grad]
    ids = {id(each) for each in head}
    body = [each for each in model.parameters() if each.requires_grad and id(each) not in ids]
    return [
        {"params": body, "lr": stage.rate, "highest": stage.rate},
        {"params": head, "lr": stage.head_rate, "highest": stage.head_rate},
    ]


def _tokens(
    tokenizer: Tokenizer, texts: Sequence[str], stage: Stage
) -> tuple[list[int], list[list[int]]]:
    tokenizer.enable_truncation(stage.longest)
    tokenizer.no_padding()
    tokens: list[list[int]] = []
    for start in range(0, len(texts), 4096):
        some = [prepare(text).text for text in texts[start : start + 4096]]
        tokens += [encoding.ids for encoding in tokenizer.encode_batch(some)]
    return [len(each) for each in tokens], tokens


def _plan(lengths: Sequence[int], stage: Stage, *, seed: int) -> Iterator[list[int]]:
    """The batches of every epoch: texts of like length together, in random order."""
    for epoch in range(stage.epochs):
        chance = np.random.default_rng([seed, epoch])
        order = chance.permutation(len(lengths))
        span = stage.batch * _BUCKET
        batches = []
        for start in range(0, len(order), span):
            some = sorted(order[start : start + span], key=lambda row: lengths[row])
            batches += [
                [int(row) for row in some[at : at + stage.batch]]
                for at in range(0, len(some), stage.batch)
            ]
        for index in chance.permutation(len(batches)):
            yield batches[index]


def _step(
    forward: Any,
    rows: Rows,
    tokens: Sequence[Sequence[int]],
    batch: Sequence[int],
    stage: Stage,
    *,
    device: str,
) -> torch.Tensor:
    width = max(len(tokens[row]) for row in batch)
    width = (width + _PAD_TO - 1) // _PAD_TO * _PAD_TO
    ids = torch.zeros(len(batch), width, dtype=torch.long)
    mask = torch.zeros(len(batch), width, dtype=torch.long)
    for index, row in enumerate(batch):
        ids[index, : len(tokens[row])] = torch.tensor(tokens[row])
        mask[index, : len(tokens[row])] = 1
    # Sums in sixteen bits take half the time where the processor knows them, and learn as much.
    with torch.autocast(device, torch.bfloat16):
        logits = forward(input_ids=ids.to(device), attention_mask=mask.to(device)).logits
    targets = torch.from_numpy(rows.targets[batch]).to(device)
    weights = torch.from_numpy(rows.weights[batch]).to(device)[:, None]
    is_known = ~targets.isnan()
    wanted = targets.nan_to_num() * (1 - 2 * stage.smoothing) + stage.smoothing
    losses = functional.binary_cross_entropy_with_logits(logits.float(), wanted, reduction="none")
    counted = weights * is_known * torch.tensor(_COUNTS, device=device)
    return (losses * counted).sum() / weights.sum()


def _set_rates(optimiser: Any, stage: Stage, step: int, *, total: int) -> None:
    warm = max(1, int(total * stage.warm_up))
    share = (step + 1) / warm if step < warm else (total - step) / max(1, total - warm)
    for group in optimiser.param_groups:
        group["lr"] = group["highest"] * share


def _resume(path: Path, model: Any, optimiser: Any, stage: Stage, *, total: int) -> int:
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    if state["stage"] != asdict(stage) or state["total"] != total:
        return 0  # another recipe left it: it is no part of this run
    model.load_state_dict(state["model"])
    optimiser.load_state_dict(state["optimiser"])
    return int(state["step"])


def _save(path: Path, model: Any, optimiser: Any, stage: Stage, *, step: int, total: int) -> None:
    whole = path.with_suffix(".new")
    torch.save(
        {
            "model": model.state_dict(),
            "optimiser": optimiser.state_dict(),
            "stage": asdict(stage),
            "step": step,
            "total": total,
        },
        whole,
    )
    whole.replace(path)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("loss {task.fields[loss]}"),
        speed_estimate_period=300,
    )
