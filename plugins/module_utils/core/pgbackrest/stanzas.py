# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stanza of pgBackRest as it is, what the options ask of it, and the plans."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta, timezone
from typing import TYPE_CHECKING, Any

from ..backups.tool_answers import Kept, read_answer, read_time
from ..errors import OpsError, cannot
from ..plan import Plan
from ..ranges import check_range

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_OK, _NO_PATH, _NO_BACKUP, _NO_DATA = 0, 1, 2, 3
_LONGEST = 7 * 24 * 3600
# The kinds of backup that make another one needless, for each that can be asked for.
_ENOUGH = {"full": ("full",), "diff": ("full", "diff"), "incr": ("full", "diff", "incr")}


@dataclass(frozen=True)
class Stanza:
    """What ``pgbackrest info`` tells.

    ``backups`` are the newest first, ``archived`` is the last file of the log in the archive, and
    ``fault`` is a clause where the stanza cannot be used, and not because it is missing.
    """

    name: str
    exists: bool
    backups: tuple[Kept, ...] = ()
    archived: str | None = None
    fault: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The stanza as JSON-ready values."""
        backups = [one.as_dict() for one in self.backups]
        return {"name": self.name, "archived": self.archived, "backups": backups}


@dataclass(frozen=True)
class Wanted:
    """What a restore is to reach; ``kind`` is ``latest``, ``time``, ``name`` or ``lsn``."""

    directory: str
    kind: str
    target: str
    time: datetime | None
    label: str | None

    @property
    def arguments(self) -> list[str]:
        """What pgBackRest is told of the target."""
        chosen = [f"--set={self.label}"] if self.label else []
        if self.kind == "latest":
            return chosen
        return [
            *chosen,
            f"--type={self.kind}",
            f"--target={self.target}",
            "--target-action=promote",
        ]


def read_stanza(name: str, text: str) -> Stanza:
    """The stanza in the JSON of ``pgbackrest info``.

    Raises ``OpsError`` ``bad_answer``.
    """
    answer = read_answer("pgbackrest", text)
    (told,) = json.loads(text)
    code = told["status"]["code"]
    ends = [archive["max"] for archive in told["archive"] if archive["max"]]
    known = code in (_OK, _NO_PATH, _NO_BACKUP, _NO_DATA)
    return Stanza(
        name,
        exists=code not in (_NO_PATH, _NO_DATA),
        backups=answer.kept,
        archived=max(ends, default=None),
        fault="" if known else told["status"]["message"],
    )


def require_options(params: Mapping[str, Any]) -> None:
    """Refuse options that cannot be meant.

    Raises ``OpsError`` ``bad_option``.
    """
    check_range(params, "timeout", least=1, most=_LONGEST)
    check_range(params, "unless_newer_than")
    if params["stanza"].startswith("-") or "/" in params["stanza"]:
        raise bad_option("stanza", "it is no name", "Give the name of a stanza")


def require_stanza(stanza: Stanza) -> None:
    """Raise ``OpsError`` ``no_stanza`` unless the stanza can be used."""
    if stanza.fault or not stanza.exists:
        raise OpsError(
            cannot(
                f"use the stanza {stanza.name}",
                stanza.fault or "it does not exist",
                "Look at pgbackrest info; operation stanza makes one",
            ),
            code="no_stanza",
            details={"stanza": stanza.name},
        )


def plan_stanza(stanza: Stanza) -> Plan:
    """Make the stanza, where there is none.

    Raises ``OpsError`` ``no_stanza``.
    """
    if stanza.fault:
        require_stanza(stanza)
    before = "exists" if stanza.exists else "missing"
    return Plan("pgbackrest_stanza", stanza.name, {"stanza": before}, {"stanza": "exists"})


def plan_check(stanza: Stanza) -> Plan:
    """Archive a file of the log now, to see that it arrives.

    Raises ``OpsError`` ``no_stanza``.
    """
    require_stanza(stanza)
    after = {"archived": "the file of the log that is ended now"}
    return Plan("pgbackrest_check", stanza.name, {"archived": stanza.archived}, after)


def plan_backup(
    stanza: Stanza, kind: str, *, unless_newer_than: float, now: datetime, expires: bool
) -> Plan:
    """Make a backup of ``kind``, unless one that is as good is younger than so many hours.

    Raises ``OpsError`` ``no_stanza``.
    """
    require_stanza(stanza)
    before = [f"{one.name} ({one.kind})" for one in stanza.backups]
    limit = now - timedelta(hours=unless_newer_than)
    recent = [one for one in stanza.backups if one.kind in _ENOUGH[kind] and one.ended > limit]
    after = before if recent else [f"a new backup ({kind})", *before]
    details = {"kind": kind, "expires": expires}
    return Plan("pgbackrest_backup", stanza.name, {"backups": before}, {"backups": after}, details)


def read_wanted(params: Mapping[str, Any]) -> Wanted:
    """What a restore is asked to reach.

    Raises ``OpsError`` ``bad_option``.
    """
    directory, kind, target = params["directory"], params["target_type"], params["target"] or ""
    if not directory.startswith("/"):
        raise bad_option("directory", "it is no absolute path", "Begin it with a slash")
    if (kind == "latest") == bool(target):
        cause = f"target_type is {kind}"
        raise bad_option("target", cause, "Give a target with time, name and lsn, and only then")
    if kind != "time":
        return Wanted(directory, kind, target, None, params["set"])
    try:
        time = read_time(target)
    except ValueError as error:
        advice = "Write it as 2026-01-31T14:30:00+03:00"
        raise bad_option("target", f"{target} is no time", advice) from error
    if time.tzinfo is None:
        raise bad_option("target", f"{target} has no time zone", "End it with Z or with +03:00")
    time = time.astimezone(timezone.utc)
    told = time.strftime("%Y-%m-%d %H:%M:%S.%f+00")
    return Wanted(directory, kind, told, time, params["set"])


def plan_restore(stanza: Stanza, wanted: Wanted, contents: int) -> Plan:
    """Restore into a directory that has ``contents`` entries, which have to be none.

    pgBackRest itself takes the latest backup that ended before a time; here only that there is one.

    Raises ``OpsError`` ``no_stanza``, ``no_backup`` and ``not_empty``.
    """
    require_stanza(stanza)
    early = [one for one in stanza.backups if wanted.time is None or one.ended <= wanted.time]
    if wanted.label:
        early = [one for one in early if one.name == wanted.label]
    if not early:
        ends = min((one.ended for one in stanza.backups), default=None)
        oldest = f"the oldest ended at {ends:%Y-%m-%d %H:%M:%S} UTC" if ends else "there is none"
        raise OpsError(
            cannot(
                f"restore the stanza {stanza.name}",
                f"no backup that is asked for ended before the target ({oldest})",
                "Choose a later target, or another set",
            ),
            code="no_backup",
            details={"stanza": stanza.name},
        )
    if contents:
        raise OpsError(
            cannot(
                f"restore into {wanted.directory}",
                f"it holds {contents} files or directories",
                "Name an empty directory; what is there is never overwritten",
            ),
            code="not_empty",
            details={"directory": wanted.directory},
        )
    goal = {"directory": wanted.directory, "target": wanted.target or "latest"}
    after = {**goal, "holds": f"the cluster of {stanza.name}"}
    return Plan("pgbackrest_restore", stanza.name, {**goal, "holds": "nothing"}, after, goal)


def bad_option(name: str, cause: str, advice: str) -> OpsError:
    """The error of an option that cannot be used."""
    return OpsError(
        cannot(f"use the option {name}", cause, advice), code="bad_option", details={"option": name}
    )
