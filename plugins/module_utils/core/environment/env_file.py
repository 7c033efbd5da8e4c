# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An environment file that a shell and Docker Compose read the same; its values are never shown.

Docker, "Syntax for environment files in Docker Compose": single quotes make a value literal, in
double quotes a backslash escapes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import OpsError, cannot
from ..plan import Plan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=-]*")
_LINE = re.compile(r"(?:export )?([A-Za-z_][A-Za-z0-9_]*)=")
MODE = 0o600


@dataclass(frozen=True)
class Variable:
    """One variable: ``value``, or the secret ``id``, or what ``key`` names in its JSON."""

    name: str
    value: str | None = field(default=None, repr=False)
    id: str | None = None
    key: str | None = None


@dataclass(frozen=True)
class EnvFile:
    """What is at the path: ``text`` and ``mode``; ``None`` where there is nothing."""

    text: str | None = field(default=None, repr=False)
    mode: int = MODE


def read_variables(given: Sequence[Mapping[str, Any]]) -> list[Variable]:
    """The variables that the option holds.

    Raises ``OpsError`` ``bad_option`` for a name that is none, or that is given twice.
    """
    variables = [Variable(one["name"], one["value"], one["id"], one["key"]) for one in given]
    names = [one.name for one in variables]
    wrong = [name for name in names if not _NAME.fullmatch(name) or names.count(name) > 1]
    if wrong:
        raise OpsError(
            cannot(
                f"write the variable {wrong[0]!r}",
                "it is there twice" if names.count(wrong[0]) > 1 else "it is no name of a variable",
                "Correct variables",
            ),
            code="bad_option",
        )
    return variables


def render_env(values: Mapping[str, str]) -> str:
    """The text of the file, in the order of ``values``.

    Raises ``OpsError`` ``bad_value`` that names the variable.
    """
    return "".join(f"{name}={_quote(name, value)}\n" for name, value in values.items())


def _quote(name: str, value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    if not value.isprintable():
        raise _bad_value(name, "its value holds a line end or another control character")
    if "'" not in value:
        return f"'{value}'"
    if "`" in value:
        raise _bad_value(name, "its value holds both ' and `, which shell and Compose read apart")
    escaped = re.sub(r'([\\"$])', r"\\\1", value)
    return f'"{escaped}"'


def _bad_value(name: str, cause: str) -> OpsError:
    return OpsError(
        cannot(f"write the variable {name}", cause, "Change the secret, or encode it"),
        code="bad_value",
        details={"variable": name},
    )


def plan_env(path: str, there: EnvFile, text: str) -> Plan:
    """The plan whose diff has names and no values."""
    old, new = _lines(there.text or ""), _lines(text)
    before = dict.fromkeys(old, "there")
    after = {name: "there" if old.get(name) == line else "set" for name, line in new.items()}
    for state, mode in ((before, there.mode), (after, MODE)):
        state["(mode)"] = f"{mode:04o}"
    if there.text is None:
        before = {}
    elif before == after and there.text != text:
        before["(lines)"], after["(lines)"] = "others too", "these, in their order"
    changed = [name for name, state in after.items() if before.get(name) != state]
    return Plan("secret_file", path, before, after, {"changed": changed})


def _lines(text: str) -> dict[str, str]:
    """The lines of ``text`` that set a variable, by its name."""
    found = ((_LINE.match(line), line) for line in text.splitlines())
    return {match.group(1): line for match, line in found if match}


def summarise_env(plan: Plan, *, rehearsed: bool) -> str:
    """One sentence."""
    if not plan.changes:
        return f"{plan.subject} is as it has to be."
    count = sum(1 for name in plan.after if not name.startswith("("))
    done = sum(1 for state in plan.after.values() if state == "set")
    return f"{'Would set' if rehearsed else 'Set'} {done} of {count} variables in {plan.subject}."
