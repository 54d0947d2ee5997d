"""E-mail as a notification target: one message for each notification, and no way to redraw it."""

from __future__ import annotations

import hashlib
import re
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape

from connectors.contract import Health, Readiness, Secret
from monitor.alerting.contract import (
    AlertLater,
    AlertRefused,
    AlertTargetError,
    Attachment,
    CaseCard,
    Notice,
    Posted,
)
from monitor.alerting.slack_text import age, clean, shorten

__all__ = ["EmailTarget", "MailServer"]

_SUBJECT_LIMIT = 150
_SOON = timedelta(minutes=1)
_TEMPORARY, _PERMANENT = 400, 500
_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")
_SCHEME = re.compile(r"(?i)\b(https?|ftp)://|\bwww\.")


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in.

    Attributes:
        sender: The address that it comes from.
        starttls: Encrypt before anything is said; False only for a server on this machine.
        timeout_s: Seconds before the server is given up.
    """

    host: str
    port: int
    sender: str
    username: str = ""
    password: Secret = field(default_factory=lambda: Secret(""))
    starttls: bool = True
    timeout_s: float = 20.0


class EmailTarget:
    """Sends to e-mail addresses.

    The Message-ID is derived from the notification's key, so that a duplicate is recognised by
    the reader's own mail program. A sent message can neither be found nor redrawn.

    Args:
        server: Where mail is handed in.
        clock: Now, aware UTC.
        context: How the server's certificate is checked; the system's own way when left out.
    """

    def __init__(
        self,
        server: MailServer,
        *,
        clock: Callable[[], datetime],
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._server = server
        self._clock = clock
        self._context = context

    def post(self, address: str, notification: CaseCard | Notice) -> Posted:
        """Send one message; its reference is its Message-ID."""
        if not _ADDRESS.fullmatch(address):
            raise AlertRefused(
                "The address is no e-mail address.", hint="Correct it in routes.toml."
            )
        letter = self._write(address, notification)
        with self._translated(), self._connected() as server:
            server.send_message(letter)
        return Posted(str(letter["Message-ID"]))

    def update(self, posted: Posted, card: CaseCard) -> None:
        """Nothing: what was sent cannot be changed."""

    def find(self, address: str, key: str, *, since: datetime) -> Posted | None:  # noqa: ARG002
        """None: nobody can look into the reader's mailbox."""
        return None

    def check(self, address: str) -> Health:
        """Say whether the server would take mail for this address; nothing is sent."""
        try:
            with self._translated(), self._connected() as server:
                server.ehlo_or_helo_if_needed()
                server.mail(self._server.sender)
                code, _ = server.rcpt(address)
                server.rset()
        except AlertLater as error:
            return Health(Readiness.NOT_READY, error.sentence, error.hint)
        except AlertTargetError as error:
            return Health(Readiness.CREDENTIALS_REJECTED, error.sentence, error.hint)
        if code >= _TEMPORARY:
            return Health(
                Readiness.NOT_READY,
                f"The mail server does not take mail for this address (code {code}).",
                "Correct the address in routes.toml.",
            )
        return Health(Readiness.READY, f"{self._server.host} takes mail for this address.")

    def _write(self, address: str, notification: CaseCard | Notice) -> EmailMessage:
        title, lines, link, attachments = _contents(notification)
        letter = EmailMessage(policy=SMTP)
        letter["Subject"] = shorten(" ".join(clean(title).split()), _SUBJECT_LIMIT)
        letter["From"] = self._server.sender
        letter["To"] = address
        letter["Date"] = format_datetime(self._clock())
        letter["Message-ID"] = _message_id(notification.key, self._server.sender)
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(_as_text(title, lines, link))
        letter.add_alternative(_as_html(title, lines, link), subtype="html")
        for each in attachments:
            main, _, sub = each.media_type.partition("/")
            letter.add_attachment(
                each.content, maintype=main, subtype=sub or "octet-stream", filename=each.filename
            )
        return letter

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        where = self._server
        with smtplib.SMTP(where.host, where.port, timeout=where.timeout_s) as server:
            if where.starttls:
                server.starttls(context=self._context or ssl.create_default_context())
            if where.username:
                server.login(where.username, where.password.value)
            yield server

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise self._by_code(
                max(codes, default=_PERMANENT), "does not take mail for this address"
            ) from error
        except smtplib.SMTPAuthenticationError as error:
            raise self._by_code(error.smtp_code, "does not take the user name") from error
        except smtplib.SMTPResponseException as error:
            raise self._by_code(error.smtp_code, "did not take the message") from error
        except smtplib.SMTPNotSupportedError as error:
            raise AlertRefused(
                "The mail server offers no encryption or no login.",
                hint="Correct the mail server's settings: port, STARTTLS and user name.",
            ) from error
        except (smtplib.SMTPException, OSError) as error:
            raise self._unreachable(error) from error

    def _by_code(self, code: int, what: str) -> AlertTargetError:
        sentence = f"The mail server {what} (code {code})."
        if code >= _PERMANENT:
            return AlertRefused(sentence, hint="Correct the mail server's settings or the address.")
        return AlertLater(sentence, at=self._clock() + _SOON, hint="It is tried again.")

    def _unreachable(self, error: Exception) -> AlertTargetError:
        if isinstance(error, ssl.SSLCertVerificationError):
            return AlertRefused(
                "The mail server's certificate is not trusted.",
                hint="Give the server a certificate that this machine trusts.",
            )
        return AlertLater(
            "The mail server cannot be reached.",
            at=self._clock() + _SOON,
            hint="It is tried again; look at the mail server's host and port if it stays so.",
        )


def _contents(
    notification: CaseCard | Notice,
) -> tuple[str, list[str], str | None, tuple[Attachment, ...]]:
    if isinstance(notification, Notice):
        title = f"Urgent: {notification.title}" if notification.urgent else notification.title
        lines = [clean(line) for line in notification.lines]
        return clean(title), lines, notification.link, notification.attachments
    card = notification
    clause = card.clauses[0] if card.clauses else "No clause"
    written = age(card.drawn_at - card.posted_at)
    lines = [
        f"{card.channel_name}, for {card.service}",
        f"Written {written} before this message, on {card.posted_at:%d %B %Y at %H:%M} UTC",
        f"The resident wrote (masked): {_without_links(card.snippet)}",
        f"Under the council's post: {_without_links(card.post_excerpt)}",
        card.status,
        *([f"To be done by hand: {card.by_hand}"] if card.by_hand else []),
        *card.timeline,
    ]
    title = f"{card.reference} {card.severity} {clause}"
    return clean(title), [clean(line) for line in lines if line], card.console_url, ()


def _without_links(words: str) -> str:
    # Mail programs turn addresses into links; what a resident wrote must not become one.
    return _SCHEME.sub(lambda found: found.group().replace(":", "[:]").replace(".", "[.]"), words)


def _message_id(key: str, sender: str) -> str:
    domain = sender.rpartition("@")[2].strip("<> ") or "localhost"
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{domain}>"


def _as_text(title: str, lines: list[str], link: str | None) -> str:
    return "\n\n".join([title, *lines, *([f"Read on: {link}"] if link else [])]) + "\n"


def _as_html(title: str, lines: list[str], link: str | None) -> str:
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in lines)
    read_on = f'<p><a href="{escape(link)}">Read on in the console</a></p>' if link else ""
    return (
        '<!DOCTYPE html><html lang="en-GB"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title></head>"
        f"<body><h1>{escape(title)}</h1>{paragraphs}{read_on}</body></html>"
    )
