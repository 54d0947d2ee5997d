from __future__ import annotations


def test_a_starter_set_is_written_and_its_next_steps_told(home) -> None:
    target = home.path / "a new place"
    result = home.run("init", str(target))

    assert result.exit_code == 0
    assert (target / "channels.toml").is_file()
    assert f"wrote {target / 'channels.toml'}" in result.stdout
    assert "settings.env'; set +a" in result.stdout
    assert "wardmote check" in result.stdout


def test_nothing_is_overwritten(home) -> None:
    target = home.path / "place"
    home.run("init", str(target))
    result = home.run("init", str(target))

    assert result.exit_code == 2
    assert "exists already and is not overwritten" in result.stderr


def test_a_place_that_cannot_be_written_to_is_named(home) -> None:
    home.write("file", "in the way")
    result = home.run("init", str(home.path / "file"))

    assert result.exit_code == 2
    assert str(home.path / "file") in result.stderr
