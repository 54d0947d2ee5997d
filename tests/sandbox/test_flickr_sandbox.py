from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from requests_oauthlib import OAuth1

from monitor.sandbox.flickr import ARGUMENTS, FlickrSandbox, open_stream
from monitor.sandbox.http import Clock
from monitor.sandbox.town import Town
from monitor.sandbox.townsfolk import TownToken

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("socket_enabled")]

SPECS = Path(__file__).resolve().parents[3] / "shared" / "specs" / "flickr"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ACCOUNT = "199000009@N01"
SIGNED = OAuth1("flickr-key", "flickr-secret", "good", "good")


@pytest.fixture
def town() -> Town:
    one = Town()
    open_stream(one, ACCOUNT, "Wexcombe Council")
    one.issue(TownToken("good", ACCOUNT, frozenset({"read", "write"})))
    return one


@pytest.fixture
def sandbox(town: Town) -> Iterator[FlickrSandbox]:
    with FlickrSandbox(town, clock=Clock(NOON)) as opened:
        yield opened
        assert opened.failures == ()


def ask(sandbox: FlickrSandbox, method: str, *, auth=SIGNED, **arguments):
    told = {"method": method, "format": "json", "nojsoncallback": "1", **arguments}
    address = f"{sandbox.base_url}/services/rest/"
    return requests.get(address, params=told, auth=auth, timeout=5).json()


@pytest.mark.skipif(not SPECS.is_dir(), reason="the published specification is not beside us")
@pytest.mark.parametrize("method", ARGUMENTS)
def test_every_method_takes_what_flickrs_reflection_says(method: str) -> None:
    told = json.loads((SPECS / f"{method}.json").read_text("utf-8"))
    known = {each["name"] for each in told["arguments"]["argument"]}

    assert ARGUMENTS[method] <= known | {"page", "per_page", "extras"}


@pytest.mark.parametrize(
    ("auth", "code"),
    [
        (None, 97),
        (OAuth1("another", "flickr-secret", "good", "good"), 100),
        (OAuth1("flickr-key", "wrong", "good", "good"), 96),
        (OAuth1("flickr-key", "flickr-secret", "gone", "gone"), 98),
    ],
)
def test_calls_are_signed_and_the_signature_is_checked(sandbox, auth, code: int) -> None:
    told = ask(sandbox, "flickr.test.login", auth=auth)

    assert (told["stat"], told["code"]) == ("fail", code)


def test_a_post_is_signed_over_its_form(sandbox, town) -> None:
    photo = town.publish(ACCOUNT, "Open day", at=NOON)
    told = requests.post(
        f"{sandbox.base_url}/services/rest/",
        data={
            "method": "flickr.photos.comments.addComment",
            "format": "json",
            "photo_id": photo.id,
            "comment_text": "Danke schön & more",
        },
        auth=SIGNED,
        timeout=5,
    ).json()

    assert town.comment(told["comment"]["id"]).text == "Danke schön & more"


def test_a_photo_without_comments_has_no_list_of_them(sandbox, town) -> None:
    photo = town.publish(ACCOUNT, "Open day", at=NOON)
    told = ask(sandbox, "flickr.photos.comments.getList", photo_id=photo.id)

    assert told == {"comments": {"photo_id": photo.id}, "stat": "ok"}


def test_comments_are_html_oldest_first_and_bounded_by_dates(sandbox, town) -> None:
    photo = town.publish(ACCOUNT, "Open day", at=NOON)
    for minutes in (5, 10):
        town.write(photo.id, f"a <b> & {minutes}", at=NOON - timedelta(minutes=minutes))
    told = ask(sandbox, "flickr.photos.comments.getList", photo_id=photo.id)
    assert [each["_content"] for each in told["comments"]["comment"]] == [
        "a &lt;b&gt; &amp; 10",
        "a &lt;b&gt; &amp; 5",
    ]
    assert told["comments"]["comment"][0]["author_is_deleted"] == 1

    since = int((NOON - timedelta(minutes=6)).timestamp())
    later = ask(
        sandbox,
        "flickr.photos.comments.getList",
        photo_id=photo.id,
        min_comment_date=since,
    )
    assert len(later["comments"]["comment"]) == 1


@pytest.mark.parametrize(
    ("method", "arguments", "code"),
    [
        ("flickr.photos.comments.getList", {"photo_id": "5"}, 1),
        ("flickr.photos.comments.deleteComment", {"comment_id": "5"}, 2),
        ("flickr.people.getPhotos", {"user_id": "somebody"}, 1),
        ("flickr.photos.comments.addComment", {"photo_id": "5", "comment_text": "x"}, 1),
        ("flickr.photos.search", {}, 112),
        ("flickr.test.login", {"format": "rest"}, 111),
        ("flickr.test.login", {"shoe_size": "9"}, 112),
    ],
)
def test_what_cannot_be_is_refused_in_a_200(sandbox, method, arguments, code: int) -> None:
    told = ask(sandbox, method, **arguments)

    assert (told["stat"], told["code"]) == ("fail", code)


def test_only_a_token_that_may_write_deletes(sandbox, town) -> None:
    photo = town.publish(ACCOUNT, "Open day", at=NOON)
    comment = town.write(photo.id, "unkind", at=NOON, author=town.move_in("Jo", page_id=ACCOUNT))
    delete = "flickr.photos.comments.deleteComment"
    town.issue(TownToken("good", ACCOUNT, frozenset({"read"})))
    assert ask(sandbox, delete, comment_id=comment.id)["code"] == 99

    town.issue(TownToken("good", ACCOUNT, frozenset({"read", "write"})))
    assert ask(sandbox, delete, comment_id=comment.id) == {"stat": "ok"}
    assert ask(sandbox, delete, comment_id=comment.id)["code"] == 2


def test_another_address_is_a_page_of_html(sandbox) -> None:
    found = requests.get(f"{sandbox.base_url}/services/soap/", timeout=5)

    assert (found.status_code, found.headers["content-type"]) == (404, "text/html")
