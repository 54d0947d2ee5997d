"""The classifier and the standard that an option names, or else those in force."""

from __future__ import annotations

import os
from pathlib import Path

import config.standards
from classifiers.contract import Classifier
from config.problems import ConfigurationInvalid
from config.settings import load_settings
from config.standards import Standards
from monitor.bootstrap import open_classifier

__all__ = ["chosen_classifier", "chosen_standards"]


def chosen_classifier(names: str | None) -> Classifier:
    """Load the classifiers of those names, with commas between, or those of the settings.

    Raises:
        ConfigurationInvalid: The settings hold a mistake.
        ClassifierFailed: One is unknown or cannot be loaded.
    """
    environ = {**os.environ, **({"WARDMOTE_CLASSIFIERS": names} if names else {})}
    settings, problems = load_settings(environ)
    if settings is None:
        raise ConfigurationInvalid(tuple(problems))
    return open_classifier(settings)


def chosen_standards(path: Path | None) -> Standards:
    """Read the standard in that file, or the shipped one.

    Raises:
        ConfigurationInvalid: It holds a mistake.
    """
    found, problems = config.standards.load_standards(path or config.standards.SHIPPED_STANDARDS)
    if found is None or problems:
        raise ConfigurationInvalid(tuple(problems))
    return found
