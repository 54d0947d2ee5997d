"""Wexcombe's accounts on the other platforms: their servers, their tokens and a first post each.

The demo runs them beside the council's Facebook page, so that a newcomer can try every platform.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Final, Self

from monitor.sandbox import bluesky, flickr, instagram, linkedin, x, youtube
from monitor.sandbox.platform import PretendPlatform
from monitor.sandbox.town import Town
from monitor.sandbox.townsfolk import TownPage, TownToken

__all__ = ["ACCOUNTS", "TownAccount", "TownAccounts"]

_TOKEN: Final = "wexcombe-{}-token"  # noqa: S105 - opens pretend accounts
_SCOPES: Final = frozenset(
    {
        "instagram_basic",
        "instagram_manage_comments",
        "pages_read_engagement",
        "read",
        "write",
        *linkedin.SCOPES,
    }
)


@dataclass(frozen=True, slots=True)
class TownAccount:
    """One account of the council's.

    Attributes:
        name: The platform, as settings spell it: ``instagram``.
        native_id: The account's identifier there.
        title: What it is called.
        opens: Opens it in a town.
        serves: Makes the platform's server over a town.
        secrets: Variable -> what opens the account; ``{token}`` stands for its token.
        post: What it published first.
        comment: What a resident wrote under it.
    """

    name: str
    native_id: str
    title: str
    opens: Callable[[Town, str, str], TownPage]
    serves: Callable[[Town], PretendPlatform]
    secrets: Mapping[str, str]
    post: str
    comment: str

    @property
    def token(self) -> str:
        """What opens it; X takes the account from the token's beginning."""
        return f"{self.native_id}-{self.name}" if self.name == "x" else _TOKEN.format(self.name)


ACCOUNTS: Final = (
    TownAccount(
        "instagram",
        "17841400000000009",
        "Wexcombe in pictures",
        instagram.open_account,
        instagram.InstagramSandbox,
        {"WARDMOTE_INSTAGRAM_TOKEN": "{token}"},
        "Frost on Penmere Lake this morning.",
        "Beautiful. Is the café open at weekends?",
    ),
    TownAccount(
        "x",
        "1200000000000000009",
        "Wexcombe Council",
        x.open_account,
        x.XSandbox,
        {
            "WARDMOTE_X_CONSUMER_KEY": "x-key",
            "WARDMOTE_X_CONSUMER_SECRET": "x-secret",
            "WARDMOTE_X_ACCESS_TOKEN": "{token}",
            "WARDMOTE_X_ACCESS_TOKEN_SECRET": "{token}",
        },
        "Mill Lane is closed until Friday while the water main is mended.",
        "Closed again. You could not run a bath.",
    ),
    TownAccount(
        "youtube",
        "UCwexcombe000000000000009",
        "Wexcombe Council meetings",
        youtube.open_channel,
        youtube.YouTubeSandbox,
        {
            "WARDMOTE_YOUTUBE_CLIENT_ID": "youtube-app",
            "WARDMOTE_YOUTUBE_CLIENT_SECRET": "youtube-secret",
            "WARDMOTE_YOUTUBE_REFRESH_TOKEN": "{token}",
        },
        "Planning committee, November: the recording.",
        "Skip to the second hour, that is where it gets interesting.",
    ),
    TownAccount(
        "linkedin",
        "urn:li:organization:90009",
        "Wexcombe Borough Council",
        linkedin.open_organisation,
        linkedin.LinkedInSandbox,
        {
            "WARDMOTE_LINKEDIN_TOKEN": "{token}",
            "WARDMOTE_LINKEDIN_CLIENT_ID": "linkedin-app",
            "WARDMOTE_LINKEDIN_CLIENT_SECRET": "linkedin-secret",
        },
        "We are looking for two apprentice gardeners.",
        "How do I apply?",
    ),
    TownAccount(
        "flickr",
        "199000009@N01",
        "Wexcombe archive photographs",
        flickr.open_stream,
        flickr.FlickrSandbox,
        {
            "WARDMOTE_FLICKR_KEY": "flickr-key",
            "WARDMOTE_FLICKR_SECRET": "flickr-secret",
            "WARDMOTE_FLICKR_TOKEN": "{token}",
            "WARDMOTE_FLICKR_TOKEN_SECRET": "{token}",
        },
        "The bandstand in 1911.",
        "My great-grandfather played the cornet there.",
    ),
    TownAccount(
        "bluesky",
        "did:plc:wexcombe2222222222222222",
        "Wexcombe Council",
        bluesky.open_account,
        bluesky.BlueskySandbox,
        {
            "WARDMOTE_BLUESKY_HANDLE": "wexcombe.example",
            "WARDMOTE_BLUESKY_APP_PASSWORD": "{token}",
        },
        "Garden waste is collected for the last time this year next week.",
        "Thanks, mine is overflowing.",
    ),
)
"""Every platform but Facebook, whose page has a history of its own in ``wexcombe.toml``."""


class TownAccounts:
    """The other platforms' servers over one town; a context manager that leaves nothing open.

    Args:
        town: Receives the accounts, and with them their tokens.
    """

    def __init__(self, town: Town) -> None:
        self._town = town
        self._servers = {each.name: each.serves(town) for each in ACCOUNTS}
        self._started = ExitStack()

    def environ(self) -> Mapping[str, str]:
        """The variables that point a daemon at these servers, once they have started."""
        told = {
            f"WARDMOTE_{name.upper()}_BASE_URL": server.base_url
            for name, server in self._servers.items()
        }
        for each in ACCOUNTS:
            told |= {name: value.format(token=each.token) for name, value in each.secrets.items()}
        return told

    def start(self) -> Self:
        """Open the accounts and begin to listen."""
        with ExitStack() as started:
            for each in ACCOUNTS:
                each.opens(self._town, each.native_id, each.title)
                self._town.issue(TownToken(each.token, each.native_id, _SCOPES))
                started.enter_context(self._servers[each.name])
            self._started = started.pop_all()
        return self

    def seed(self, now: datetime) -> None:
        """Publish each account's first post, with a resident's comment under it."""
        for number, each in enumerate(ACCOUNTS):
            published = now - timedelta(hours=5 + number)
            post = self._town.publish(each.native_id, each.post, at=published)
            resident = self._town.move_in("Wanda Nowacka-Leigh", page_id=each.native_id)
            self._town.write(
                post.id, each.comment, at=published + timedelta(hours=1), author=resident
            )

    def stop(self) -> None:
        """Close every connection and free the ports. Twice is fine."""
        self._started.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
