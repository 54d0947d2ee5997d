"""The council's reading: encoder, grams and detectors, weighed into one probability a label.

The detectors find exact things (a telephone number, a word), the encoder reads the whole comment,
and the weighing says how far each is to be believed. Detectors' labels stay as they are, because
their spans are what a moderator is shown; the standard asks the weighed label to confirm them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from classifiers.contract import (
    Classifier,
    ClassifierFailed,
    Label,
    ModelFingerprint,
    Score,
    Scores,
)
from classifiers.heads import BY_CLAUSE, DETECTED_BY_CLAUSE, HEADS, MUST_BE_SEEN
from classifiers.manifest import BUNDLED, read_manifest
from classifiers.ngrams import NgramModel
from classifiers.occlusion import occlude
from classifiers.onnx_model import OnnxModel
from classifiers.registry import DETECTORS, open_classifier
from classifiers.weighing import read_weighing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Council", "load", "signals_of"]

_DECIMALS: Final = 6
_UNREADABLE: Final = Label("unreadable")
_HEARD: Final = 0.5
_PARTS: Final = ("grams.npz", "weighing.json")
_MARKS: Final = tuple(label for labels in DETECTED_BY_CLAUSE.values() for label in labels)
_CLAUSE_OF: Final = {label: clause for clause, label in BY_CLAUSE.items()}


def load(options: Mapping[str, str]) -> Classifier:
    """The bundled model with the detectors beside it.

    Args:
        options: ``model``, a folder in place of the bundled one; ``first_stage``, ``on`` lets the
            grams pass what is surely lawful without asking the encoder.

    Raises:
        ClassifierFailed: A file of the model is missing or is not the one it should be.
    """
    return Council(
        Path(options.get("model") or BUNDLED), first_stage=options.get("first_stage") == "on"
    )


class Council:
    """Encoder, grams and detectors as one classifier; the same text always gets the same scores.

    Args:
        folder: The model's folder, as the recipe made it.
        first_stage: Whether the grams may pass a text without the encoder.

    Raises:
        ClassifierFailed: See :func:`load`.
    """

    def __init__(self, folder: Path, *, first_stage: bool) -> None:
        self.detectors = open_classifier(DETECTORS, {})
        self._encoder = OnnxModel(folder)
        vouched = read_manifest(folder).sha256
        missing = [name for name in _PARTS if name not in vouched]
        if missing:
            raise ClassifierFailed(
                f"The model in {folder} has no {' and no '.join(missing)}.",
                hint="Use a folder that wardmote models train made, or the classifier 'bundled'.",
            )
        self._grams = NgramModel.read(folder / "grams.npz")
        self._weighing = read_weighing(folder / "weighing.json")
        self._first_stage = first_stage
        stage = " first stage" if first_stage else ""
        joined = f"{self.detectors.fingerprint} {self._encoder.fingerprint}{stage}"
        digest = hashlib.sha256(joined.encode()).hexdigest()[:12]
        self._fingerprint = ModelFingerprint(f"council {self._encoder.name}{stage} {digest}")

    @property
    def fingerprint(self) -> ModelFingerprint:
        """The model's name, and the hash of it and of the detectors' fingerprints."""
        return self._fingerprint

    def score(self, texts: Sequence[str]) -> list[Scores]:
        """Score every text, in order.

        Raises:
            ClassifierFailed: The encoder or a detector could not read.
        """
        detected = self.detectors.score(texts)
        grams = [self._grams.logits(ids) for ids in self._encoder.pieces(texts)]
        asked = [
            index
            for index, (seen, said) in enumerate(zip(detected, grams, strict=True))
            if not (self._first_stage and self._is_surely_lawful(seen, said))
        ]
        logits = dict(zip(asked, self._encoder.logits([texts[i] for i in asked]), strict=True))
        return [
            Scores(self._fingerprint, self._read(text, seen, said, logits.get(index)))
            for index, (text, seen, said) in enumerate(zip(texts, detected, grams, strict=True))
        ]

    def passes(self, text: str) -> bool:
        """Whether the first stage, were it on, would spare the encoder this text."""
        (detected,) = self.detectors.score([text])
        (ids,) = self._encoder.pieces([text])
        return self._is_surely_lawful(detected, self._grams.logits(ids))

    def _is_surely_lawful(self, detected: Scores, grams: NDArray[np.float32]) -> bool:
        for label in _MARKS:
            score = detected.by_label.get(label)
            if score is not None and score.value >= _HEARD:
                return False
        signals = signals_of(detected, grams, None)
        return self._weighing.first[MUST_BE_SEEN].probability(signals) < self._weighing.pass_below

    def _read(
        self,
        text: str,
        detected: Scores,
        grams: NDArray[np.float32],
        encoder: NDArray[np.float32] | None,
    ) -> dict[Label, Score]:
        found = dict(detected.by_label)
        unreadable = found.get(_UNREADABLE)
        if unreadable is not None and unreadable.value >= _HEARD:
            return found  # the encoder knows no such language: its guess would look like a reading
        weights = self._weighing.first if encoder is None else self._weighing.labels
        signals = signals_of(detected, grams, encoder)
        wanted = []
        for name, weighed in weights.items():
            label = Label(name)
            value = weighed.probability(signals)
            seen = _spans_of(label, detected)
            found[label] = Score(round(value, _DECIMALS), seen.spans if seen is not None else ())
            if label in _CLAUSE_OF and value >= weighed.suspect and (seen is None):
                wanted.append(label)
        if wanted and encoder is not None:
            shown = occlude(text, wanted, self._encoder.logits, heads=self._encoder.heads)
            found |= {label: Score(found[label].value, spans) for label, spans in shown.items()}
        return found


def signals_of(
    detected: Scores, grams: NDArray[np.float32], encoder: NDArray[np.float32] | None
) -> dict[str, float]:
    """Every signal of a text, by name; the encoder's only where it was asked."""
    signals = {f"detector.{label}": score.value for label, score in detected.by_label.items()}
    signals |= {f"grams.{label}": float(value) for label, value in zip(HEADS, grams, strict=True)}
    if encoder is not None:
        signals |= {
            f"encoder.{label}": float(value) for label, value in zip(HEADS, encoder, strict=True)
        }
    return signals


def _spans_of(label: Label, detected: Scores) -> Score | None:
    """What the detectors can show for a label: its own spans, or those of its clause's labels."""
    own = DETECTED_BY_CLAUSE.get(_CLAUSE_OF.get(label, ""), (label,))
    seen = [
        score
        for each in own
        if (score := detected.by_label.get(each)) is not None and score.value >= _HEARD
    ]
    spans = sorted({span for score in seen for span in score.spans})
    return Score(1.0, tuple(spans)) if spans else None
