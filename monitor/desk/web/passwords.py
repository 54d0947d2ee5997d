"""Local accounts: passwords as argon2 hashes, and a limit on guessing them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

__all__ = ["AttemptLimit", "Passwords", "hash_password"]

_TRIES = 5
_TRIES_FROM_ANYWHERE = 25
_WITHIN = timedelta(minutes=15)
_REMEMBERED = 10_000


def hash_password(password: str) -> str:
    """The argon2id hash that ``store.people`` keeps for a new password."""
    return PasswordHasher().hash(password)


class Passwords:
    """Checks passwords; an unknown name takes as long as a known one."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher if hasher is not None else PasswordHasher()
        self._nobody = self._hasher.hash("nobody has this password")

    def fits(self, password: str, stored: str | None) -> bool:
        """Whether the password belongs to the stored hash; never where there is none."""
        try:
            self._hasher.verify(stored or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None


class AttemptLimit:
    """Counts failed sign-ins: five from one place, or twenty-five in all, in fifteen minutes.

    Args:
        now: Aware UTC.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._failed: dict[tuple[str, str], list[datetime]] = {}
        self._lock = threading.Lock()

    def wait(self, name: str, address: str) -> timedelta | None:
        """How long until this name may be tried from this address; None means now."""
        with self._lock:
            waits = [
                self._wait(self._recent((name, address)), _TRIES),
                self._wait(self._recent((name, "")), _TRIES_FROM_ANYWHERE),
            ]
        return max((wait for wait in waits if wait is not None), default=None)

    def failed(self, name: str, address: str) -> None:
        """Remember a failed sign-in."""
        with self._lock:
            for key in ((name, address), (name, "")):
                self._failed[key] = [*self._recent(key), self._now()]
            # Invented names must not fill the memory; the oldest entries are the least useful.
            while len(self._failed) > _REMEMBERED:
                del self._failed[next(iter(self._failed))]

    def succeeded(self, name: str, address: str) -> None:
        """Forget this name's failures from this address."""
        with self._lock:
            self._failed.pop((name, address), None)

    def _recent(self, key: tuple[str, str]) -> list[datetime]:
        since = self._now() - _WITHIN
        return [at for at in self._failed.get(key, []) if at > since]

    def _wait(self, failed: list[datetime], allowed: int) -> timedelta | None:
        if len(failed) < allowed:
            return None
        return failed[-allowed] + _WITHIN - self._now()
