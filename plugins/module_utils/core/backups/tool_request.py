# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which backup tool is asked, and by which commands; every one of them only reads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import OpsError, cannot
from ..ranges import check_range

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST = 24 * 3600
_NEEDED = {"pgbackrest": "stanza", "barman": "server", "restic": "repository", "borg": "repository"}
_PLACES = {"restic": "RESTIC_REPOSITORY", "borg": "BORG_REPO"}
"""Variables that name the repository; an address can hold a password, so it is no argument."""

_LOGIN = re.compile(r"(?<=//)[^/@\s]*@")
_SHORTEST_SECRET = 4
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Tool:
    """A backup tool and its repository.

    ``subject`` names both, without a password; ``secrets`` are values that are never shown.
    """

    name: str
    program: str
    subject: str
    place: str
    config: str | None
    pattern: str
    newest: int
    variables: Mapping[str, str]
    secrets: tuple[str, ...] = ()

    @property
    def listing(self) -> list[str]:
        """The command that tells the backups as JSON."""
        if self.name == "pgbackrest":
            return [*self._pgbackrest, "--output=json", "info"]
        if self.name == "restic":
            return [self.program, "--no-lock", "--json", "snapshots"]
        if self.name == "borg":
            names = [f"--glob-archives={self.pattern}"] if self.pattern != "*" else []
            return [self.program, "info", "--json", f"--last={self.newest}", *names]
        return [*self._barman, "list-backups", self.place]

    @property
    def health(self) -> list[str]:
        """The quick command that tells what else is wrong, as JSON; empty where there is none."""
        return [*self._barman, "check", self.place] if self.name == "barman" else []

    @property
    def integrity(self) -> list[str]:
        """The command that looks whether the repository is whole, which takes its time."""
        if self.name == "pgbackrest":
            return [*self._pgbackrest, "--output=text", "verify"]
        if self.name == "restic":
            return [self.program, "--no-lock", "check"]
        if self.name == "borg":
            return [self.program, "check"]
        return [*self._barman, "check-backup", self.place, "latest"]

    def sizing(self, snapshot: str) -> list[str]:
        """The command of restic that tells how much a snapshot restores."""
        return [self.program, "--no-lock", "--json", "stats", "--mode=restore-size", snapshot]

    def conceal(self, text: str) -> str:
        """``text`` without secrets and without what stands before the @ of an address."""
        for secret in self.secrets:
            text = text.replace(secret, "********")
        return _LOGIN.sub("", text)

    @property
    def _pgbackrest(self) -> list[str]:
        given = [f"--config={self.config}"] if self.config else []
        return [self.program, *given, f"--stanza={self.place}"]

    @property
    def _barman(self) -> list[str]:
        given = [f"--config={self.config}"] if self.config else []
        return [self.program, *given, "--format=json"]


def read_tool(params: Mapping[str, Any], variables: Mapping[str, str]) -> Tool:
    """What the option ``tool`` asks for; ``variables`` are those of its ``environment_file``.

    Raises ``OpsError`` ``bad_option``.
    """
    given, name = params["tool"], params["tool"]["name"]
    check_range(given, "timeout", least=1, most=_LONGEST)
    for option in ("tables", "self_test", "lock_days"):
        if params[option]:
            raise _bad(option, "the tool does not tell what is inside of a backup", "Leave it out")
    place = given[_NEEDED[name]] or variables.get(_PLACES.get(name, ""), "")
    if not place or place.startswith("-"):
        raise _bad(f"tool.{_NEEDED[name]}", f"{name} needs it", "Name it")
    if given["password_file"] and name not in _PLACES:
        raise _bad("tool.password_file", f"{name} takes none", "Leave it out")
    named = {_PLACES[name]: place} if name in _PLACES else {}
    return Tool(
        name=name,
        program=given["program"] or name,
        subject=f"{name}:{_LOGIN.sub('', place)}",
        place=place,
        config=given["config"],
        pattern=params["pattern"] or "*",
        newest=params["history"]["count"] + 1,
        variables={**variables, **named},
        secrets=tuple(text for text in variables.values() if len(text) >= _SHORTEST_SECRET),
    )


def read_variables(text: str) -> dict[str, str]:
    """The variables of an environment file: lines ``NAME=value``, as systemd reads them.

    Raises ``OpsError`` ``bad_option``, which says the line and not what stands there.
    """
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped[0] in "#;":
            continue
        name, equals, value = stripped.partition("=")
        if not equals or not _VARIABLE.fullmatch(name):
            cause = f"its line {number} is no NAME=value"
            raise _bad("tool.environment_file", cause, "Correct that line")
        quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
        found[name] = value[1:-1] if quoted else value
    return found


def _bad(name: str, cause: str, advice: str) -> OpsError:
    return OpsError(
        cannot(f"use the option {name}", cause, advice), code="bad_option", details={"option": name}
    )
