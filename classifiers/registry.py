"""Classifier names and the modules behind them; a module is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Final, cast

from classifiers.contract import Classifier, ClassifierFailed
from classifiers.panel import Panel

__all__ = ["DETECTORS", "ENTRY_POINTS", "available", "open_classifier"]

ENTRY_POINTS: Final = "wardmote.classifiers"
"""The entry-point group in which another distribution offers a ``load`` function."""

DETECTORS: Final = (
    "wordlist",
    "personal_data",
    "spam",
    "welfare",
    "request",
    "criticism",
    "target",
    "language",
)
"""The deterministic detectors, which need no model and no extra."""

_MODULES: Final[Mapping[str, str]] = {
    **{name: f"classifiers.{name}" for name in DETECTORS},
    "detoxify": "classifiers.detoxify_model",
    "bundled": "classifiers.onnx_model",
    "council": "classifiers.council",
}

_Load = Callable[[Mapping[str, str]], Classifier]


def available() -> tuple[str, ...]:
    """Every name that :func:`open_classifier` knows, sorted."""
    return tuple(sorted({*_MODULES, *(point.name for point in _offered())}))


def open_classifier(names: Sequence[str], options: Mapping[str, str]) -> Classifier:
    """The classifier of that name, or a panel of several, ready to score.

    Args:
        names: At least one name; with several, in this order.
        options: Handed to every module; an option belongs to one as ``<name>.<option>`` or to
            all of them without a prefix.

    Raises:
        ClassifierFailed: A name is unknown, or a model could not be loaded.
    """
    if not names:
        raise ClassifierFailed(
            "No classifier is named, so nothing can be scored.",
            hint=f"Name at least one of: {', '.join(available())}.",
        )
    opened = [_loader(name)(_own_options(name, options)) for name in names]
    return opened[0] if len(opened) == 1 else Panel(opened)


def _own_options(name: str, options: Mapping[str, str]) -> dict[str, str]:
    shared = {key: value for key, value in options.items() if "." not in key}
    prefix = f"{name}."
    own = {
        key.removeprefix(prefix): value for key, value in options.items() if key.startswith(prefix)
    }
    return shared | own


def _loader(name: str) -> _Load:
    if name in _MODULES:
        return cast("_Load", import_module(_MODULES[name]).load)
    for point in _offered():
        if point.name == name:
            return cast("_Load", point.load())
    close = get_close_matches(name, available(), n=1)
    suggestion = f"Did you mean {close[0]!r}? " if close else ""
    raise ClassifierFailed(
        f"There is no classifier called {name!r}.",
        hint=f"{suggestion}These exist: {', '.join(available())}.",
    )


def _offered() -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=ENTRY_POINTS))
