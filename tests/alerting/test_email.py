from __future__ import annotations

import asyncio
import email
import shutil
import smtplib
import socket
import ssl
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from email.policy import default

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from connectors.contract import Readiness, Secret
from monitor.alerting.contract import AlertLater, AlertRefused, Attachment, Notice
from monitor.alerting.email import EmailTarget, MailServer
from monitor.alerting.testing import AlertTargetContract, Bench, example_card

NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
TO = "moderation@wexcombe.example"

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("socket_enabled")]


class Mailroom:
    """What an SMTP server does with what it is handed, for the tests to look at."""

    def __init__(self):
        self.letters = []
        self.say_next = {}

    def _say(self, step):
        return self.say_next.pop(step, "250 OK")

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        if "nowhere" in address:
            return "550 no such mailbox"
        said = self._say("RCPT")
        if said.startswith("250"):
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        said = self._say("DATA")
        if said.startswith("250"):
            self.letters.append(email.message_from_bytes(envelope.content, policy=default))
        return said

    def authenticate(self, _server, _session, _envelope, _mechanism, data):
        good = (data.login, data.password) == (b"wardmote", b"correct horse")
        return AuthResult(success=good, handled=False)


class Post:
    """A real SMTP server on loopback, in a thread with its own loop."""

    def __init__(self, room, **options):
        self.room = room
        self._options = options
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    async def _serve(self):
        self._loop, self._done = asyncio.get_running_loop(), asyncio.Event()
        open_lines = set()

        def connection():
            line = SMTP(self.room, hostname="localhost", timeout=5, **self._options)
            open_lines.add(line)
            return line

        server = await self._loop.create_server(connection, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._done.wait()
        for line in open_lines:
            if line.transport is not None:
                line.transport.close()
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0)

    def __enter__(self):
        self._thread.start()
        assert self._started.wait(5)
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join()


@pytest.fixture
def room():
    return Mailroom()


@pytest.fixture
def office(room):
    with Post(room) as office:
        yield office


def open_target(port, **changes):
    server = MailServer(
        **{
            "host": "127.0.0.1",
            "port": port,
            "sender": "wardmote@wexcombe.example",
            "starttls": False,
            "timeout_s": 2.0,
            **changes,
        }
    )
    return EmailTarget(server, clock=lambda: NOW)


@pytest.fixture
def target(office):
    return open_target(office.port)


def body(letter, kind="plain"):
    return letter.get_body((kind,)).get_content().replace("\r\n", "\n")


class TestEmailTarget(AlertTargetContract):
    @pytest.fixture
    def bench(self, target, room):
        return Bench(
            target,
            address=TO,
            wrong_address="nowhere@wexcombe.example",
            received=lambda: [f"{each['Subject']}\n{body(each)}" for each in room.letters],
            make_busy=lambda: room.say_next.update(DATA="451 try later"),
            secrets=("correct horse",),
        )


def test_a_card_reads_like_this(target, room):
    target.post(TO, example_card(by_hand="Delete it there.", timeline=("Claimed by Amina.",)))

    assert room.letters[0]["Subject"] == "WM-412 S2 RS-06 Abuse of staff or councillors"
    assert body(room.letters[0]) == (
        "WM-412 S2 RS-06 Abuse of staff or councillors\n\n"
        "Parks and Libraries on Facebook, for parks\n\n"
        "Written 12 minutes before this message, on 21 November 2026 at 10:03 UTC\n\n"
        "The resident wrote (masked): You ***** should be ashamed\n\n"
        "Under the council's post: The library opens at nine from Monday.\n\n"
        "Open: nobody has claimed it.\n\n"
        "To be done by hand: Delete it there.\n\n"
        "Claimed by Amina.\n\n"
        "Read on: https://wardmote.example/cases/WM-412\n"
    )


def test_the_same_notification_twice_has_the_same_message_id(target, room):
    first = target.post(TO, example_card())
    second = target.post(TO, example_card(status="Claimed by Amina."))
    other = target.post(TO, example_card(key="alert:case:413:moderation"))

    assert first == second
    assert first != other
    assert room.letters[0]["Message-ID"] == first.reference
    assert first.reference.endswith("@wexcombe.example>")


def test_markup_in_a_comment_is_read_and_not_obeyed(target, room):
    target.post(TO, example_card(snippet="<b>bold</b> <script>alert(1)</script>"))

    assert "&lt;script&gt;" in body(room.letters[0], "html")
    assert "<script>" not in body(room.letters[0], "html")


def test_an_address_in_a_comment_becomes_no_link(target, room):
    target.post(TO, example_card(snippet="see HTTPS://bad.example and www.bad.example"))

    assert "see HTTPS[:]//bad.example and www[.]bad.example" in body(room.letters[0])


def test_a_title_cannot_add_a_header(target, room):
    target.post(TO, Notice(key="n", title="Trouble\r\nBcc: all@example.org", lines=()))

    assert room.letters[0]["Subject"] == "Trouble Bcc: all@example.org"
    assert room.letters[0]["Bcc"] is None


def test_an_urgent_notice_says_so_and_links_to_the_console(target, room):
    link = "https://wardmote.example/?a=1&b=2"

    target.post(TO, Notice(key="n", title="A <channel>", lines=("x",), link=link, urgent=True))

    assert room.letters[0]["Subject"] == "Urgent: A <channel>"
    assert '<a href="https://wardmote.example/?a=1&amp;b=2">' in body(room.letters[0], "html")


def test_attachments_arrive_byte_for_byte(target, room):
    files = (
        Attachment("week.csv", "text/csv", b"a,b\r\n1,2\r\n"),
        Attachment("odd", "application", bytes(range(256))),
    )

    target.post(TO, Notice(key="n", title="Week 47", lines=(), attachments=files))

    arrived = list(room.letters[0].iter_attachments())
    assert [each.get_filename() for each in arrived] == ["week.csv", "odd"]
    assert [each.get_payload(decode=True) for each in arrived] == [one.content for one in files]


def test_a_message_says_that_a_machine_wrote_it(target, room):
    target.post(TO, example_card())

    assert room.letters[0]["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("address", ["", "moderation", "a@b>\r\nRCPT TO:<c@d", "a@b, c@d"])
def test_what_is_no_address_is_refused_before_anything_is_sent(target, room, address):
    with pytest.raises(AlertRefused):
        target.post(address, example_card())

    assert room.letters == []


@pytest.mark.parametrize(
    ("step", "said", "expected"),
    [
        ("RCPT", "450 mailbox busy", AlertLater),
        ("RCPT", "550 no", AlertRefused),
        ("DATA", "452 full", AlertLater),
        ("DATA", "554 spam", AlertRefused),
    ],
)
def test_smtps_own_codes_say_whether_to_try_again(target, room, step, said, expected):
    room.say_next[step] = said

    with pytest.raises(expected) as error:
        target.post(TO, example_card())

    assert said[:3] in error.value.sentence


def test_a_wrong_password_is_refused_and_never_repeated(room):
    with Post(room, authenticator=room.authenticate, auth_require_tls=False) as office:
        good = open_target(office.port, username="wardmote", password=Secret("correct horse"))
        bad = open_target(office.port, username="wardmote", password=Secret("wrong battery"))

        assert good.post(TO, example_card()).reference
        with pytest.raises(AlertRefused) as refused:
            bad.post(TO, example_card())
        assert bad.check(TO).readiness is Readiness.CREDENTIALS_REJECTED

    assert "battery" not in f"{refused.value} {refused.value.hint} {bad!r}"


def test_a_server_without_encryption_is_refused_where_it_is_asked_for(office):
    with pytest.raises(AlertRefused, match="no encryption"):
        open_target(office.port, starttls=True).post(TO, example_card())


@pytest.fixture
def certificate(tmp_path):
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not installed, and nothing else here makes a certificate")
    wanted = [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
        "-addext",
    ]
    subprocess.run(  # noqa: S603 - fixed words
        [program, *wanted, "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    return tmp_path / "cert.pem", tmp_path / "key.pem"


def test_mail_is_encrypted_and_the_server_must_be_who_it_says(room, certificate):
    inside = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    inside.load_cert_chain(*certificate)
    trusting = ssl.create_default_context(cafile=str(certificate[0]))
    with Post(room, tls_context=inside, require_starttls=True) as office:
        where = MailServer("127.0.0.1", office.port, "wardmote@wexcombe.example", timeout_s=5)

        EmailTarget(where, clock=lambda: NOW, context=trusting).post(TO, example_card())
        with pytest.raises(AlertRefused, match="certificate is not trusted"):
            EmailTarget(where, clock=lambda: NOW).post(TO, example_card())

    assert len(room.letters) == 1


def test_a_server_that_is_away_is_tried_again_later():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        target = open_target(taken.getsockname()[1])

        with pytest.raises(AlertLater) as later:
            target.post(TO, example_card())
        assert target.check(TO).readiness is Readiness.NOT_READY

    assert later.value.at == NOW + timedelta(minutes=1)


def test_a_server_that_says_nothing_is_given_up_in_time():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        target = open_target(silent.getsockname()[1], timeout_s=0.2)

        with pytest.raises(AlertLater):
            target.post(TO, example_card())


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (smtplib.SMTPServerDisconnected(), AlertLater),
        (smtplib.SMTPConnectError(421, b"busy"), AlertLater),
        (smtplib.SMTPHeloError(500, b"no"), AlertRefused),
        (smtplib.SMTPSenderRefused(550, b"no", "x"), AlertRefused),
        (smtplib.SMTPRecipientsRefused({}), AlertRefused),
        (smtplib.SMTPException(), AlertLater),
        (ssl.SSLCertVerificationError(), AlertRefused),
        (ssl.SSLError(), AlertLater),
        (TimeoutError(), AlertLater),
    ],
)
def test_every_error_of_the_mail_library_is_mapped(error, expected):
    target = open_target(1)

    with pytest.raises(expected), target._translated():
        raise error
