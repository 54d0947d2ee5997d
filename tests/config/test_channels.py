from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from config.channels import WatchedChannel, load_channels
from config.platform_defaults import QUALITY_RULES, SHIPPED_PLATFORMS, load_platforms

EXAMPLE = SHIPPED_PLATFORMS.parent / "channels.example.toml"
TOKEN = {"WARDMOTE_FACEBOOK_PARKS_TOKEN": "page-token"}
PARKS = "channels.toml, [channel.facebook-parks"


def load_text(
    tmp_path: Path, text: str, environ: dict[str, str]
) -> tuple[tuple[WatchedChannel, ...], list[tuple[str, str]]]:
    path = tmp_path / "channels.toml"
    path.write_text(text, encoding="utf-8")
    platforms, _ = load_platforms()
    channels, problems = load_channels(path, platforms, environ)
    return channels, [(each.id, each.place) for each in problems]


def example(*replace: tuple[str, str]) -> str:
    text = EXAMPLE.read_text(encoding="utf-8")
    for old, new in replace:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def test_the_example_has_no_mistake_and_its_platforms_defaults_are_filled_in() -> None:
    platforms, _ = load_platforms()

    (channel,), problems = load_channels(EXAMPLE, platforms, TOKEN)

    assert problems == ()
    assert channel.id == "facebook-parks"
    assert channel.interval == timedelta(minutes=3)
    assert channel.watch_for == timedelta(days=90)
    assert channel.page_size == 100
    assert channel.secret_names == {"token": "WARDMOTE_FACEBOOK_PARKS_TOKEN"}
    assert channel.options == {"sweep_hours": 24, "sweeps_per_pull": 10}


def test_a_channel_says_what_differs_from_its_platform(tmp_path: Path) -> None:
    text = example(
        ('# interval = "3 min"', 'interval = "10 min"\npage_size = 50\nlook_back = 0'),
        ("# A file of comments", "[channel.facebook-parks.options]\nsweep_hours = 6\n#"),
    )

    (channel,), problems = load_text(tmp_path, text, TOKEN)

    assert problems == []
    assert channel.interval == timedelta(minutes=10)
    assert channel.look_back == timedelta(0)
    assert channel.page_size == 50
    assert channel.options == {"sweep_hours": 6, "sweeps_per_pull": 10}


def test_a_token_may_lie_in_a_file(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("page-token\n", encoding="utf-8")
    environ = {"WARDMOTE_FACEBOOK_PARKS_TOKEN_FILE": str(token)}

    assert load_text(tmp_path, example(), environ)[1] == []


def test_a_token_given_twice_is_one_problem(tmp_path: Path) -> None:
    environ = {**TOKEN, "WARDMOTE_FACEBOOK_PARKS_TOKEN_FILE": "/run/token"}

    assert load_text(tmp_path, example(), environ)[1] == [("C041", "WARDMOTE_FACEBOOK_PARKS_TOKEN")]


def test_a_channel_that_is_switched_off_needs_no_token(tmp_path: Path) -> None:
    text = example(("# enabled = false", "enabled = false"))

    (channel,), problems = load_text(tmp_path, text, {})

    assert problems == []
    assert not channel.enabled


def test_a_pasted_token_is_never_repeated(tmp_path: Path) -> None:
    path = tmp_path / "channels.toml"
    path.write_text(example(('"WARDMOTE_FACEBOOK_PARKS_TOKEN"', '"EAABsbCS1"')), encoding="utf-8")

    _, (problem,) = load_channels(path, load_platforms()[0], TOKEN)

    assert problem.id == "C016"
    assert "EAABsbCS1" not in str(problem)


def test_the_same_page_may_not_be_watched_twice_but_two_pages_may(tmp_path: Path) -> None:
    names = ("[channel.facebook-parks]", "[channel.twin]")
    secrets = ("[channel.facebook-parks.secrets]", "[channel.twin.secrets]")
    same = example() + example(names, secrets)
    other = example() + example(names, secrets, ("100000000000009", "100000000000008"))

    assert load_text(tmp_path, same, TOKEN)[1] == [
        ("C011", "channels.toml, [channel.twin] native_id")
    ]
    assert load_text(tmp_path, other, TOKEN)[1] == []


@pytest.mark.parametrize(
    ("replace", "found"),
    [
        (('"facebook_page"', '"facebook"'), ("C010", f"{PARKS}] connector")),
        (("token =", "tokn ="), ("C005", f"{PARKS}.secrets] tokn")),
        (("token =", "# token ="), ("C006", f"{PARKS}.secrets] token")),
        (('"100000000000009"', "100000000000009"), ("C007", f"{PARKS}] native_id")),
        (('"100000000000009"', '""'), ("C007", f"{PARKS}] native_id")),
        (('"Mon-Fri 09:00-17:00"', '"Mon-Fri 9-5"'), ("C015", f"{PARKS}] hours")),
        (('"Mon-Fri 09:00-17:00"', '"Mon-Fry 09:00-17:00"'), ("C015", f"{PARKS}] hours")),
        (('"Mon-Fri 09:00-17:00"', '"Mon-Fri 25:00-26:00"'), ("C015", f"{PARKS}] hours")),
        (('# interval = "3 min"', "interval = 59"), ("C012", f"{PARKS}] interval")),
        (("# enabled = false", 'enabled = "no"'), ("C007", f"{PARKS}] enabled")),
        (("# enabled = false", "page_size = 0"), ("C007", f"{PARKS}] page_size")),
        (
            ("# enabled = false", "options = {swep_hours = 1}"),
            ("C005", f"{PARKS}.options] swep_hours"),
        ),
        (
            ("# enabled = false", "options = {sweep_hours = 1.5}"),
            ("C007", f"{PARKS}.options] sweep_hours"),
        ),
        (("# A file", "[chanel.x]\n#"), ("C005", "channels.toml, chanel")),
    ],
)
def test_a_mistake_in_a_channel_is_found_at_its_place(
    tmp_path: Path, replace: tuple[str, str], found: tuple[str, str]
) -> None:
    _, problems = load_text(tmp_path, example(replace), TOKEN)

    assert found in problems


@pytest.mark.parametrize("text", ["channel = 7\n", "channel = {parks = 7}\n"])
def test_channels_of_the_wrong_shape_are_reported_and_not_a_crash(
    tmp_path: Path, text: str
) -> None:
    channels, problems = load_text(tmp_path, text, {})

    assert channels == ()
    assert [each[0] for each in problems] == ["C007"]


@pytest.mark.parametrize("hours", ["", "Sat 10:00-13:00", "Mon-Fri 08:30-17:00, Sun 00:00-24:00"])
def test_hours_read_as_a_public_page_says_them(tmp_path: Path, hours: str) -> None:
    (channel,), problems = load_text(tmp_path, example(("Mon-Fri 09:00-17:00", hours)), TOKEN)

    assert problems == []
    assert channel.hours == hours


def test_every_shipped_platform_is_sound_and_answers_every_rule() -> None:
    platforms, problems = load_platforms()

    assert problems == ()
    assert set(platforms) >= {"facebook_page", "csv_import"}
    rules = {rule for names in QUALITY_RULES.values() for rule in names}
    for platform in platforms.values():
        assert set(platform.quality) == rules
        assert platform.interval_reason
        assert platform.shortest_interval <= platform.interval


@pytest.mark.parametrize(
    ("replace", "found"),
    [
        (('interval = "3 min"', 'interval = "1 s"'), ("C012", "platforms/facebook_page.toml")),
        (
            ('connector = "facebook_page"', 'connector = "facebook"'),
            ("C010", "platforms/facebook_page.toml, connector"),
        ),
        (
            ('late_comments = "done"', 'early_comments = "done"'),
            ("C005", "platforms/facebook_page.toml, [quality.rules] early_comments"),
        ),
        (
            ('reads = "done"', 'reads = "exempt: "'),
            ("C017", "platforms/facebook_page.toml, [quality.rules] reads"),
        ),
        (
            ("page_size = 100", "page_sise = 100"),
            ("C006", "platforms/facebook_page.toml, page_size"),
        ),
        (("page_size = 100", "page_size ="), ("C004", "platforms/facebook_page.toml, line 9")),
    ],
)
def test_a_mistake_in_a_platforms_defaults_is_found_at_its_place(
    tmp_path: Path, replace: tuple[str, str], found: tuple[str, str]
) -> None:
    text = (SHIPPED_PLATFORMS / "facebook_page.toml").read_text(encoding="utf-8")
    assert replace[0] in text
    (tmp_path / "facebook_page.toml").write_text(text.replace(*replace, 1), encoding="utf-8")

    platforms, problems = load_platforms(tmp_path)

    assert "facebook_page" not in platforms
    assert found in [(each.id, each.place) for each in problems]


def test_an_operators_own_defaults_win_and_no_level_needs_no_rule(tmp_path: Path) -> None:
    text = (SHIPPED_PLATFORMS / "facebook_page.toml").read_text(encoding="utf-8")
    text = text.replace('level = "silver"', 'level = "none"').replace('reads = "done"\n', "")
    (tmp_path / "facebook_page.toml").write_text(
        text.replace("page_size = 100", "page_size = 25"), encoding="utf-8"
    )

    platforms, problems = load_platforms(tmp_path)

    assert problems == ()
    assert platforms["facebook_page"].page_size == 25
    assert "csv_import" in platforms


def test_no_channels_file_is_one_problem(tmp_path: Path) -> None:
    channels, (problem,) = load_channels(tmp_path / "channels.toml", {}, {})

    assert channels == ()
    assert problem.id == "C001"


def test_a_channel_beside_one_with_a_mistake_is_still_read(
    folder: Path, change: Callable[..., Path]
) -> None:
    path = change("channels.toml", {"# [channel.libraries-archive]": "[channel.archive]"})
    text = path.read_text(encoding="utf-8").replace("service =", "servce =", 1)
    head, tail = text.split("[channel.archive]")
    path.write_text(f"{head}[channel.archive]{tail.replace('# ', '')}", encoding="utf-8")

    channels, problems = load_channels(path, load_platforms()[0], TOKEN)

    assert [channel.id for channel in channels] == ["archive"]
    assert {each.id for each in problems} == {"C005", "C006"}
