# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be restored, switched or dropped, and how the databases are called then."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ..check import stamp
from ..errors import OpsError, cannot
from ..plan import Plan
from .marks import (
    AFTER,
    ASIDE,
    BEFORE,
    LIVE,
    PROVEN,
    RESTORED,
    RESTORING,
    Found,
    Mark,
    comment_of,
    is_beside,
    name_beside,
    restored_as,
)
from .wish import DROP, RESTORE, SWITCH

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .wish import Source, Wish

Databases = dict[str, Found]
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Move:
    """A database that gets another name and comment; ``None`` is no comment."""

    name: str
    to: str
    comment: str | None


@dataclass(frozen=True)
class Step:
    """What is to be done: ``plan`` says it to people.

    ``target`` is the database that is restored, goes live or is dropped; ``moves`` are done all or
    none, ``undo`` takes them back; ``leftovers`` are what was there and is dropped: half-made
    databases of runs that were killed, or the one that is to go.
    """

    plan: Plan
    target: str
    mark: Mark | None = None
    moves: tuple[Move, ...] = ()
    undo: tuple[Move, ...] = ()
    leftovers: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


def plan_step(wish: Wish, found: Databases, source: Source | None, now: datetime) -> Step:
    """The step that ``wish`` asks for; ``source`` is what is to be restored, for that alone.

    Raises ``OpsError`` ``name_taken``, ``nothing_restored``, ``no_such_database`` and ``not_ours``.
    """
    if source is not None:
        return plan_restore(wish, found, source)
    if wish.operation == DROP:
        return plan_drop(wish, found)
    plan = plan_switch if wish.operation == SWITCH else plan_back
    return plan(wish, found, now)


def plan_restore(wish: Wish, found: Databases, source: Source) -> Step:
    """Restore ``source`` beside the database, or nothing where that was done and proven.

    Nothing is done either where the live database was made of ``source``: the run that switched to
    it was cut short, and another switch would put aside what was written since. To restore it again
    takes the word of a person.

    Raises ``OpsError`` ``name_taken``.
    """
    live = found.get(wish.database)
    if live and live.stage == LIVE and _is_of(live, source) and not wish.again:
        return _step(wish, found, {}, target=wish.database, mark=live.mark)
    target = name_beside(wish.database, RESTORED, source.taken_at)
    mark = Mark(RESTORING, source.name, source.sha256, stamp(source.taken_at), run_id=wish.run_id)
    there = found.get(target)
    if there and there.stage == PROVEN and _is_of(there, source):
        return _step(wish, found, {}, target=target, mark=there.mark)
    leftovers = tuple(
        name for name, one in sorted(found.items()) if _is_half_made(one, wish.database, target)
    )
    if there and target not in leftovers:
        raise OpsError(
            cannot(
                f"restore {source.name} as {target}",
                "a database of this name exists and is not one that a restore left half-made",
                f"Look at it, and drop it (operation: drop, name: {target})",
            ),
            code="name_taken",
            details={"database": target},
        )
    changes = {**dict.fromkeys(leftovers), target: f"restored from {source.name}"}
    step = _step(wish, found, changes, target=target, mark=mark)
    return replace(step, leftovers=leftovers)


def _is_of(found: Found, source: Source) -> bool:
    return found.mark is not None and found.mark.sha256 == source.sha256


def _is_half_made(found: Found, database: str, target: str) -> bool:
    """Whether a killed run left it: marked so, or just made under our name and still empty."""
    if not is_beside(found.name, database):
        return False
    return found.stage == RESTORING or (found.name == target and found.mark is None and found.bare)


def plan_switch(wish: Wish, found: Databases, now: datetime) -> Step:
    """Give the restored database the live name, and keep the former live one aside.

    Without a name the newest is meant, and never one that is older than the live one.

    Raises ``OpsError`` ``nothing_restored``.
    """
    ready = sorted(
        name
        for name, one in found.items()
        if one.stage == PROVEN and is_beside(name, wish.database)
    )
    live = found.get(wish.database)
    if wish.name:
        ready = [name for name in ready if name == wish.name]
    if live and live.stage == LIVE and _is_switched_to(live, wish, found, ready):
        return _step(wish, found, {}, target=wish.database, mark=live.mark)
    if not ready:
        raise OpsError(
            cannot(
                f"switch {wish.database}",
                f"no proven database {wish.name or 'of a restore'} stands beside it",
                "Restore a backup first (operation: restore)",
            ),
            code="nothing_restored",
            details={"database": wish.database},
        )
    chosen = found[ready[-1]]
    aside = _free_name(wish, found, BEFORE, now) if live else ""
    mark = replace(chosen.mark or Mark(PROVEN), stage=LIVE, former=aside)
    after = _free_name(wish, found, AFTER, now)
    comment = comment_of(live.note if live else "", mark)
    moves = [Move(chosen.name, wish.database, comment)]
    undo = [Move(wish.database, after, comment_of("", replace(mark, stage=ASIDE)))]
    changes: dict[str, str | None] = {
        chosen.name: None,
        wish.database: f"live, restored from {mark.backup}",
    }
    if live:
        moves.insert(0, Move(wish.database, aside, _aside_comment(live)))
        undo.append(Move(aside, wish.database, comment_of(live.note, live.mark)))
        changes[aside] = "set aside"
    step = _step(wish, found, changes, target=chosen.name, mark=mark)
    return replace(step, moves=tuple(moves), undo=tuple(undo))


def _is_switched_to(live: Found, wish: Wish, found: Databases, ready: list[str]) -> bool:
    """Whether ``live`` is what is wanted: the named one, or nothing newer is ``ready``."""
    if wish.name:
        return not ready and restored_as(wish.database, live) == wish.name
    return all(live.taken_at >= found[name].taken_at for name in ready)


def plan_back(wish: Wish, found: Databases, now: datetime) -> Step:
    """Give the live name back to the database that the last switch put aside.

    Raises ``OpsError`` ``no_such_database``.
    """
    live = found.get(wish.database)
    if live is None or live.mark is None or live.stage != LIVE:
        return _step(wish, found, {}, target=wish.database)
    former = found.get(live.mark.former)
    if former is None:
        raise OpsError(
            cannot(
                f"switch {wish.database} back",
                f"the database {live.mark.former or 'before it'} is not there",
                "Restore a backup and switch to it instead",
            ),
            code="no_such_database",
            details={"database": live.mark.former},
        )
    after = _free_name(wish, found, AFTER, now)
    moves = (
        Move(wish.database, after, _aside_comment(live)),
        Move(former.name, wish.database, comment_of(former.note, _mark_of_live(former))),
    )
    changes = {former.name: None, after: "set aside", wish.database: "live, as before the switch"}
    return replace(_step(wish, found, changes, target=former.name), moves=moves)


def _free_name(wish: Wish, found: Databases, kind: str, moment: datetime) -> str:
    """The name of what is set aside at ``moment``, or in the first second after it that is free."""
    name = name_beside(wish.database, kind, moment)
    return _free_name(wish, found, kind, moment + _SECOND) if name in found else name


def plan_drop(wish: Wish, found: Databases) -> Step:
    """Drop a database that a restore or a switch left beside, or nothing where it is gone.

    Raises ``OpsError`` ``not_ours``.
    """
    name = str(wish.name)
    there = found.get(name)
    if there and (there.mark is None or there.stage == LIVE or not is_beside(name, wish.database)):
        raise OpsError(
            cannot(
                f"drop {name}",
                f"it bears no mark of a database that was restored or set aside of {wish.database}",
                "Drop it by hand if it has to go",
            ),
            code="not_ours",
            details={"database": name},
        )
    step = _step(wish, found, {name: None} if there else {}, target=name)
    return replace(step, leftovers=(name,) if there else ())


def _aside_comment(live: Found) -> str | None:
    return comment_of(live.note, replace(live.mark or Mark(ASIDE), stage=ASIDE))


def _mark_of_live(former: Found) -> Mark | None:
    """The mark that it had when it was live: none, unless it was itself switched to."""
    if former.mark is None or not former.mark.backup:
        return None
    return replace(former.mark, stage=LIVE)


def _step(
    wish: Wish,
    found: Databases,
    changes: Mapping[str, str | None],
    *,
    target: str,
    mark: Mark | None = None,
) -> Step:
    """The step whose diff is the databases as they are, with ``changes`` to some of them."""
    before = {
        name: _describe(one, wish.database)
        for name, one in sorted(found.items())
        if name == wish.database or is_beside(name, wish.database)
    }
    changed = {**before, **changes}
    after = {name: words for name, words in sorted(changed.items()) if words is not None}
    details = {"database": wish.database, "target": target, **({} if mark is None else _told(mark))}
    action = "pg_restore" if wish.operation == RESTORE else f"pg_restore_{wish.operation}"
    plan = Plan(action, wish.subject, before, after, details)
    return Step(plan, target, mark)


def _told(mark: Mark) -> dict[str, Any]:
    return {"backup": mark.backup, "sha256": mark.sha256, "taken_at": mark.taken_at}


def _describe(found: Found, database: str) -> str:
    backup = found.mark.backup if found.mark else ""
    words = {
        RESTORING: "half-made",
        PROVEN: f"restored from {backup}",
        LIVE: f"live, restored from {backup}",
        ASIDE: "set aside",
    }
    return words.get(found.stage, "live" if found.name == database else "not marked")
