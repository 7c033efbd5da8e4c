# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run made of its backups: the diff, the sentence, and the failure where one failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import OpsError, cannot
from ..outcome import Outcome
from ..plan import Effect, Plan
from .files import describe_bytes
from .plan import choose_recent, expect_bytes, merge_plans, require_room

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from .manifest import Manifest
    from .plan import Backup


@dataclass(frozen=True)
class Place:
    """The directory of the backups, and S3.

    ``former`` are the manifests of each series, newest first, ``free`` the bytes of the directory,
    ``uncopied`` the paths of those recent backups that lack their copy in S3.
    """

    former: Mapping[str, Sequence[Manifest]]
    free: int
    uncopied: Collection[str] = ()


@dataclass(frozen=True)
class Planned:
    """A backup and the plan for it; ``recent`` is the former one that makes it needless."""

    backup: Backup
    plan: Plan
    recent: Manifest | None = None


@dataclass(frozen=True)
class Made:
    """What became of one plan: an effect, or the error that it failed with."""

    planned: Planned
    effect: Effect | None = None
    error: OpsError | None = None


def choose_recents(
    backups: Sequence[Backup], former: Mapping[str, Sequence[Manifest]]
) -> dict[str, Manifest]:
    """By their paths, the former backups that make one of ``backups`` needless."""
    recents = [(backup, choose_recent(backup, former[backup.series])) for backup in backups]
    return {backup.path_of(recent): recent for backup, recent in recents if recent}


def plan_backups(
    action: str, backups: Sequence[Backup], place: Place, *, sizes: Mapping[str, int]
) -> list[Planned]:
    """The plan for each of ``backups``; ``sizes`` are the bytes of each source.

    All of them have to find room together.

    Raises ``OpsError`` ``no_space``.
    """
    planned = []
    expected = 0
    for backup in backups:
        history = place.former[backup.series]
        recent = choose_recent(backup, history)
        copied = recent is None or backup.path_of(recent) not in place.uncopied
        planned.append(Planned(backup, backup.plan(action, recent, copied=copied), recent))
        if recent is None:
            expected += expect_bytes(backup, sizes.get(backup.source or "", 0), history)
            require_room(backup, expected, place.free)
    return planned


def conclude_backups(action: str, made: Sequence[Made], *, rehearsed: bool) -> Outcome:
    """The outcome of a run; ``rehearsed`` where nothing was done, in check mode.

    Raises the ``OpsError`` of the only backup that was asked for, or ``backups_failed`` where one
    of several failed.
    """
    changing = [one for one in made if one.planned.plan.changes]
    new = [one for one in changing if not one.planned.recent]
    done = [] if rehearsed else [dict(one.effect.details) for one in new if one.effect]
    failed = [one.error for one in made if one.error]
    if failed and len(made) == 1:
        raise failed[0]
    if failed:
        cause = " ".join(error.message for error in failed)
        advice = "Mend that and run it again; what is not named here is whole"
        raise OpsError(
            cannot(f"make {len(failed)} of {len(made)} backups", cause, advice),
            code="backups_failed",
            details={"causes": [error.message for error in failed], "backups": done},
        )
    kept = [path for one in made if one.planned.recent for path in one.planned.plan.after]
    copied = [one.planned.plan.details["upload"] for one in changing if one.planned.recent]
    sentences = [_describe(done, len(new)), _describe_copies(len(copied), rehearsed=rehearsed)]
    return Outcome(
        summary=" ".join(filter(None, sentences))
        or f"Nothing to do: {_count(len(kept))} new enough.",
        plan=merge_plans(action, [one.planned.plan for one in made]),
        facts={"backups": done, "kept": kept, "copied": [] if rehearsed else copied},
    )


def _describe(done: Sequence[Mapping[str, Any]], wanted: int) -> str:
    """What was made, or would be, as a sentence; empty for nothing."""
    if not wanted:
        return ""
    if not done:
        return f"{_count(wanted)} would be made."
    size = sum(one["manifest"]["bytes"] for one in done)
    seconds = sum(one["seconds"] for one in done)
    return f"Made {_count(len(done))} of {describe_bytes(size)} in {seconds:.0f} s."


def _describe_copies(copies: int, *, rehearsed: bool) -> str:
    """What was copied later, or would be, as a sentence; empty for nothing."""
    if not copies:
        return ""
    if rehearsed:
        return f"{_count(copies)} of before would be copied to S3."
    return f"Copied {_count(copies)} of before to S3."


def _count(number: int) -> str:
    return f"{number} backup{'' if number == 1 else 's'}"
