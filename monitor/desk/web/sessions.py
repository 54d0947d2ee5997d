"""Who is visiting: a signed cookie, the token that every form carries, and one-time links."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

from monitor.domain.people import PersonId

__all__ = ["IDLE", "LINK_LIFE", "LONGEST", "Sessions", "SignInLinks", "Visit"]

IDLE = timedelta(minutes=30)
"""A session ends when nobody has pressed anything for so long."""

LONGEST = timedelta(hours=12)
"""A session ends after so long, however busy it was."""

LINK_LIFE = timedelta(minutes=15)
"""How long a one-time sign-in link can be used."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One browser's session, signed in or not.

    Attributes:
        id: Unguessable, and new at every sign-in.
        person: Who signed in, or None.
        begun_at: When the session began; ``seen_at`` when something was last asked. Aware UTC.
    """

    id: str
    person: PersonId | None
    begun_at: datetime
    seen_at: datetime


class Sessions:
    """Reads and writes visits as signed text; remembers which were ended before their time.

    Args:
        secret: Signs the cookie; everybody is signed out when it changes.
        now: Aware UTC.
    """

    def __init__(self, secret: str, now: Callable[[], datetime]) -> None:
        self._signer = URLSafeSerializer(secret, salt="wardmote session")
        self._key = hashlib.sha256(f"wardmote form {secret}".encode()).digest()
        self._now = now
        self._ended = _SpentOnce()

    def begin(self, person: PersonId | None = None) -> Visit:
        """A new session, with an identifier that no earlier one had."""
        now = self._now()
        return Visit(secrets.token_urlsafe(24), person, now, now)

    def read(self, cookie: str | None) -> Visit | None:
        """The visit in a cookie; None when it is forged, ended, idle or too old."""
        visit = _visit(self._payload(cookie))
        if visit is None or self._ended.holds(visit.id):
            return None
        now = self._now()
        if visit.seen_at > now or now - visit.seen_at > IDLE or now - visit.begun_at > LONGEST:
            return None
        return visit

    def write(self, visit: Visit) -> str:
        """The cookie's text for a visit."""
        return str(
            self._signer.dumps(
                {
                    "id": visit.id,
                    "person": visit.person,
                    "begun": int(visit.begun_at.timestamp()),
                    "seen": int(visit.seen_at.timestamp()),
                }
            )
        )

    def renew(self, visit: Visit) -> Visit:
        """The same visit, seen now."""
        return replace(visit, seen_at=self._now())

    def end(self, visit: Visit) -> None:
        """Refuse this visit's cookie from now on, even where somebody has kept a copy."""
        self._ended.spend(visit.id, until=visit.begun_at + LONGEST, now=self._now())

    def form_token(self, visit: Visit) -> str:
        """What a form shown to this visit carries back."""
        return hmac.new(self._key, visit.id.encode(), hashlib.sha256).hexdigest()

    def is_form_token(self, visit: Visit, token: str) -> bool:
        """Whether a form that came back was shown to this visit."""
        return hmac.compare_digest(self.form_token(visit).encode(), token.encode())

    def _payload(self, cookie: str | None) -> object:
        if not cookie:
            return None
        try:
            return self._signer.loads(cookie)
        except BadSignature:
            return None


class SignInLinks:
    """One-time links: each signs one person in once, within ``LINK_LIFE``.

    What was used is remembered in memory, so a link made before this process began is refused.
    """

    def __init__(self, secret: str, now: Callable[[], datetime]) -> None:
        self._signer = URLSafeSerializer(secret, salt="wardmote sign-in link")
        self._now = now
        self._began_at = now().replace(microsecond=0)
        self._used = _SpentOnce()

    def issue(self, person: PersonId) -> str:
        """The token of a new link for this person."""
        facts = {
            "id": secrets.token_urlsafe(16),
            "person": person,
            "made": int(self._now().timestamp()),
        }
        return str(self._signer.dumps(facts))

    def person(self, token: str) -> PersonId | None:
        """Whom a link would sign in, without using it; None when it is spent, old or forged."""
        found = self._read(token)
        return found[1] if found and not self._used.holds(found[0]) else None

    def use(self, token: str) -> PersonId | None:
        """Whom the link signs in; None the second time, too late, or when it is forged."""
        found = self._read(token)
        if found is None:
            return None
        now = self._now()
        return found[1] if self._used.spend(found[0], until=now + LINK_LIFE, now=now) else None

    def _read(self, token: str) -> tuple[str, PersonId] | None:
        try:
            facts = self._signer.loads(token)
        except BadSignature:
            return None
        made_at = datetime.fromtimestamp(facts["made"], UTC)
        if made_at < self._began_at or self._now() - made_at > LINK_LIFE:
            return None
        return facts["id"], PersonId(facts["person"])


class _SpentOnce:
    """Identifiers that may not be used again, forgotten once they would have lapsed anyway."""

    def __init__(self) -> None:
        self._until: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def spend(self, identifier: str, *, until: datetime, now: datetime) -> bool:
        """Take the identifier; False when it was taken before."""
        with self._lock:
            self._until = {key: end for key, end in self._until.items() if end > now}
            if identifier in self._until:
                return False
            self._until[identifier] = until
            return True

    def holds(self, identifier: str) -> bool:
        return identifier in self._until


def _visit(facts: object) -> Visit | None:
    if not isinstance(facts, Mapping):
        return None
    person: Any = facts["person"]
    return Visit(
        id=str(facts["id"]),
        person=None if person is None else PersonId(str(person)),
        begun_at=datetime.fromtimestamp(facts["begun"], UTC),
        seen_at=datetime.fromtimestamp(facts["seen"], UTC),
    )
