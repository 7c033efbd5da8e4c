# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Environment files: how a value is written, and a diff that holds none."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.environment.env_file import (
    EnvFile,
    Variable,
    plan_env,
    read_variables,
    render_env,
    summarise_env,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from hypothesis import given
from hypothesis import strategies as st

PATH = "/opt/liyaqa/.env"


def option(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "value": None, "id": None, "key": None, **more}


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("", "A="),
        ("jdbc:postgresql://postgres:5432/liyaqa", "A=jdbc:postgresql://postgres:5432/liyaqa"),
        ("two words", "A='two words'"),
        ('$HOME `id` "x" \\', "A='$HOME `id` \"x\" \\'"),
        ('it\'s $5 \\ "x"', 'A="it\'s \\$5 \\\\ \\"x\\""'),
        ("#no comment", "A='#no comment'"),
        ("ملف", "A='ملف'"),
    ],
)
def test_value_is_quoted_where_it_must_be(value: str, line: str) -> None:
    assert render_env({"A": value}) == f"{line}\n"


@pytest.mark.parametrize("value", ["two\nlines", "it's `id`", "\x1b[31m"])
def test_value_that_is_read_in_two_ways_is_refused_and_not_shown(value: str) -> None:
    with pytest.raises(OpsError) as caught:
        render_env({"A": value})
    assert caught.value.code == "bad_value"
    assert caught.value.message.startswith("Cannot write the variable A: its value holds")
    assert value not in f"{caught.value.message} {caught.value.details}"


@given(st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=30))
def test_shell_reads_what_was_written(tmp_path_factory: pytest.TempPathFactory, value: str) -> None:
    if "'" in value and "`" in value:
        value = value.replace("`", "")
    file = tmp_path_factory.mktemp("env") / "env"
    file.write_text(render_env({"A": value}), "utf-8")
    script = f'. {file}; printf %s "$A"'
    told = subprocess.run(["bash", "-c", script], capture_output=True, check=True)
    assert told.stdout.decode() == value


def test_variables_are_read() -> None:
    given_ = [option("A", value="x"), option("B", id="prod/b", key="k")]
    assert read_variables(given_) == [Variable("A", "x"), Variable("B", id="prod/b", key="k")]
    assert "x'" not in repr(read_variables(given_)[0])


@pytest.mark.parametrize(
    ("names", "cause"),
    [(["A-B"], "it is no name"), (["A", "A"], "it is there twice"), (["1A"], "no name")],
)
def test_wrong_names_are_refused(names: list[str], cause: str) -> None:
    with pytest.raises(OpsError, match=cause):
        read_variables([option(name, value="x") for name in names])


TEXT = "A=1\nB=secret\n"


@pytest.mark.parametrize(
    ("there", "before", "after"),
    [
        (EnvFile(), {}, {"A": "set", "B": "set", "(mode)": "0600"}),
        (
            EnvFile("A=1\nexport B=old\nC=3\n"),
            {"A": "there", "B": "there", "C": "there", "(mode)": "0600"},
            {"A": "there", "B": "set", "(mode)": "0600"},
        ),
        (
            EnvFile(TEXT, 0o644),
            {"A": "there", "B": "there", "(mode)": "0644"},
            {"A": "there", "B": "there", "(mode)": "0600"},
        ),
        (
            EnvFile("# more\n" + TEXT),
            {"A": "there", "B": "there", "(mode)": "0600", "(lines)": "others too"},
            {"A": "there", "B": "there", "(mode)": "0600", "(lines)": "these, in their order"},
        ),
    ],
)
def test_diff_names_what_changes(there: EnvFile, before: object, after: object) -> None:
    plan = plan_env(PATH, there, TEXT)
    assert (plan.before, plan.after) == (before, after)
    assert "B=" not in repr(plan)
    assert Path(plan.subject).name == ".env"


def test_same_file_is_no_change() -> None:
    plan = plan_env(PATH, EnvFile(TEXT), TEXT)
    assert not plan.changes
    assert summarise_env(plan, rehearsed=False) == f"{PATH} is as it has to be."


def test_sentence_counts() -> None:
    plan = plan_env(PATH, EnvFile("A=1\n"), TEXT)
    assert summarise_env(plan, rehearsed=False) == f"Set 1 of 2 variables in {PATH}."
    assert summarise_env(plan, rehearsed=True).startswith("Would set 1 of 2")
