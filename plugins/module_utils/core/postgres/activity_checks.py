# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what a PostgreSQL server is doing is all right."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..check import Check, Status, judge
from ..endings.filter import match
from ..ranges import check_range
from ..thresholds import Threshold, read_threshold
from .activity import find_longest
from .background_checks import NAMES, judge_background
from .sessions import Session, describe_session

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ..errors import UnreachableError
    from .activity import Activity

_TIMED = ("longest_query", "longest_transaction", "idle_in_transaction")
_FULL, _SLOW, _DOWN = "connection_pool_exhausted", "slow_performance", "service_down"


@dataclass(frozen=True)
class Limits:
    """The thresholds of ``pg_activity``: percent, seconds, and numbers of sessions.

    ``blocked_after`` is how many seconds of waiting for a lock are nothing to speak of;
    ``background`` has those of ``judge_background``. Sessions of ``ignore_users`` and
    ``ignore_applications`` (patterns) may take as long as they like.
    """

    connections: Threshold
    longest_query: Threshold
    longest_transaction: Threshold
    idle_in_transaction: Threshold
    blocked: Threshold
    blocked_after: float
    background: Mapping[str, Threshold]
    ignore_users: tuple[str, ...] = ()
    ignore_applications: tuple[str, ...] = ()

    def ignores(self, session: Session) -> bool:
        """Whether ``session`` does not count where time does."""
        by_user = match(session.user, self.ignore_users)
        return bool(by_user or match(session.application, self.ignore_applications))


def read_limits(options: Mapping[str, Any]) -> Limits:
    """The limits that the options ``thresholds`` and ``blocked_after`` describe.

    Raises ``OpsError`` ``bad_threshold`` and ``bad_option``.
    """
    check_range(options, "blocked_after")
    read = {name: read_threshold(name, given) for name, given in options["thresholds"].items()}
    background = {name: read.pop(name) for name in NAMES}
    return Limits(
        **read,
        blocked_after=options["blocked_after"],
        background=background,
        ignore_users=tuple(options["ignore_users"]),
        ignore_applications=tuple(options["ignore_applications"]),
    )


def judge_unreachable(error: UnreachableError, subject: str, now: datetime) -> tuple[Check, ...]:
    """The one check of a server that does not let us look."""
    return (
        Check(
            id="postgres.reachable",
            subject=subject,
            status=Status.CRITICAL,
            summary=error.message,
            observed_at=now,
            value=error.code,
            remedy=_FULL if error.code == "too_many_clients" else _DOWN,
        ),
    )


def judge_activity(
    activity: Activity, limits: Limits, subject: str, now: datetime
) -> tuple[Check, ...]:
    """All checks of a server that answered."""
    judged = (
        _judge_reachable(activity, subject, now),
        _judge_connections(activity, limits, subject, now),
        *(_judge_longest(name, activity, limits, subject=subject, now=now) for name in _TIMED),
        _judge_blocked(activity, limits, subject, now),
        *judge_background(activity, limits.background, subject, now),
    )
    if not activity.hidden:
        return judged
    return (*judged, _judge_visibility(activity, subject, now))


def _judge_reachable(activity: Activity, subject: str, now: datetime) -> Check:
    version = activity.server.version_num
    role = "a standby" if activity.server.in_recovery else "a primary"
    way = ", through a connection pooler" if activity.server.pooled else ""
    return Check(
        id="postgres.reachable",
        subject=subject,
        status=Status.OK,
        summary=f"PostgreSQL {version // 10000}.{version % 10000} answers as {role}{way}.",
        observed_at=now,
        value="answers",
    )


def _judge_connections(activity: Activity, limits: Limits, subject: str, now: datetime) -> Check:
    seen = activity.connections
    return judge(
        "postgres.connections",
        subject,
        seen.used_percent,
        limits.connections,
        unit="%",
        summary=f"{seen.used} of {seen.usable} usable connections are in use"
        f" ({seen.used_percent:g} %), {seen.remaining} are left.",
        observed_at=now,
        remedy=_FULL,
    )


def _judge_longest(
    name: str, activity: Activity, limits: Limits, *, subject: str, now: datetime
) -> Check:
    """One of the checks on time; what is hidden may be worse than what is seen."""
    kind = name.replace("longest_", "")
    longest = find_longest(one for one in activity.sessions if not limits.ignores(one))
    entry, session = longest.as_dict()[kind], getattr(longest, kind)
    of_all = getattr(activity.longest, kind)
    ignored = "" if of_all is session else f" Ignored is {describe_session(of_all)}."
    check = judge(
        f"postgres.{name}",
        subject,
        entry["seconds"] if entry else 0,
        getattr(limits, name),
        unit="s",
        summary=_describe_longest(kind, session, entry) + ignored,
        observed_at=now,
        remedy=_SLOW,
    )
    if activity.hidden and check.status is not Status.CRITICAL:
        summary = f"{check.summary} Hidden sessions, which may be worse: {activity.hidden}."
        return replace(check, status=Status.UNKNOWN, value=None, summary=summary)
    return check


def _describe_longest(kind: str, session: Session | None, entry: Mapping[str, Any] | None) -> str:
    if session is None or entry is None:
        return {
            "query": "No query is running.",
            "transaction": "No transaction is open.",
            "idle_in_transaction": "No session is idle in a transaction.",
        }[kind]
    what = {
        "query": "The longest query has been running",
        "transaction": "The longest transaction has been open",
        "idle_in_transaction": "The oldest transaction that waits for its client has been open",
    }[kind]
    return f"{what} for {entry['seconds']:.0f} s: {describe_session(session)}."


def _judge_blocked(activity: Activity, limits: Limits, subject: str, now: datetime) -> Check:
    after = limits.blocked_after
    waiting = [wait for wait in activity.lock_waits if wait.seconds >= after]
    pids = {wait.pid for wait in waiting}
    summary = f"No session has waited for a lock for {after:g} s."
    if waiting:
        longest = max(wait.seconds for wait in waiting)
        summary = f"Waiting for a lock for {after:g} s or more: {len(pids)}"
        summary += f", the longest for {longest:.0f} s{_name_root(activity)}."
    return judge(
        "postgres.blocked",
        subject,
        len(pids),
        limits.blocked,
        unit="sessions",
        summary=summary,
        observed_at=now,
        remedy=_SLOW,
    )


def _name_root(activity: Activity) -> str:
    roots = activity.roots
    return f"; most wait behind {roots[0]['session']}" if roots else ""


def _judge_visibility(activity: Activity, subject: str, now: datetime) -> Check:
    return Check(
        id="postgres.visibility",
        subject=subject,
        status=Status.UNKNOWN,
        summary=f"Hidden from us: {activity.hidden} of {len(activity.sessions)} sessions."
        " Grant pg_monitor to the user that logs in.",
        observed_at=now,
        value=activity.hidden,
        unit="sessions",
    )
