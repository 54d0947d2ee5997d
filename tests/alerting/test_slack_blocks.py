from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from monitor.alerting.contract import Notice, Offer
from monitor.alerting.slack_blocks import (
    LABELS,
    draw_card,
    draw_notice,
    read_button_value,
)
from monitor.alerting.testing import HOSTILE, example_card
from monitor.sandbox.slack_limits import complaints_about_blocks
from monitor.sandbox.slack_screen import read_blocks

NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)

words = st.one_of(
    st.text(),
    st.integers(0, len(HOSTILE) - 1).map(HOSTILE.__getitem__),
    st.text(alphabet=st.characters(categories=["Cs", "Cf", "Cc", "So", "Lo"]), max_size=200),
    st.lists(
        st.sampled_from(["<!channel>", "<@U1>", "*bold*", "&", "&amp;", "https://x.example", "`"])
    ).map("".join),
)


def read(drawn):
    return "\n".join(read_blocks(drawn.blocks))


def test_a_new_card_reads_like_this():
    assert read(draw_card(example_card())) == (
        "# WM-412 · S2 serious · RS-06 Abuse of staff or councillors\n"
        "Parks and Libraries on Facebook, for parks\n"
        "When this card was drawn: written 12 minutes ago, seen 2 minutes ago\n"
        "How sure: severe, as good as certain\n"
        "Also touches: RS-02 Threats\n"
        "The resident wrote (masked):\n"
        "> You ***** should be ashamed\n"
        "Under the council's post:\n"
        "> The library opens at nine from Monday.\n"
        "Open: nobody has claimed it.\n"
        "Written 21 November 2026 10:03 UTC"
        " · Open at the platform (https://social.example/parks/1?comment_id=2&x=3)"
        " · Open in the console (https://wardmote.example/cases/WM-412)\n"
        "[Claim] [Show text]"
    )


def test_a_claimed_card_reads_like_this():
    card = example_card(
        status="Claimed by Amina at 10:15.",
        timeline=("Escalated to Police at 09:10.", "Taken back by Bede at 10:01."),
        by_hand="Flickr cannot hide a comment: delete it on the photo's page.",
        offers=(Offer.BY_HAND, Offer.KEEP, Offer.ESCALATE, Offer.RELEASE, Offer.REVEAL),
        clauses=("RS-06 Abuse of staff or councillors",),
        post_excerpt="",
        permalink=None,
        console_url=None,
        band="suspect",
        mention=("U0AMINA", "S0MODERATORS"),
    )

    assert read(draw_card(card)) == (
        "# WM-412 · S2 serious · RS-06 Abuse of staff or councillors\n"
        "Parks and Libraries on Facebook, for parks\n"
        "When this card was drawn: written 12 minutes ago, seen 2 minutes ago\n"
        "How sure: suspect, asks for a look\n"
        "The resident wrote (masked):\n"
        "> You ***** should be ashamed\n"
        "Claimed by Amina at 10:15.\n"
        "To be done by hand: Flickr cannot hide a comment: delete it on the photo's page.\n"
        "Escalated to Police at 09:10. | Taken back by Bede at 10:01.\n"
        "Written 21 November 2026 10:03 UTC · <@U0AMINA> · <!subteam^S0MODERATORS>\n"
        "[Done by hand] [Keep] [Escalate] [Release] [Show text]"
    )


def test_a_duty_of_care_says_that_it_is_no_breach():
    card = example_card(lane="welfare", clauses=("RS-12 Somebody may need help",), band="")

    said = read(draw_card(card))

    assert "Duty of care: somebody may need help. This is never a breach." in said
    assert "How sure" not in said


def test_a_text_that_no_model_can_judge_says_so():
    said = read(draw_card(example_card(lane="unsure", clauses=(), severity="S4")))

    assert "# WM-412 · S4 minor · No clause" in said
    assert "No model here can judge this text. Please read it." in said


def test_a_picture_alone_is_said_to_have_no_words():
    assert "> (no words)" in read(draw_card(example_card(snippet="")))


def test_a_closed_card_has_nothing_to_press():
    drawn = draw_card(example_card(offers=()))

    assert [block for block in drawn.blocks if block["type"] == "actions"] == []


def test_every_offer_is_a_button_that_says_what_it_does_and_for_which_case():
    drawn = draw_card(example_card(offers=tuple(Offer)))

    buttons = drawn.blocks[-1]["elements"]
    assert [offer.value for offer in Offer] == [each["action_id"] for each in buttons]
    assert [LABELS[offer] for offer in Offer] == [each["text"]["text"] for each in buttons]
    assert {"412:3"} == {each["value"] for each in buttons}
    assert buttons[0]["accessibility_label"] == "Claim WM-412"


def test_the_key_travels_with_the_message():
    assert draw_card(example_card()).metadata == {
        "event_type": "wardmote_alert",
        "event_payload": {"key": "alert:case:412:moderation"},
    }


def test_the_notification_says_what_and_where_and_none_of_the_residents_words():
    drawn = draw_card(example_card())

    assert drawn.text == (
        "WM-412 · S2 serious · RS-06 Abuse of staff or councillors. "
        "Parks and Libraries on Facebook. Open: nobody has claimed it."
    )
    assert "ashamed" not in drawn.text


def test_a_notice_reads_like_this():
    notice = Notice(
        key="n",
        title="WM-412 was escalated to Police",
        lines=("S1 · RS-01 Threats", "Please answer within 15 minutes."),
        link="https://wardmote.example/cases/WM-412",
        urgent=True,
        case_id=412,
        version=7,
        offers=(Offer.TAKE_BACK,),
    )

    assert read(draw_notice(notice)) == (
        "# Urgent: WM-412 was escalated to Police\n"
        "S1 · RS-01 Threats\n"
        "Please answer within 15 minutes.\n"
        "Read on in the console (https://wardmote.example/cases/WM-412)\n"
        "[Take back]"
    )


def test_a_long_notice_says_how_much_is_not_shown():
    said = read(draw_notice(Notice(key="n", title="Trouble", lines=("line",) * 23)))

    assert said.endswith("3 more lines are in the console.")
    assert said.count("\nline") == 20


def test_a_notice_about_no_case_offers_nothing_to_press():
    notice = Notice(key="n", title="Trouble", lines=(" ",), offers=(Offer.TAKE_BACK,), link="x:y")

    assert read(draw_notice(notice)) == "# Trouble"


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "file:///etc/passwd", "http://[broken", "https://x/" + "a" * 3000],
)
def test_only_web_addresses_become_links(link):
    card = example_card(permalink=link, console_url=None)

    assert "Open at the platform" not in read(draw_card(card))


def test_a_link_cannot_be_ended_early_by_its_own_address():
    card = example_card(permalink="https://x.example/a|<!channel>b>c", console_url=None)

    footer = draw_card(card).blocks[-2]["elements"][0]["text"]

    assert "<https://x.example/a%7C%3C!channel%3Eb%3Ec|Open at the platform>" in footer


@pytest.mark.parametrize("wanted", ["!channel", "U0> <!here", "everyone", "@here", "u0amina", ""])
def test_only_identifiers_page_anybody(wanted):
    drawn = draw_card(example_card(mention=(wanted,)))

    footer = drawn.blocks[-2]["elements"][0]["text"]
    assert footer.count("<") == 3


@pytest.mark.parametrize("value", ["", "412", "412:", ":3", "a:b", "412:3:4", "-1:2", "٤:٢٢x"])
def test_a_value_that_is_none_of_ours_is_no_press(value):
    assert read_button_value(value) is None


def test_a_buttons_value_is_read_back():
    assert read_button_value("412:3") == (412, 3)


@given(snippet=words, post=words, title=words, name=words, line=words)
def test_no_words_of_others_ping_link_format_or_break_a_card(snippet, post, title, name, line):
    card = example_card(
        snippet=snippet,
        post_excerpt=post,
        clauses=(title, title),
        channel_name=name,
        service=name,
        status=line,
        by_hand=line,
        timeline=(line,) * 12,
        offers=tuple(Offer),
    )

    drawn = draw_card(card)

    assert complaints_about_blocks(drawn.blocks) == []
    assert len(json.dumps(drawn.blocks, ensure_ascii=False)) < 13_000
    assert _mrkdwn(drawn.blocks) == [draw_card(example_card()).blocks[-2]["elements"][0]["text"]]
    assert _only_plain(drawn.blocks)
    assert "<" not in drawn.text
    assert len(drawn.text) <= 300
    drawn.text.encode()
    json.dumps(drawn.blocks, ensure_ascii=False).encode()


@given(title=words, lines=st.lists(words, max_size=30))
def test_no_words_break_a_notice(title, lines):
    drawn = draw_notice(Notice(key="n", title=title, lines=tuple(lines)))

    assert complaints_about_blocks(drawn.blocks) == []
    assert _mrkdwn(drawn.blocks) == []
    assert "<" not in drawn.text


@pytest.mark.parametrize("text", HOSTILE)
def test_the_sdk_s_own_models_take_every_card(text):
    drawn = draw_card(example_card(snippet=text, post_excerpt=text, offers=tuple(Offer)))

    for block in Block.parse_all(drawn.blocks):
        block.validate_json()


@pytest.mark.parametrize(
    ("elapsed", "expected"),
    [
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=119), "1 hour"),
        (timedelta(days=3), "3 days"),
        (timedelta(seconds=-5), "less than a minute"),
    ],
)
def test_an_age_is_said_in_the_unit_that_matters(elapsed, expected):
    card = example_card(posted_at=NOW - elapsed, drawn_at=NOW)

    assert f"written {expected} ago" in read(draw_card(card))


def _leaves(value):
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from _leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each)


def _mrkdwn(blocks):
    return [leaf["text"] for leaf in _leaves(blocks) if leaf.get("type") == "mrkdwn"]


def _only_plain(blocks):
    """Every other text is plain_text without emoji, or a rich text leaf, which is never parsed."""
    known = {"header", "section", "context", "actions", "button", "rich_text"}
    rich = {"rich_text_section", "rich_text_quote", "text", "mrkdwn"}
    return all(
        leaf.get("type") in known | rich
        or (leaf.get("type") == "plain_text" and leaf["emoji"] is False)
        for leaf in _leaves(blocks)
    )
