# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A verification as metrics, in the text format that Prometheus reads.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..plan import Plan

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..check import Check
    from .copies import Case

_STATUS_HELP = "Status of a check: 0 ok, 1 warning, 2 unknown, 3 critical."
_MODIFIED_HELP = "When the newest backup was last written."
_BYTES_HELP = "Size of the newest backup as stored."
_VERIFIED_HELP = "When the newest backup was last verified."


def plan_metrics(path: str, before: str | None, case: Case, checks: Iterable[Check]) -> Plan:
    """Write the metrics to ``path``, which holds ``before`` now."""
    text = describe_metrics(case, checks)
    return Plan("backup_textfile", path, before or "", text, details={"bytes": len(text.encode())})


def describe_metrics(case: Case, checks: Iterable[Check]) -> str:
    """The text of the file, which ends in a line feed."""
    of_set = f'set="{_escape(case.evidence.listing.subject)}"'
    statuses = {f'{of_set},check="{_escape(check.id)}"': check.status.value for check in checks}
    gauges = [_gauge("check_status", _STATUS_HELP, statuses)]
    newest = case.evidence.listing.newest
    if newest is not None:
        modified = int(newest.modified.timestamp())
        gauges += [
            _gauge("modified_timestamp_seconds", _MODIFIED_HELP, {of_set: modified}),
            _gauge("size_bytes", _BYTES_HELP, {of_set: newest.bytes}),
        ]
    verified = {of_set: int(case.now.timestamp())}
    return "".join([*gauges, _gauge("verified_timestamp_seconds", _VERIFIED_HELP, verified)])


def _gauge(name: str, text: str, values: dict[str, int]) -> str:
    name = f"runbook_ops_backup_{name}"
    lines = "".join(f"{name}{{{labels}}} {value}\n" for labels, value in values.items())
    return f"# HELP {name} {text}\n# TYPE {name} gauge\n{lines}"


def _escape(value: str) -> str:
    """A label value; a name that is no text cannot be written down as it is."""
    printable = value.encode("utf-8", "replace").decode("utf-8")
    return printable.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
