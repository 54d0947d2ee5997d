from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from config.problems import ConfigurationInvalid
from config.settings import load_settings
from config.starter import settings_example, write_starter

SCHEMAS = Path(__file__).parents[3] / "shared/specs/slack/manifest"


def test_a_starter_is_five_files_in_a_new_directory(tmp_path: Path) -> None:
    written = write_starter(tmp_path / "new" / "wexcombe")

    assert [path.name for path in written] == [
        "channels.toml",
        "routes.toml",
        "standards.toml",
        "app-manifest.yaml",
        "settings.env",
    ]
    assert all(path.is_file() for path in written)


def test_only_its_owner_may_read_the_file_that_will_hold_tokens(folder: Path) -> None:
    assert stat.S_IMODE((folder / "settings.env").stat().st_mode) == 0o600


def test_one_file_in_the_way_means_that_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "routes.toml").symlink_to(tmp_path / "elsewhere.toml")

    with pytest.raises(ConfigurationInvalid) as caught:
        write_starter(tmp_path)

    assert [each.id for each in caught.value.problems] == ["C050"]
    assert [path.name for path in tmp_path.iterdir()] == ["routes.toml"]


def test_a_directory_that_cannot_be_made_is_a_problem_and_not_a_crash(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(ConfigurationInvalid) as caught:
        write_starter(tmp_path / "file" / "wexcombe")

    assert [each.id for each in caught.value.problems] == ["C002"]


def test_the_settings_example_reads_back_as_the_defaults(tmp_path: Path) -> None:
    lines = settings_example(tmp_path).splitlines()
    pairs = [line.removeprefix("# ").partition("=") for line in lines]
    environ = {
        name: value for name, _, value in pairs if name.startswith("WARDMOTE_") and " " not in name
    }

    settings, problems = load_settings(environ)

    assert problems == ()
    assert settings is not None
    defaults, _ = load_settings({"WARDMOTE_HOME": str(tmp_path)})
    assert defaults is not None
    assert settings.model_dump() == defaults.model_dump()
    assert len(settings.described()) == len(environ) - 1


def test_only_the_home_and_what_must_be_filled_in_stand_uncommented(tmp_path: Path) -> None:
    lines = [line for line in settings_example(tmp_path).splitlines() if line[:1] not in {"", "#"}]

    filled = [line for line in lines if not line.endswith("=")]

    assert filled == [f"WARDMOTE_HOME={tmp_path}"]
    assert "WARDMOTE_SLACK_BOT_TOKEN=" in lines


def manifest(folder: Path) -> dict[str, Any]:
    yaml = pytest.importorskip("yaml", reason="PyYAML comes with the development tools")
    loaded: dict[str, Any] = yaml.safe_load((folder / "app-manifest.yaml").read_text("utf-8"))
    return loaded


def test_the_slack_app_uses_socket_mode_and_asks_for_no_more_than_it_needs(folder: Path) -> None:
    app = manifest(folder)

    assert app["settings"]["socket_mode_enabled"] is True
    assert app["settings"]["interactivity"] == {"is_enabled": True}
    assert app["oauth_config"]["scopes"]["bot"] == [
        "chat:write",
        "channels:history",
        "groups:history",
        "users:read",
    ]


@pytest.mark.skipif(not SCHEMAS.is_dir(), reason="Slack's schemas are not on this machine")
@pytest.mark.parametrize("version", ["1.0.0", "2.0.0"])
def test_the_manifest_keeps_slacks_own_schema(folder: Path, version: str) -> None:
    schema = json.loads((SCHEMAS / f"manifest.schema.{version}.json").read_text("utf-8"))

    assert list(mismatches(manifest(folder), schema, schema)) == []
    assert list(mismatches({"display_information": {"nam": "x"}}, schema, schema)) != []


KINDS = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}


def mismatches(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any]) -> list[str]:
    """Hold a value against the part of JSON Schema that Slack's manifest schemas use."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/definitions/")
        return mismatches(value, root["definitions"][name], root)
    kind = schema.get("type")
    if isinstance(kind, str) and not isinstance(value, KINDS[kind]):
        return [f"{value!r} is not of the type {kind}"]
    found = [f"{value!r} is not allowed"] if value not in schema.get("enum", [value]) else []
    if isinstance(value, dict):
        found += mismatched_keys(value, schema, root)
    if isinstance(value, list):
        found += [m for each in value for m in mismatches(each, schema.get("items", {}), root)]
    if isinstance(value, str) and len(value) > schema.get("maxLength", len(value)):
        found.append(f"{value!r} is too long")
    return found


def mismatched_keys(
    value: Mapping[str, Any], schema: Mapping[str, Any], root: Mapping[str, Any]
) -> list[str]:
    known = schema.get("properties", {})
    found = [f"{key} is missing" for key in schema.get("required", []) if key not in value]
    if schema.get("additionalProperties", True) is False:
        found += [f"{key} is not known" for key in value if key not in known]
    for key in set(value) & set(known):
        found += mismatches(value[key], known[key], root)
    return found
