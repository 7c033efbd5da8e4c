# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host brought home from a run, read strictly."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..check import Status, severity
from ..errors import OpsError, cannot

_TEXTS = ("id", "subject", "summary", "unit", "observed_at")
_ENTRY = ("time", "host", "operator", "action", "subject", "outcome")


@dataclass(frozen=True)
class HostRecord:
    """One host at the end of a run.

    ``checks`` is ``None`` where nothing was looked at; ``dropped`` says that the run ended on this
    host before its end.
    """

    name: str
    platform: str = ""
    run_id: str = ""
    checks: tuple[Mapping[str, Any], ...] | None = None
    entries: tuple[Mapping[str, Any], ...] = ()
    dropped: bool = False


def read_host(name: str, facts: Mapping[str, Any], *, dropped: bool = False) -> HostRecord:
    """The record of the host ``name``.

    ``facts`` may hold ``checks``, ``entries``, ``platform`` and ``run_id``.

    Raises ``OpsError`` ``bad_facts`` that names host, fact and place.
    """
    checks = facts.get("checks")
    return HostRecord(
        name=name,
        platform=str(facts.get("platform") or ""),
        run_id=str(facts.get("run_id") or ""),
        checks=None
        if checks is None
        else _read_list(name, "report_checks", checks, ("id", "status")),
        entries=_read_list(name, "report_entries", facts.get("entries") or (), ("action",)),
        dropped=dropped,
    )


def plain_check(given: Mapping[str, Any]) -> dict[str, Any]:
    """A check with exactly its fields, as plain JSON values.

    A status that is none of ours is ``unknown``; a number that JSON does not have is ``None``.
    """
    texts = {name: str(given.get(name) or "") for name in _TEXTS}
    return {
        "id": texts["id"],
        "subject": texts["subject"],
        "status": Status(severity(given)).label,
        "value": _plain(given.get("value")),
        "unit": texts["unit"],
        "warning": _number(given.get("warning")),
        "critical": _number(given.get("critical")),
        "summary": texts["summary"],
        "remedy": str(given["remedy"]) if given.get("remedy") else None,
        "observed_at": texts["observed_at"],
    }


def plain_entry(given: Mapping[str, Any]) -> dict[str, Any]:
    """What a report tells of a journal entry; of its details only the extent, in words."""
    details = given.get("details")
    extent = describe_details(details) if isinstance(details, Mapping) else ""
    return {**{name: str(given.get(name) or "") for name in _ENTRY}, "extent": extent}


def describe_details(details: Mapping[str, Any]) -> str:
    """``ended 40, escaped 0``: a list by its length, a text or a number as it is."""
    told = {
        name: len(value) if isinstance(value, (list, tuple)) else value
        for name, value in details.items()
    }
    plain = {name: value for name, value in told.items() if isinstance(value, (str, int, float))}
    return ", ".join(f"{name} {value}" for name, value in plain.items())


def _read_list(
    host: str, fact: str, given: object, keys: tuple[str, ...]
) -> tuple[Mapping[str, Any], ...]:
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise _bad_facts(host, f"{fact} is a {type(given).__name__}, not a list")
    for place, item in enumerate(given, start=1):
        if not isinstance(item, Mapping):
            raise _bad_facts(host, f"item {place} of {fact} is a {type(item).__name__}")
        missing = [key for key in keys if not item.get(key)]
        if missing:
            raise _bad_facts(host, f"item {place} of {fact} has no {missing[0]}")
    return tuple(given)


def _bad_facts(host: str, cause: str) -> OpsError:
    advice = (
        "Fill report_checks with runbook.ops.as_checks, and report_entries with entries of actors"
    )
    return OpsError(
        cannot(f"report on {host}", cause, advice), code="bad_facts", details={"host": host}
    )


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int)):
        return value
    return _number(value) if isinstance(value, float) else str(value)


def _number(value: Any) -> float | None:
    if not isinstance(value, (int, float)):
        return None
    return value if math.isfinite(value) else None
