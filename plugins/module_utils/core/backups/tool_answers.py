# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What pgBackRest, restic, borg and barman tell of their backups, in one form.

Sources: the JSON of pgBackRest 2.45, restic 0.14, borg 1.2 and barman 3.4, as captured in the
tests, and their manuals. Times without a zone are UTC, since the tools are run with ``TZ=UTC``.
"""

from __future__ import annotations

import fnmatch
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Callable

from ..errors import OpsError, cannot

if TYPE_CHECKING:
    from collections.abc import Mapping

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?")
_BARMAN_GOOD = ("DONE", "WAITING_FOR_WALS")
_TIMELINE = 8  # hexadecimal digits of the timeline at the beginning of the name of a WAL file


@dataclass(frozen=True)
class Kept:
    """One backup of a tool.

    ``ended`` is when it was complete, or begun where the tool tells no end; ``bytes`` is what it
    restores, or ``None`` where the tool does not tell; ``kind`` is its word for it; ``names`` are
    what a pattern is matched with.
    """

    name: str
    ended: datetime
    bytes: int | None
    kind: str
    names: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The backup as JSON-ready values."""
        ended = self.ended.strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"name": self.name, "kind": self.kind, "ended": ended, "bytes": self.bytes}


@dataclass(frozen=True)
class Answer:
    """The backups of a repository, newest first, and the complaints of the tool as clauses."""

    kept: tuple[Kept, ...] = ()
    complaints: tuple[str, ...] = ()

    def matching(self, pattern: str) -> Answer:
        """Only the backups that have a name that matches ``pattern``."""
        kept = [
            one
            for one in self.kept
            if any(fnmatch.fnmatchcase(name, pattern) for name in one.names)
        ]
        return Answer(tuple(kept), self.complaints)


def read_answer(tool: str, text: str) -> Answer:
    """The backups in the JSON that ``tool`` wrote.

    Raises ``OpsError`` ``bad_answer``.
    """
    try:
        answer = _READERS[tool](json.loads(text))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise _unreadable(tool, error) from error
    newest_first = sorted(answer.kept, key=lambda one: (one.ended, one.name), reverse=True)
    return Answer(tuple(newest_first), answer.complaints)


def read_health(text: str) -> tuple[str, ...]:
    """What ``barman check`` complains about, as clauses.

    Raises ``OpsError`` ``bad_answer``.
    """
    try:
        (checks,) = json.loads(text).values()
        failed = {name: told for name, told in checks.items() if told["status"] != "OK"}
        return tuple(f"{name}: {told['hint'] or 'failed'}" for name, told in failed.items())
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _unreadable("barman", error) from error


def read_size(text: str) -> int:
    """The bytes that a snapshot restores, by ``restic stats``.

    Raises ``OpsError`` ``bad_answer``.
    """
    try:
        return int(json.loads(text)["total_size"])
    except (ValueError, TypeError, KeyError) as error:
        raise _unreadable("restic", error) from error


def _read_pgbackrest(stanzas: list[Mapping[str, Any]]) -> Answer:
    (stanza,) = stanzas
    kept = []
    complaints = [
        f"repository {repo['key']}: {repo['status']['message']}"
        for repo in stanza.get("repo", [])
        if repo["status"]["code"]
    ]
    if stanza["status"]["code"] and not complaints:
        complaints.append(stanza["status"]["message"])
    for told in stanza["backup"]:
        label, ended = told["label"], told["timestamp"]["stop"]
        size = told["info"]["size"]
        kept.append(Kept(label, _at(ended), size, told["type"], (label,)))
        if told.get("error"):
            complaints.append(f"{label} has pages whose checksums are wrong")
    complaints += _missing_log(stanza)
    return Answer(tuple(kept), tuple(complaints))


def _missing_log(stanza: Mapping[str, Any]) -> list[str]:
    """A backup cannot be restored without the log that was written while it was made."""
    found = []
    for told in stanza["backup"]:
        needed = told.get("archive", {}).get("stop")
        mine = told["database"]
        ends = [
            archive["max"] or ""
            for archive in stanza["archive"]
            if (archive["database"]["id"], archive["database"].get("repo-key"))
            == (mine["id"], mine.get("repo-key"))
        ]
        if needed and max((end[_TIMELINE:] for end in ends), default="") < needed[_TIMELINE:]:
            found.append(f"the archive ends before {needed}, which {told['label']} needs")
    return found


def _read_restic(snapshots: list[Mapping[str, Any]] | None) -> Answer:
    kept = []
    for told in snapshots or []:
        summary = told.get("summary") or {}
        ended = _instant(summary.get("backup_end") or told["time"])
        names = (told["hostname"], *(told.get("tags") or ()))
        size = summary.get("total_bytes_processed")
        kept.append(Kept(told["short_id"], ended, size, "snapshot", names))
    return Answer(tuple(kept))


def _read_borg(told: Mapping[str, Any]) -> Answer:
    return Answer(
        tuple(
            Kept(
                one["name"], _instant(one["end"]), one["stats"]["original_size"], "archive",
                (one["name"],),
            )
            for one in told["archives"]
        )
    )  # fmt: skip


def _read_barman(told: Mapping[str, Any]) -> Answer:
    (backups,) = told.values()
    return Answer(
        tuple(
            Kept(
                one["backup_id"], _at(int(one["end_time_timestamp"])),
                one["size_bytes"] - one["wal_size_bytes"], "full",
                (one["backup_id"], *([one["backup_name"]] if one.get("backup_name") else [])),
            )
            for one in backups
            if one["status"] in _BARMAN_GOOD
        )
    )  # fmt: skip


_READERS: dict[str, Callable[[Any], Answer]] = {
    "pgbackrest": _read_pgbackrest,
    "restic": _read_restic,
    "borg": _read_borg,
    "barman": _read_barman,
}


def _at(seconds: float) -> datetime:
    return _EPOCH + timedelta(seconds=seconds)


def read_time(text: str) -> datetime:
    """A time of ISO 8601, without a zone where ``text`` has none.

    It may have any number of digits behind the second; six of them count.

    Raises ``ValueError``.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:40]} is no time")
    zone = (match[4] or "").replace("Z", "+00:00")
    fraction = (match[3] or "")[:6].ljust(6, "0")
    return datetime.fromisoformat(f"{match[1]}T{match[2]}.{fraction}{zone}")


def _instant(text: str) -> datetime:
    time = read_time(text)
    return time.replace(tzinfo=time.tzinfo or timezone.utc).astimezone(timezone.utc)


def _unreadable(tool: str, error: Exception) -> OpsError:
    return OpsError(
        cannot(
            f"read the JSON of {tool}",
            f"it has another form than expected ({type(error).__name__}: {error})",
            "Compare the version of the tool with those that the documentation names",
        ),
        code="bad_answer",
        details={"tool": tool},
    )
