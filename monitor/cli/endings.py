"""How a command ends: its exit status, and the one sentence that says why."""

from __future__ import annotations

from enum import IntEnum
from types import TracebackType
from typing import IO, Any, NoReturn

import click
from typing_extensions import override

from classifiers.contract import ClassifierFailed
from config.problems import ConfigurationInvalid
from monitor.desk.web.server import ConsoleUnavailable
from monitor.domain.case import Refused
from monitor.store.engine import DatabaseUnusable

__all__ = ["Ended", "Status", "refuse", "translated"]

_OURS = ("monitor", "connectors", "classifiers", "config")


class Status(IntEnum):
    """The exit statuses, the same for every command."""

    DONE = 0
    AMISS = 1
    """Something is not as it should be: a row, a channel, a port, the record."""
    WRONG = 2
    """The request or the configuration is wrong; nothing was done."""
    DATABASE = 3
    """The database cannot be used."""
    FAULT = 70
    """A fault of the program itself."""
    INTERRUPTED = 130


class Ended(click.ClickException):
    """A command's end with a sentence on standard error; an empty one prints nothing."""

    def __init__(self, sentence: str, status: Status) -> None:
        super().__init__(sentence)
        self.exit_code = status  # type: ignore[misc] # click reads it from the instance

    @override
    def show(self, file: IO[Any] | None = None) -> None:
        """Print the sentence as it stands."""
        if self.message:
            click.echo(self.message, err=True, file=file)


def refuse(sentence: str) -> NoReturn:
    """End because the request is wrong: it says what, where, and what to do instead."""
    raise Ended(sentence, Status.WRONG)


def translated(error: BaseException) -> Ended:
    """The end that an exception means."""
    match error:
        case ConfigurationInvalid():
            return Ended(_problems(error), Status.WRONG)
        case DatabaseUnusable() | ClassifierFailed():
            status = Status.DATABASE if isinstance(error, DatabaseUnusable) else Status.AMISS
            return Ended(f"{error.sentence} {error.hint}".strip(), status)
        case Refused() | ConsoleUnavailable():
            return Ended(error.sentence, Status.AMISS)
        case KeyboardInterrupt() | click.Abort():
            return Ended("Interrupted.", Status.INTERRUPTED)
        case OSError() if error.strerror:
            return Ended(_refused_by_the_machine(error), Status.AMISS)
        case _:
            return Ended(_fault(error), Status.FAULT)


def _problems(error: ConfigurationInvalid) -> str:
    count = len(error.problems)
    total = f"{count} problem{'s' if count != 1 else ''} in the configuration."
    return "\n".join([*(str(problem) for problem in error.problems), total])


def _refused_by_the_machine(error: OSError) -> str:
    if error.filename is not None:
        return f"{error.filename} cannot be used: {error.strerror}. Look at its path and rights."
    return f"This machine refused: {error.strerror}. Stop what is in the way, then try again."


def _fault(error: BaseException) -> str:
    """Kind and place only: the words of an unforeseen error may quote what residents wrote."""
    return (
        f"A fault of Wardmote's own: {type(error).__name__} in {_place(error.__traceback__)}. "
        "What was stored before it is safe; please report this sentence."
    )


def _place(trace: TracebackType | None) -> str:
    place = "an unknown place"
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] in _OURS:
            place = f"{module}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return place
