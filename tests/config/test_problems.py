"""Every problem that the table lists is brought about once, and nothing else is ever raised."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from config.loading import load_configuration
from config.platform_defaults import SHIPPED_PLATFORMS
from config.problems import PROBLEMS, ConfigProblem, ConfigurationInvalid, did_you_mean
from config.starter import write_starter


@dataclass(frozen=True)
class Mistake:
    """How to make one mistake in a sound configuration, and where it must be reported."""

    place: str
    file: str = ""
    replace: tuple[str, str] = ("", "")
    environ: dict[str, str] = field(default_factory=dict)


PARKS = "channels.toml, [channel.facebook-parks]"
TWIN = """
[channel.facebook-twin]
connector = "facebook_page"
native_id = "100000000000009"
name = "Twin"
service = "Parks and Libraries"
[channel.facebook-twin.secrets]
token = "WARDMOTE_FACEBOOK_PARKS_TOKEN"
"""
PERIOD = '[[period]]\nname = "{}"\nfrom = {}\nto = {}\n\n[labels]\nextra'

MISTAKES: dict[str, Mistake] = {
    "C004": Mistake("channels.toml, line 9", "channels.toml", ('"facebook_page"', "facebook_page")),
    "C005": Mistake(f"{PARKS} ownr", "channels.toml", ("owner =", "ownr =")),
    "C006": Mistake(f"{PARKS} service", "channels.toml", ("service =", "# service =")),
    "C007": Mistake(f"{PARKS} name", "channels.toml", ('name = "Parks', 'name = 7 # "Parks')),
    "C008": Mistake(
        "standards.toml, [clause.threat] severity",
        "standards.toml",
        ('severity = "S1"', 'severity = "S9"'),
    ),
    "C010": Mistake(f"{PARKS} connector", "channels.toml", ("facebook_page", "facebok_page")),
    "C011": Mistake(
        "channels.toml, [channel.facebook-twin] native_id",
        "channels.toml",
        ("# A file of comments", f"{TWIN}# A file of comments"),
    ),
    "C012": Mistake(
        f"{PARKS} interval", "channels.toml", ('# interval = "3 min"', 'interval = "5 s"')
    ),
    "C013": Mistake(
        "channels.toml, [channel.facebook-parks.secrets] token",
        environ={"WARDMOTE_FACEBOOK_PARKS_TOKEN": ""},
    ),
    "C014": Mistake(
        f"{PARKS} interval", "channels.toml", ('# interval = "3 min"', 'interval = "soon"')
    ),
    "C015": Mistake(f"{PARKS} hours", "channels.toml", ("Mon-Fri 09:00-17:00", "office hours")),
    "C016": Mistake(
        "channels.toml, [channel.facebook-parks.secrets] token",
        "channels.toml",
        ('"WARDMOTE_FACEBOOK_PARKS_TOKEN"', '"EAABsbCS1iHgBO"'),
    ),
    "C018": Mistake(
        "channels.toml, [channel.Facebook Parks]",
        "channels.toml",
        (
            "[channel.facebook-parks]",
            '[channel."Facebook Parks"]\nsecrets = {token = "WARDMOTE_FACEBOOK_PARKS_TOKEN"}',
        ),
    ),
    "C020": Mistake(
        "standards.toml, [clause.welfare] ref", "standards.toml", ('"RS-02"', '"RS-01"')
    ),
    "C021": Mistake(
        "standards.toml, [clause.threat.cues.menace]",
        "standards.toml",
        ("suspect = 0.15", "suspect = 0.9"),
    ),
    "C022": Mistake(
        "standards.toml, [clause.hate.cues.identity_atack] label",
        "standards.toml",
        ("identity_attack", "identity_atack"),
    ),
    "C023": Mistake(
        "standards.toml, [clause.abuse.cues.toxicity] label",
        "standards.toml",
        ('label = "insult"', 'label = "toxicity"'),
    ),
    "C024": Mistake(
        "standards.toml, [period.pre_election]",
        "standards.toml",
        ("[labels]\nextra", PERIOD.format("pre_election", "2027-05-06", "2027-03-24")),
    ),
    "C025": Mistake(
        "standards.toml, [clause.pre-election] only_in",
        "standards.toml",
        ('only_in = ["pre_election"]', 'only_in = ["pre_elction"]'),
    ),
    "C026": Mistake(
        "standards.toml, [clause.language] escalates_to",
        "standards.toml",
        ('escalates_to = ["none"]', 'escalates_to = ["the police!"]'),
    ),
    "C030": Mistake(
        "routes.toml, [alert.serious] clauses",
        "routes.toml",
        ('severities = ["S2"]', 'clauses = ["thret"]'),
    ),
    "C031": Mistake(
        "routes.toml, reports", "routes.toml", ('reports = "managers"', 'reports = "manager"')
    ),
    "C032": Mistake("routes.toml, timezone", "routes.toml", ("Europe/London", "Europe/Lundon")),
    "C033": Mistake(
        "routes.toml, [escalation]",
        "routes.toml",
        ("[escalation.equalities_lead]", "[escalation.equality]"),
    ),
    "C034": Mistake(
        "routes.toml, [alert.serious] services",
        "routes.toml",
        ('severities = ["S2"]', 'services = ["Parks"]'),
    ),
    "C035": Mistake(
        "routes.toml, [destination.serious] address", "routes.toml", ("C0123456780", "#serious")
    ),
    "C036": Mistake("routes.toml, [alert]", "routes.toml", ('["S1"]', '["S2"]')),
    "C037": Mistake(
        "routes.toml, [destination.moderation]", environ={"WARDMOTE_SLACK_BOT_TOKEN": ""}
    ),
    "C040": Mistake("WARDMOTE_DATABSE_URL", environ={"WARDMOTE_DATABSE_URL": "sqlite:///x"}),
    "C041": Mistake(
        "WARDMOTE_SLACK_BOT_TOKEN", environ={"WARDMOTE_SLACK_BOT_TOKEN_FILE": "/etc/token"}
    ),
    "C042": Mistake("WARDMOTE_WEB_SECRET_FILE", environ={"WARDMOTE_WEB_SECRET_FILE": "/nowhere"}),
    "C043": Mistake("WARDMOTE_WEB_PORT", environ={"WARDMOTE_WEB_PORT": "http"}),
    "C044": Mistake("The settings", environ={"WARDMOTE_SMTP_FROM": ""}),
}


def problems_of(environ: dict[str, str]) -> tuple[ConfigProblem, ...]:
    with pytest.raises(ConfigurationInvalid) as caught:
        load_configuration(environ)
    return caught.value.problems


@pytest.mark.parametrize("problem_id", sorted(MISTAKES))
def test_a_mistake_is_reported_by_its_identifier_at_its_place(
    problem_id: str, environ: dict[str, str], change: Callable[..., Path]
) -> None:
    mistake = MISTAKES[problem_id]
    if mistake.file:
        change(mistake.file, dict([mistake.replace]))

    found = problems_of(environ | mistake.environ)

    assert (problem_id, mistake.place) in [(each.id, each.place) for each in found]


def test_a_missing_file_points_to_the_command_that_writes_one(
    folder: Path, environ: dict[str, str]
) -> None:
    (folder / "routes.toml").unlink()

    (problem,) = problems_of(environ)

    assert (problem.id, problem.place) == ("C001", "routes.toml")
    assert "wardmote init" in problem.hint


def test_a_directory_instead_of_a_file_is_said_to_be_one(
    folder: Path, environ: dict[str, str]
) -> None:
    (folder / "channels.toml").unlink()
    (folder / "channels.toml").mkdir()

    (problem,) = problems_of(environ)

    assert (problem.id, problem.what) == ("C002", "cannot be read: Is a directory")


def test_a_file_that_is_not_utf8_is_reported_with_its_line(
    folder: Path, environ: dict[str, str]
) -> None:
    (folder / "channels.toml").write_bytes(b'[channel.parks]\nname = "Caf\xe9"\n')

    (problem,) = problems_of(environ)

    assert (problem.id, problem.place) == ("C003", "channels.toml, line 2")


def test_an_empty_file_is_said_to_hold_nothing(folder: Path, environ: dict[str, str]) -> None:
    (folder / "routes.toml").write_text("# nothing yet\n", encoding="utf-8")

    (problem,) = problems_of(environ)

    assert (problem.id, problem.place) == ("C009", "routes.toml")


def test_a_quality_level_that_is_not_borne_out_is_refused(
    folder: Path, environ: dict[str, str]
) -> None:
    shipped = (SHIPPED_PLATFORMS / "facebook_page.toml").read_text(encoding="utf-8")
    (folder / "platforms").mkdir()
    (folder / "platforms" / "facebook_page.toml").write_text(
        shipped.replace('level = "silver"', 'level = "gold"'), encoding="utf-8"
    )

    found = problems_of(environ)

    assert {
        "platforms/facebook_page.toml, [quality.rules] recorded_live_fixtures",
        "platforms/facebook_page.toml, [quality.rules] load_tested",
    } == {each.place for each in found if each.id == "C017"}


def test_starter_files_are_never_written_over_others(folder: Path) -> None:
    with pytest.raises(ConfigurationInvalid) as caught:
        write_starter(folder)

    assert {"C050"} == {each.id for each in caught.value.problems}


def test_every_problem_in_the_table_has_a_test_and_every_one_in_the_code_is_in_the_table() -> None:
    package = SHIPPED_PLATFORMS.parent
    raised = {
        problem_id
        for path in package.glob("*.py")
        if path.name != "problems.py"
        for problem_id in re.findall(r'"(C\d{3})"', path.read_text(encoding="utf-8"))
    }
    tested = set(
        re.findall(r'"(C\d{3})"', Path(__file__).read_text(encoding="utf-8").split("raised =")[0])
    )

    assert set(PROBLEMS) == raised
    assert set(PROBLEMS) <= tested


def test_a_problem_reads_as_place_then_what_then_hint_then_identifier() -> None:
    problem = ConfigProblem("C012", "channels.toml, [channel.parks] interval", "is 5 s", "Wait.")

    assert str(problem) == "channels.toml, [channel.parks] interval: is 5 s. Wait. (C012)"


def test_every_mistake_in_every_file_is_reported_at_once(
    environ: dict[str, str], change: Callable[..., Path]
) -> None:
    change("channels.toml", {"owner =": "ownr =", "Mon-Fri": "Weekdays"})
    change("routes.toml", {'reports = "managers"': 'reports = "manager"'})
    change("standards.toml", {"suspect = 0.3": "suspect = 5", '"RS-02"': '"RS-01"'})

    found = problems_of(environ | {"WARDMOTE_WEB_PORT": "http", "WARDMOTE_HOEM": "/srv"})

    assert {"C005", "C015", "C031", "C021", "C020", "C043", "C040"} == {each.id for each in found}


def test_the_hint_names_what_is_known_when_nothing_comes_close() -> None:
    assert did_you_mean("intervall", ["interval", "hours"]) == 'Did you mean "interval"?'
    assert did_you_mean("xyzzy", ["interval", "hours"]) == "Known here: hours, interval."
    assert did_you_mean("xyzzy", []) == "Remove it."
