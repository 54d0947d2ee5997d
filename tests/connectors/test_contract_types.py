from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.contract import Cursor, Pull, Secret
from connectors.errors import (
    CommentGone,
    ConnectorError,
    CredentialsRejected,
    NotPermitted,
    TryLater,
    UnexpectedReply,
)
from connectors.stage import Inbox, abandon


def test_a_secret_shows_as_stars_wherever_it_is_printed() -> None:
    secret = Secret("hidden")

    assert str(secret) == "***"
    assert "hidden" not in f"{secret!r} {secret} {[secret]}"
    assert secret
    assert not Secret("")


NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ERRORS = [
    TryLater("Ask later.", at=NOON, details={"status": 503}),
    CredentialsRejected("Mend the token.", scope="pages_read", details={"status": 503}),
    NotPermitted("Do it by hand.", scope="pages_act", details={"status": 503}),
    CommentGone("It is gone.", details={"status": 503}),
    UnexpectedReply("Look at it.", sample="<html>", details={"status": 503}),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_has_a_sentence_and_details(error: ConnectorError) -> None:
    assert isinstance(error, ConnectorError)
    assert str(error) == error.sentence
    assert error.details == {"status": 503}
    assert repr(error) == f"{type(error).__name__}({error.sentence!r})"


def test_an_error_without_details_has_empty_ones() -> None:
    assert ConnectorError("It failed.").details == {}


def test_abandoning_closes_a_generator_and_lets_other_iterators_be() -> None:
    def one():
        yield 1

    generator = one()
    abandon(generator)
    abandon(iter([1]))

    assert list(generator) == []


def test_a_batch_without_a_promise_leaves_the_cursor_where_it_was() -> None:
    inbox = Inbox(cursor=Cursor("fb1:{}"))

    inbox.store(Pull((), (), None))

    assert inbox.cursor == "fb1:{}"
