# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which commands are run for a tool, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.tool_answers import Answer
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.tool_checks import (
    Integrity,
    Told,
    as_integrity,
    judge_tool,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.tool_request import (
    Tool,
    read_tool,
    read_variables,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError

from tests.samples.backup_cases import EXPECTED, NOW

UNSET = dict.fromkeys(
    ("stanza", "repository", "server", "config", "program", "password_file", "user")
)


def tool(name: str, variables: dict[str, str] | None = None, **given: Any) -> Tool:
    """A tool by the options."""
    return read_tool(params(name, **given), variables or {})


def params(name: str, **given: Any) -> dict[str, Any]:
    """The options of the module."""
    asked = {**UNSET, "name": name, "timeout": 5, **given}
    pattern = asked.pop("pattern", None)
    rest = {"tables": [], "self_test": False, "lock_days": 0, "history": {"count": 7}}
    return {**rest, "pattern": pattern, "tool": asked}


@pytest.mark.parametrize(
    ("asked", "listing", "integrity"),
    [
        (
            tool("pgbackrest", stanza="main", config="/c"),
            "pgbackrest --config=/c --stanza=main --output=json info",
            "pgbackrest --config=/c --stanza=main --output=text verify",
        ),
        (
            tool("restic", repository="/r", program="/opt/restic"),
            "/opt/restic --no-lock --json snapshots",
            "/opt/restic --no-lock check",
        ),
        (tool("borg", repository="/r"), "borg info --json --last=8", "borg check"),
        (
            tool("borg", repository="/r", pattern="db*"),
            "borg info --json --last=8 --glob-archives=db*",
            "borg check",
        ),
        (
            tool("barman", server="main"),
            "barman --format=json list-backups main",
            "barman --format=json check-backup main latest",
        ),
    ],
)
def test_commands(asked: Tool, listing: str, integrity: str) -> None:
    assert (" ".join(asked.listing), " ".join(asked.integrity)) == (listing, integrity)


def test_only_barman_has_a_quick_check() -> None:
    assert tool("barman", server="m").health == ["barman", "--format=json", "check", "m"]
    assert tool("pgbackrest", stanza="m").health == []


def test_password_of_an_address_is_in_no_command_and_not_shown() -> None:
    asked = tool("restic", {"RESTIC_REPOSITORY": "rest:https://u:pass@h/x", "B2": "hush"})
    assert asked.subject == "restic:rest:https://h/x"
    assert asked.variables["RESTIC_REPOSITORY"] == "rest:https://u:pass@h/x"
    assert "pass" not in " ".join([*asked.listing, *asked.integrity, *asked.sizing("a")])
    assert asked.conceal("no https://u:pass@h, no hush") == "no https://h, no ********"


@pytest.mark.parametrize(
    ("name", "given", "cause"),
    [
        ("restic", {}, "Cannot use the option tool.repository: restic needs it. Name it."),
        ("barman", {}, "Cannot use the option tool.server: barman needs it. Name it."),
        ("pgbackrest", {"stanza": "-x"}, "Cannot use the option tool.stanza: "),
        (
            "barman",
            {"server": "m", "password_file": "/p"},
            "Cannot use the option tool.password_file: barman takes none. Leave it out.",
        ),
        ("restic", {"repository": "/r", "timeout": 0}, "Cannot use timeout 0: "),
    ],
)
def test_what_cannot_be_used_is_refused(name: str, given: dict[str, Any], cause: str) -> None:
    with pytest.raises(OpsError) as caught:
        tool(name, **given)
    assert caught.value.code == "bad_option"
    assert caught.value.message.startswith(cause)


def test_what_only_files_have_is_refused() -> None:
    with pytest.raises(OpsError, match="the option self_test: the tool does not tell what is"):
        read_tool({**params("restic", repository="/r"), "self_test": True}, {})


def test_environment_file_is_read() -> None:
    text = "# a\n; b\n\n A=1\nB='two words'\nC=\"x\"\nD='\nE=\n"
    found = {"A": "1", "B": "two words", "C": "x", "D": "'", "E": ""}
    assert read_variables(text) == found


@pytest.mark.parametrize("line", ["secret", "9A=x", "export A=x"])
def test_other_lines_are_refused_and_not_shown(line: str) -> None:
    with pytest.raises(OpsError) as caught:
        read_variables(f"A=1\n{line}\n")
    assert "its line 2 is no NAME=value" in caught.value.message
    assert line not in caught.value.message


def test_only_the_first_complaints_are_told() -> None:
    asked = tool("pgbackrest", stanza="m")
    expected = replace(EXPECTED, history=0)
    many = Told(Answer(complaints=tuple("abcde")), integrity=Integrity(("f",)))
    survey = judge_tool(asked, many, expected, NOW)
    told = {check.id: check.summary for check in survey.checks}
    assert told["backup.errors"] == "pgbackrest complains: a; b; c; and 2 more."
    assert told["backup.integrity"] == "pgbackrest found its repository damaged: f."
    assert "backup.history" not in told
    assert (survey.found, survey.extra["tool"]["version"]) == ((), None)


VERIFIED = "stanza: main\nstatus: ok\n  backup: 1F, status: valid, total files checked: 9"
DAMAGED = VERIFIED.replace("valid", "invalid").replace("status: ok", "status: error")


@pytest.mark.parametrize(
    ("name", "code", "words", "faults"),
    [
        ("pgbackrest", 0, "", ()),
        ("pgbackrest", 0, VERIFIED, ()),
        (
            "pgbackrest",
            0,
            DAMAGED,
            ("backup: 1F, status: invalid, total files checked: 9",),
        ),
        ("pgbackrest", 0, "status: error", ("status: error",)),
        ("pgbackrest", 99, "ERROR: [099]: no", ("ERROR: [099]: no",)),
        ("restic", 0, "no errors were found", ()),
        ("restic", 1, "check all packs\nFatal: a.\n", ("Fatal: a",)),
        ("borg", 2, "", ("it ended with 2",)),
    ],
)
def test_words_of_a_check_are_read(
    name: str, code: int, words: str, faults: tuple[str, ...]
) -> None:
    asked = tool(name, stanza="m", repository="r")
    assert as_integrity(asked, code, words.split("\n")).faults == faults
