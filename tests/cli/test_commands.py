from __future__ import annotations

import click
import pytest
from sqlalchemy import text

from config.standards import SHIPPED_STANDARDS
from monitor.cli import commands


def every_command(group: click.Group = commands, before: tuple[str, ...] = ()):
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from every_command(command, (*before, name))
        else:
            yield pytest.param((*before, name), command, id=" ".join((*before, name)))


@pytest.mark.parametrize(("path", "command"), [*every_command()])
def test_every_command_has_help_with_an_example_of_itself(home, path, command) -> None:
    result = home.run(*path, "--help")

    assert result.exit_code == 0
    words = " ".join(result.stdout.split())
    assert f"For example: wardmote {' '.join(path)}" in words or (
        f"wardmote {' '.join(path)}" in words.partition("For example: ")[2]
    )
    assert all(option.help for option in command.params if isinstance(option, click.Option))


def test_every_option_that_has_a_variable_names_it() -> None:
    for case in every_command():
        path, command = case.values
        for option in command.params:
            if isinstance(option, click.Option) and option.envvar:
                assert str(option.envvar) in (option.help or ""), (path, option.name)


def test_the_version_is_the_packages(home) -> None:
    result = home.run("--version")

    assert result.exit_code == 0
    assert result.stdout.startswith("wardmote, version 0.1")


def test_without_a_command_the_help_says_where_to_start(home) -> None:
    result = home.run()

    assert result.exit_code == 2
    assert "Start with: wardmote demo" in result.stderr


@pytest.mark.parametrize("arguments", [["nonsense"], ["check", "--nonsense"], ["init"]])
def test_a_request_that_is_wrong_says_how_it_is_written(home, arguments) -> None:
    result = home.run(*arguments)

    assert result.exit_code == 2
    assert result.stderr.startswith("Usage: wardmote")


def test_an_unforeseen_fault_is_one_sentence_and_no_traceback(home) -> None:
    @click.command("break")
    def break_down() -> None:
        raise ValueError("Robin wrote: you idiot")

    commands.add_command(break_down)
    try:
        result = home.run("break")
    finally:
        del commands.commands["break"]

    assert result.exit_code == 70
    assert result.stderr.startswith("A fault of Wardmote's own: ValueError in ")
    assert "Robin" not in result.output


def test_an_interrupt_is_said_and_has_its_own_status(home) -> None:
    @click.command("wait")
    def wait() -> None:
        raise KeyboardInterrupt

    commands.add_command(wait)
    try:
        result = home.run("wait")
    finally:
        del commands.commands["wait"]

    assert (result.exit_code, result.stderr) == (130, "Interrupted.\n")


class TestTheConfigurationIsWrong:
    """Exit status 2, every mistake at once, each with its place and what to do."""

    def complaint(self, home) -> str:
        result = home.run("channels", "list")
        assert result.exit_code == 2
        assert "Traceback" not in result.output
        assert result.stdout == ""
        return result.stderr

    def test_a_file_that_is_no_toml(self, home) -> None:
        home.write("channels.toml", "[channel.parks\n")
        assert "channels.toml" in self.complaint(home)

    def test_a_clause_that_does_not_exist(self, home) -> None:
        home.append("routes.toml", '[alert.x]\ndestination = "moderation"\nclauses = ["manners"]\n')
        assert "manners" in self.complaint(home)

    def test_a_channel_that_is_there_twice(self, home) -> None:
        home.append("channels.toml", (home.path / "channels.toml").read_text("utf-8"))
        assert "channels.toml" in self.complaint(home)

    def test_a_page_that_is_watched_twice(self, home) -> None:
        again = (home.path / "channels.toml").read_text("utf-8")
        home.append("channels.toml", again.replace("facebook-parks", "facebook-again"))
        assert "channels.toml" in self.complaint(home)

    def test_a_threshold_that_cannot_be(self, home) -> None:
        shipped = SHIPPED_STANDARDS.read_text("utf-8")
        home.write("standards.toml", shipped.replace("suspect = 0.5", "suspect = 1.5", 1))
        assert "standards.toml" in self.complaint(home)

    def test_a_token_that_is_not_there(self, home) -> None:
        del home.environ["WARDMOTE_TOKEN_FACEBOOK_PARKS"]
        assert "WARDMOTE_TOKEN_FACEBOOK_PARKS" in self.complaint(home)

    def test_a_variable_that_is_no_setting(self, home) -> None:
        home.environ["WARDMOTE_WEB_PROT"] = "8080"
        assert 'Did you mean "WARDMOTE_WEB_PORT"?' in self.complaint(home)

    def test_every_mistake_is_told_at_once(self, home) -> None:
        del home.environ["WARDMOTE_TOKEN_FACEBOOK_PARKS"]
        home.environ["WARDMOTE_WEB_PORT"] = "many"
        complaint = self.complaint(home)

        assert "WARDMOTE_TOKEN_FACEBOOK_PARKS" in complaint
        assert "WARDMOTE_WEB_PORT" in complaint
        assert "problems in the configuration." in complaint

    def test_no_secret_stands_in_a_complaint(self, home) -> None:
        home.environ["WARDMOTE_WEB_PORT"] = "many"
        assert "secret-of" not in self.complaint(home)


class TestTheDatabaseCannotBeUsed:
    """Exit status 3 and one sentence."""

    def complaint(self, home, *arguments: str) -> str:
        result = home.run(*(arguments or ("channels", "list")))
        assert result.exit_code == 3
        assert "Traceback" not in result.output
        return result.stderr

    def test_one_that_is_not_up_to_date_says_which_command_to_run(self, home) -> None:
        (home.path / "wardmote.db").unlink()
        assert "wardmote database upgrade" in self.complaint(home)

    def test_one_that_cannot_be_read(self, home) -> None:
        (home.path / "wardmote.db").unlink()
        (home.path / "wardmote.db").mkdir()
        assert "wardmote.db" in self.complaint(home)

    def test_one_that_is_no_database(self, home) -> None:
        for each in home.path.glob("wardmote.db*"):
            each.unlink()
        home.write("wardmote.db", "this is a letter\n" * 200)
        assert "wardmote.db" in self.complaint(home)

    def test_one_in_a_directory_that_is_not_there(self, home) -> None:
        home.environ["WARDMOTE_DATABASE_URL"] = f"sqlite:///{home.path}/nowhere/x.db"
        assert "nowhere" in self.complaint(home)

    @pytest.mark.parametrize("arguments", [("channels", "list"), ("database", "upgrade")])
    def test_one_that_a_newer_version_has_changed(self, home, database_of, arguments) -> None:
        with database_of.transaction("the future") as tx:
            tx.session.execute(text("UPDATE alembic_version SET version_num = '9999_post_x'"))
        assert "newer" in self.complaint(home, *arguments)

    @pytest.mark.sandbox
    def test_a_server_that_does_not_answer(self, home) -> None:
        home.environ["WARDMOTE_DATABASE_URL"] = "postgresql://u:hush@127.0.0.1:1/x"
        assert "hush" not in self.complaint(home)
