from __future__ import annotations

from datetime import timedelta

import pytest
from itsdangerous import URLSafeSerializer

from monitor.desk.web.sessions import IDLE, LINK_LIFE, LONGEST, Sessions, SignInLinks
from monitor.domain.people import PersonId
from tests.consoles import SECRET, Clock

AMINA = PersonId("amina")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sessions(clock):
    return Sessions(SECRET, clock)


def test_a_session_comes_back_as_it_was_written(sessions):
    visit = sessions.begin(AMINA)

    assert visit == sessions.read(sessions.write(visit))


def test_every_session_has_its_own_identifier_and_form_token(sessions):
    one, other = sessions.begin(AMINA), sessions.begin(AMINA)

    assert one.id != other.id
    assert sessions.is_form_token(one, sessions.form_token(one))
    assert not sessions.is_form_token(one, sessions.form_token(other))
    assert not sessions.is_form_token(one, "")
    assert not sessions.is_form_token(one, "not ascii: é")


@pytest.mark.parametrize("cookie", [None, "", "nonsense", "a.b"])
def test_a_cookie_that_we_did_not_sign_is_nobodys(sessions, cookie):
    assert sessions.read(cookie) is None


def test_a_cookie_signed_with_another_secret_is_nobodys(sessions, clock):
    theirs = Sessions("another secret that is long enough, too", clock)

    assert sessions.read(theirs.write(theirs.begin(AMINA))) is None


def test_a_signed_text_that_is_no_session_is_nobodys(sessions):
    text = URLSafeSerializer(SECRET, salt="wardmote session").dumps("amina")

    assert sessions.read(text) is None


def test_a_session_ends_when_nobody_presses_anything(sessions, clock):
    cookie = sessions.write(sessions.begin(AMINA))

    clock.now += IDLE
    assert sessions.read(cookie) is not None
    clock.now += timedelta(seconds=1)
    assert sessions.read(cookie) is None


def test_a_busy_session_ends_in_the_evening(sessions, clock):
    visit = sessions.begin(AMINA)
    busy_until = visit.begun_at + LONGEST

    while clock.now < busy_until:
        clock.passes(minutes=20)
        visit = sessions.renew(visit)

    assert sessions.read(sessions.write(visit)) is not None
    clock.passes(minutes=20)
    assert sessions.read(sessions.write(sessions.renew(visit))) is None


def test_a_session_from_the_future_is_refused(sessions, clock):
    cookie = sessions.write(sessions.begin(AMINA))

    clock.passes(minutes=-2)

    assert sessions.read(cookie) is None


def test_a_copy_of_an_ended_session_is_worth_nothing(sessions):
    visit = sessions.begin(AMINA)
    copy = sessions.write(visit)

    sessions.end(visit)

    assert sessions.read(copy) is None


def test_a_link_signs_in_once(clock):
    links = SignInLinks(SECRET, clock)
    token = links.issue(AMINA)

    assert links.person(token) == AMINA
    assert links.use(token) == AMINA
    assert links.person(token) is None
    assert links.use(token) is None


def test_a_link_lasts_fifteen_minutes(clock):
    links = SignInLinks(SECRET, clock)
    token = links.issue(AMINA)

    clock.now += LINK_LIFE
    assert links.person(token) == AMINA
    clock.passes(seconds=1)
    assert links.use(token) is None


def test_a_forged_link_and_a_session_in_its_place_sign_nobody_in(clock, sessions):
    links = SignInLinks(SECRET, clock)

    assert links.use("nonsense") is None
    assert links.use(sessions.write(sessions.begin(AMINA))) is None


def test_a_link_used_before_a_restart_cannot_be_used_after_it(clock):
    before = SignInLinks(SECRET, clock)
    token = before.issue(AMINA)
    assert before.use(token) == AMINA

    clock.passes(seconds=5)
    after = SignInLinks(SECRET, clock)

    assert after.use(token) is None


def test_what_has_lapsed_anyway_is_forgotten(sessions, clock):
    sessions.end(sessions.begin(AMINA))
    clock.now += LONGEST + timedelta(seconds=1)

    sessions.end(sessions.begin(AMINA))

    assert len(sessions._ended._until) == 1
