# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as a small value for whatever follows the run, such as a workflow of AWX."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST = 20
_LONGEST = 300
_OF_RUN = ("schema_version", "run_id", "title", "generated_at", "rehearsal", "status", "counts",
           "refusal")  # fmt: skip
_OF_FINDING = ("platform", "host", "id", "subject", "status", "summary", "remedy")


def describe_stats(report: Mapping[str, Any]) -> dict[str, Any]:
    """Counts, the worst status, and the worst findings: at most 20, with texts cut short."""
    findings = report["findings"][:_MOST]
    return {
        **{name: report[name] for name in _OF_RUN},
        "hosts": {
            host["name"]: host["status"]
            for platform in report["platforms"]
            for host in platform["hosts"]
        },
        "findings": [{name: _cut(finding[name]) for name in _OF_FINDING} for finding in findings],
        "findings_left_out": len(report["findings"]) - len(findings),
    }


def _cut(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _LONGEST:
        return f"{value[:_LONGEST]}…"
    return value
