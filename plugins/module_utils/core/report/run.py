# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report: one value that says what a whole run saw, to be shown in any form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..check import Check, Status, severity, stamp
from ..errors import OpsError, cannot
from .facts import plain_check, plain_entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from .facts import HostRecord

SCHEMA_VERSION = 1
_UNSEEN = ("host.run", "host.reachable")
_FAILING = {"never": None, "warning": Status.WARNING, "critical": Status.CRITICAL}
_NAMED = 3  # findings that the sentence of a refusal names


@dataclass(frozen=True)
class Run:
    """The run that a report is about; ``rehearsal`` means that it changed nothing."""

    title: str
    operator: str
    generated_at: datetime
    rehearsal: bool = False
    fail_on: str = "never"


def build_report(run: Run, hosts: Sequence[HostRecord]) -> dict[str, Any]:
    """The report as JSON-ready values; the README of the role ``report`` tells its shape.

    Raises ``OpsError`` ``no_hosts`` or ``bad_run_id``.
    """
    if not hosts:
        raise OpsError(
            cannot("report on the run", "it has no hosts", "Name them in report_hosts"),
            code="no_hosts",
        )
    told = [_tell_host(host, run) for host in sorted(hosts, key=lambda host: host.name)]
    findings = sort_findings(_findings(told))
    unseen = {f["host"] for f in findings if f["id"] in _UNSEEN and f["status"] == "critical"}
    report = {
        "schema_version": SCHEMA_VERSION,
        "generated_at": stamp(run.generated_at),
        "run_id": _run_id(run, hosts),
        "title": run.title,
        "operator": run.operator,
        "rehearsal": run.rehearsal,
        **_tally(check for host in told for check in host["checks"]),
        "refusal": None,
        "platforms": _platforms(told),
        "findings": findings,
        "entries": _entries(hosts),
    }
    return {**report, "refusal": _refusal(report, run.fail_on, sorted(unseen))}


def sort_findings(findings: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Worst first, then by platform, host, check and subject."""
    return sorted(
        findings,
        key=lambda f: (-severity(f), f["platform"], f["host"], f["id"], f["subject"]),
    )


def count_of(number: int, thing: str) -> str:
    """``1 check``, ``2 checks``."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _tell_host(host: HostRecord, run: Run) -> dict[str, Any]:
    """A host with its checks, and one more where the run did not get to its end."""
    checks = [plain_check(check) for check in host.checks or ()]
    gap = _gap(host, run)
    if gap is not None:
        checks.insert(0, gap.as_dict())
    return {"name": host.name, "platform": host.platform, **_tally(checks), "checks": checks}


def _gap(host: HostRecord, run: Run) -> Check | None:
    """The check for what was not looked at on a host; none where the run got to its end."""
    if host.checks is None:
        status = Status.CRITICAL
        summary = (
            f"Nothing was looked at on {host.name}: it was unreachable, or the run failed on it"
            " before the first check."
        )
    elif host.dropped:
        status = Status.CRITICAL
        summary = (
            f"The run ended early on {host.name}, after {count_of(len(host.checks), 'check')}:"
            " what it would have looked at next is not known."
        )
    elif not host.checks:
        status = Status.UNKNOWN
        summary = f"No check was made on {host.name}."
    else:
        return None
    return Check("host.run", host.name, status, summary, run.generated_at)


def _tally(checks: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """``status``, the worst, and ``counts`` for each status, the least bad first."""
    levels = [severity(check) for check in checks]
    return {
        "status": Status(max(levels, default=Status.OK)).label,
        "counts": {status.label: levels.count(status) for status in Status},
    }


def _platforms(told: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    platforms = []
    for name in sorted({host["platform"] for host in told}):
        hosts = [
            {key: value for key, value in host.items() if key != "platform"}
            for host in told
            if host["platform"] == name
        ]
        checks = [check for host in hosts for check in host["checks"]]
        platforms.append({"name": name, **_tally(checks), "hosts": hosts})
    return platforms


def _findings(told: Sequence[Mapping[str, Any]]) -> Iterable[dict[str, Any]]:
    for host in told:
        for check in host["checks"]:
            if severity(check) != Status.OK:
                yield {"platform": host["platform"], "host": host["name"], **check}


def _entries(hosts: Sequence[HostRecord]) -> list[dict[str, Any]]:
    """What was done, oldest first; the entries of one host keep their order."""
    told = [entry for host in hosts for entry in _acts(host)]
    return sorted(told, key=lambda entry: entry["time"])


def _acts(host: HostRecord) -> list[dict[str, Any]]:
    """The entries of a host. Of an act that ended, its end alone: the start says nothing more."""
    told: list[dict[str, Any]] = []
    ended: set[tuple[str, str]] = set()
    for entry in reversed(host.entries):
        plain = {**plain_entry(entry), "host": host.name}
        act = (plain["action"], plain["subject"])
        if plain["outcome"] == "started" and act in ended:
            ended.remove(act)
            continue
        if plain["outcome"] != "started":
            ended.add(act)
        told.insert(0, plain)
    return told


def _run_id(run: Run, hosts: Sequence[HostRecord]) -> str:
    """The run's own name, which also names the directory of its report."""
    made = run.generated_at.strftime("%Y%m%dT%H%M%SZ")
    run_id = next((host.run_id for host in hosts if host.run_id), made)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", run_id):
        raise OpsError(
            cannot(
                "name the report after the run",
                f"the run id {run_id!r} is not a plain file name",
                "Use letters, digits, dots, dashes and underscores in report_run_id",
            ),
            code="bad_run_id",
        )
    return run_id


def _refusal(report: Mapping[str, Any], fail_on: str, unseen: Sequence[str]) -> str | None:
    """Why the run must fail, in one sentence; a host that was not looked at always fails it."""
    limit = _FAILING[fail_on]
    bad = [f for f in report["findings"] if limit is not None and severity(f) >= limit]
    bad = [f for f in bad if f["id"] not in _UNSEEN or f["host"] not in unseen]
    causes = []
    if unseen:
        causes.append(f"{', '.join(unseen)} could not be looked at")
    if bad:
        named = [f"{f['id']} on {f['host']} is {f['status']}" for f in bad[:_NAMED]]
        rest = [f"{len(bad) - _NAMED} more findings"] if len(bad) > _NAMED else []
        causes.append(", ".join(named + rest))
    if not causes:
        return None
    again = "Make sure that every host answers, and run again"
    mend = f"Mend what the report names, worst first; report_fail_on is {fail_on}"
    return cannot(f"pass the run {report['run_id']}", "; ".join(causes), mend if bad else again)
