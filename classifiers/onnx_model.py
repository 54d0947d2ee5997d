"""A converted model under ONNX Runtime: verified, read in parallel, the same bits every time.

A model's folder holds ``model.onnx``, ``tokenizer.json`` and ``manifest.json``, which names the
heads and the SHA-256 of every file. Any sequence classifier fits whose graph asks for nothing but
``input_ids``, ``attention_mask`` and ``token_type_ids``: Detoxify's architectures do.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from classifiers.contract import (
    Classifier,
    ClassifierFailed,
    Label,
    ModelFingerprint,
    Score,
    Scores,
)
from classifiers.manifest import BUNDLED, Manifest, read_manifest, verify
from classifiers.preparing import prepare
from classifiers.windows import Window, Windows, batches, readable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["BUNDLED", "OnnxModel", "load"]

_DECIMALS: Final = 6
# So many texts are held as windows at once; the others wait as texts.
_AT_ONCE: Final = 256
# Beyond this a logistic is 0 or 1 in every decimal that is kept, and its exponential stays finite.
_CERTAIN: Final = 60.0


def load(options: Mapping[str, str]) -> Classifier:
    """The model in the folder ``model``, or the one that ships.

    Raises:
        ClassifierFailed: A file is missing or is not the one it should be, or will not load.
    """
    return OnnxModel(Path(options.get("model") or BUNDLED))


class OnnxModel:
    """One verified model; safe to call from several threads.

    With the manifest's ``batch`` 1 every window is run alone, so that a text's scores do not
    depend on its neighbours by a single bit. A larger batch is for graphs without dynamically
    quantised activations, whose rounding differs in the last digits only.

    Args:
        folder: Where its files lie.
        threads: Windows read at the same time; None takes every core that this process may use.

    Raises:
        ClassifierFailed: See :func:`load`.
    """

    def __init__(self, folder: Path, *, threads: int | None = None) -> None:
        self._manifest = read_manifest(folder)
        verify(folder, self._manifest)
        self._windows = _open_tokenizer(folder, self._manifest)
        self._session, runtime = _open_session(folder)
        self._inputs = _inputs_of(self._session)
        self._outputs = [self._session.get_outputs()[0].name]
        self._threads = threads or _usable_cores()
        self._fingerprint = ModelFingerprint(
            f"{self.name} {self._manifest.version} {self._manifest.digest[:12]} {runtime}"
        )
        # Files that do not belong together are found now, and not by a resident's comment.
        self.logits(["A."])

    @property
    def name(self) -> str:
        """What the manifest calls the model."""
        return self._manifest.name

    @property
    def heads(self) -> tuple[Label, ...]:
        """What it scores, in the order of :meth:`logits`."""
        return self._manifest.heads

    @property
    def fingerprint(self) -> ModelFingerprint:
        """Name, version, a digest of all files and settings, and the runtime's version."""
        return self._fingerprint

    def score(self, texts: Sequence[str]) -> list[Scores]:
        """Score every text, in order; the empty text as the tokenizer's marks alone are read.

        Raises:
            ClassifierFailed: The model could not read; no text may be treated as clean.
        """
        return [
            Scores(
                self._fingerprint,
                {
                    head: Score(round(value, _DECIMALS))
                    for head, value in zip(self.heads, row, strict=True)
                },
            )
            for row in self.probabilities(texts).tolist()
        ]

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Each head's probability, 0 to 1; ``(texts, heads)``.

        Raises:
            ClassifierFailed: See :meth:`score`.
        """
        import numpy as np  # noqa: PLC0415 - naming this module must stay cheap

        logits = self.logits(texts).astype(np.float64).clip(-_CERTAIN, _CERTAIN)
        result: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-logits))
        return result

    def logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Each head's highest logit over the windows of a text; ``(texts, heads)``.

        Raises:
            ClassifierFailed: See :meth:`score`.
        """
        import numpy as np  # noqa: PLC0415 - as above

        highest = np.full((len(texts), len(self.heads)), -np.inf, dtype=np.float32)
        with ThreadPoolExecutor(self._threads) as pool:
            for start in range(0, len(texts), _AT_ONCE):
                owners = self._cut(texts[start : start + _AT_ONCE])
                some = list(batches(list(owners), self._manifest.batch))
                for windows, rows in zip(some, pool.map(self._run, some), strict=True):
                    for window, row in zip(windows, rows, strict=True):
                        for owner in owners[window]:
                            place = highest[start + owner]
                            np.maximum(place, row, out=place)
        return highest

    def pieces(self, texts: Iterable[str]) -> list[list[int]]:
        """Each text's word pieces, as the encoder reads them but without marks.

        Raises:
            ClassifierFailed: See :meth:`score`.
        """
        return [self._tokenised(self._windows.pieces, text) for text in texts]

    def _cut(self, texts: Sequence[str]) -> dict[Window, set[int]]:
        """Every window once, and the texts it stands in: what is repeated is read once."""
        owners: dict[Window, set[int]] = {}
        for index, text in enumerate(texts):
            for window in self._tokenised(self._windows.of, text):
                owners.setdefault(window, set()).add(index)
        return owners

    def _tokenised(self, read: Callable[[str], list[_Part]], text: str) -> list[_Part]:
        plain = readable(text)
        try:
            return read(prepare(plain).text if self._manifest.prepared else plain)
        except Exception as problem:  # noqa: BLE001 - the library raises bare ones
            raise ClassifierFailed(
                f"The tokenizer of the model {self.name} could not read a text of {len(text)} "
                f"characters ({type(problem).__name__}).",
                hint=_TOGETHER,
            ) from None

    def _run(self, windows: Sequence[Window]) -> NDArray[np.float32]:
        """The logits of one batch; ``(windows, heads)``."""
        import numpy as np  # noqa: PLC0415 - as above

        shape = (len(windows), max(len(window.ids) for window in windows))
        given = {
            "input_ids": np.full(shape, self._windows.padding, dtype=np.int64),
            "attention_mask": np.zeros(shape, dtype=np.int64),
            "token_type_ids": np.zeros(shape, dtype=np.int64),
        }
        for row, window in enumerate(windows):
            length = len(window.ids)
            given["input_ids"][row, :length] = window.ids
            given["attention_mask"][row, :length] = 1
            given["token_type_ids"][row, :length] = window.type_ids
        try:
            (logits,) = self._session.run(
                self._outputs, {name: given[name].astype(kind) for name, kind in self._inputs}
            )
        except Exception as problem:  # noqa: BLE001 - the runtime has no root for its own
            raise ClassifierFailed(
                f"The model {self.name} could not read {shape[1]} word pieces "
                f"({type(problem).__name__}).",
                hint=_TOGETHER,
            ) from None
        if logits.shape != (len(windows), len(self.heads)) or not np.isfinite(logits).all():
            raise ClassifierFailed(
                f"The model {self.name} gave no number for each of its {len(self.heads)} heads.",
                hint=_TOGETHER,
            )
        result: NDArray[np.float32] = logits.astype(np.float32)
        return result


_Part = TypeVar("_Part")
_TOGETHER: Final = (
    "Check that the manifest, the tokenizer and the graph come from the same model; until then "
    "comments stay unassessed."
)


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise ClassifierFailed(
            f"The model needs the library {name}, which is not installed.",
            hint="Install Wardmote again with all that it needs, or name another classifier.",
        ) from None


def _open_tokenizer(folder: Path, manifest: Manifest) -> Windows:
    library = _library("tokenizers")
    path = folder / "tokenizer.json"
    try:
        tokenizer = library.Tokenizer.from_file(str(path))
        return Windows(tokenizer, size=manifest.window, stride=manifest.stride)
    except Exception as problem:
        raise ClassifierFailed(
            f"The model {manifest.name} cannot cut texts with {path}: {problem}.", hint=_TOGETHER
        ) from problem


def _open_session(folder: Path) -> tuple[Any, str]:
    """The graph on one thread of its own a call, and what runs it."""
    library = _library("onnxruntime")
    options = library.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = _SILENT
    path = folder / "model.onnx"
    try:
        session = library.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as problem:
        raise ClassifierFailed(
            f"{path} could not be opened ({type(problem).__name__}).",
            hint="Make the model again with a converter that this ONNX Runtime knows.",
        ) from problem
    return session, f"onnxruntime/{library.__version__}"


# What fails is raised and told in a sentence; the library's own lines would only stand beside it.
_SILENT: Final = 4


def _inputs_of(session: Any) -> list[tuple[str, str]]:
    """What the graph asks for, and of which type."""
    asked = {each.name: each.type for each in session.get_inputs()}
    unknown = sorted(set(asked) - {"input_ids", "attention_mask", "token_type_ids"})
    if unknown or "input_ids" not in asked:
        raise ClassifierFailed(
            f"The model's graph asks for {', '.join(sorted(asked))}.",
            hint="Convert it so that it asks for input_ids, and at most for attention_mask and "
            "token_type_ids beside them.",
        )
    return [(name, "int32" if "int32" in kind else "int64") for name, kind in asked.items()]


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
