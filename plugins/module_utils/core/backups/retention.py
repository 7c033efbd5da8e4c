# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which backups may go: never one without enough newer ones that were verified."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import OpsError, cannot
from ..plan import Plan
from ..ranges import check_range
from .files import describe_bytes
from .ledger import ACTION as VERIFIED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from ..journal.chain import Entry
    from .files import BackupFile, Listing

_GOOD = ("ok", "warning")
_DAY = 24.0


@dataclass(frozen=True)
class Rule:
    """What is kept whatever its age: ``keep_newest`` backups, and those that are ``keep_days`` old.

    Beyond that, nothing goes that has less than ``min_verified`` newer verified backups; and where
    copies in S3 go with it, that many of these have to be in S3 as well.
    """

    directory: str
    pattern: str
    keep_days: float
    keep_newest: int
    min_verified: int


@dataclass(frozen=True)
class Verification:
    """The last thing that the journal says of a file."""

    sha256: str
    bytes: int
    good: bool


@dataclass(frozen=True)
class Decision:
    """One backup, whether it stays, and why: a clause."""

    file: BackupFile
    keep: bool
    reason: str
    verified: bool
    age_days: float

    def as_dict(self) -> dict[str, Any]:
        """The decision as JSON-ready values."""
        return {
            "name": self.file.name,
            "bytes": self.file.bytes,
            "age_days": self.age_days,
            "verified": self.verified,
            "keep": self.keep,
            "reason": self.reason,
        }


def read_rule(options: Mapping[str, Any]) -> Rule:
    """The rule that the options describe.

    Raises ``OpsError`` ``bad_option`` and ``not_confirmed``.
    """
    directory, pattern = options["directory"], options["pattern"]
    check_range(options, "keep_days")
    check_range(options, "keep_newest", least=1)
    check_range(options, "min_verified", least=1)
    if not pattern or "/" in pattern:
        raise OpsError(
            cannot(
                "use the option pattern", "it has to match names in one directory", "Give no slash"
            ),
            code="bad_option",
        )
    if options["confirm"] != directory:
        raise OpsError(
            cannot(
                f"delete old backups in {directory}",
                "they are gone for ever, and it is not confirmed",
                f"Give confirm: {directory}",
            ),
            code="not_confirmed",
            details={"confirm": directory},
        )
    return Rule(
        directory, pattern, options["keep_days"], options["keep_newest"], options["min_verified"]
    )


def read_verifications(entries: Iterable[Entry | None]) -> dict[str, Verification]:
    """The last verification of each path; a bad one takes the good one before it away."""
    found: dict[str, Verification] = {}
    for entry in entries:
        if entry is None or entry.action != VERIFIED:
            continue
        digest, size = entry.details.get("sha256"), entry.details.get("bytes")
        if not isinstance(digest, str) or not isinstance(size, int):
            found.pop(entry.subject, None)
            continue
        good = entry.details.get("status") in _GOOD
        found[entry.subject] = Verification(digest, size, good)
    return found


def decide(
    files: Sequence[BackupFile],
    verified: Collection[str],
    rule: Rule,
    now: datetime,
    *,
    copied: Collection[str] | None = None,
) -> tuple[Decision, ...]:
    """What becomes of each of ``files``, which come the newest first.

    ``verified`` are the paths of those that are proven to be what a good verification saw,
    ``copied`` of those whose copy in S3 is proven as well; ``None`` where no copy goes. It is
    enough to know the newest ``min_verified`` of each.
    """
    decisions = []
    newer = copies = 0
    for place, file in enumerate(files):
        age = round(file.age_hours(now) / _DAY, 2)
        keep = _reason_to_keep(place, age, newer, rule)
        if copied is not None and copies < rule.min_verified:
            keep = keep or (
                f"only {copies} newer verified ones are in S3, and {rule.min_verified} have to be"
            )
        reason = keep or f"it is {age:g} days old, and {newer} newer ones are verified"
        decisions.append(Decision(file, bool(keep), reason, file.path in verified, age))
        newer += file.path in verified
        copies += file.path in (copied or ())
    return tuple(decisions)


def _reason_to_keep(place: int, age: float, newer: int, rule: Rule) -> str:
    """Why a backup stays, as a clause; empty where nothing speaks for it."""
    if age < 0:
        return "it is dated in the future"
    if place < rule.keep_newest:
        return f"it is among the newest {rule.keep_newest}"
    if age <= rule.keep_days:
        return f"it is {age:g} days old, and {rule.keep_days:g} are kept"
    if newer < rule.min_verified:
        return f"only {newer} newer ones are verified, and {rule.min_verified} have to be"
    return ""


def plan_pruning(
    rule: Rule, listing: Listing, decisions: Sequence[Decision], leftovers: Sequence[str] = ()
) -> Plan:
    """The plan whose diff names every backup with the reason.

    ``leftovers`` are the names of directories that a run which was killed did not delete wholly.
    """
    gone = [*(decision.file.name for decision in decisions if not decision.keep), *leftovers]
    left = dict.fromkeys(leftovers, "delete: a run that was killed left it half deleted")
    return Plan(
        "backup_prune",
        listing.subject,
        before={**{one.file.name: _words(one) for one in decisions}, **left},
        after={one.file.name: _words(one) for one in decisions if one.keep},
        details={"directory": rule.directory, "delete": gone},
    )


def _words(decision: Decision) -> str:
    return f"{'keep' if decision.keep else 'delete'}: {decision.reason}"


def summarise_pruning(decisions: Sequence[Decision], *, done: bool, leftovers: int = 0) -> str:
    """What becomes of the backups, and of what a run that was killed left of others."""
    verb = "Deleted" if done else "Would delete"
    rest = f" {verb} what was left of {leftovers} more." if leftovers else ""
    gone = [decision.file for decision in decisions if not decision.keep]
    kept = len(decisions) - len(gone)
    if not gone:
        return f"All {kept} backups are kept.{rest}"
    size = describe_bytes(sum(file.bytes for file in gone))
    return f"{verb} {len(gone)} of {len(decisions)} backups, {size}; {kept} are kept.{rest}"


def lack_of_verified(decisions: Sequence[Decision], rule: Rule) -> str:
    """The warning that old backups stay since none replaces them; empty where there is no need."""
    have = sum(decision.verified for decision in decisions)
    if have >= rule.min_verified or len(decisions) <= rule.keep_newest:
        return ""
    return (
        f"{have} of the backups are verified, and {rule.min_verified} have to be before older ones"
        " go. Run backup_verify with record, and look at what it finds."
    )


def lack_of_copies(
    decisions: Sequence[Decision], copied: Collection[str] | None, rule: Rule
) -> str:
    """The warning that old backups stay since S3 has no newer ones; empty where that is no lack."""
    if copied is None or len(copied) >= rule.min_verified or len(decisions) <= rule.keep_newest:
        return ""
    return (
        f"{len(copied)} of the verified backups are in S3 as they are here, and"
        f" {rule.min_verified} have to be before older ones go. Copy the newest there again."
    )
