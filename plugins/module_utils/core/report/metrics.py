# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as metrics, in the text format that Prometheus reads.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..check import severity
from .history import number_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_PREFIX = "runbook"
_HELP = {
    "check_status": "Status of a check: 0 ok, 1 warning, 2 unknown, 3 critical.",
    "check_value": "What a check measured, in its unit.",
    "check_warning": "From which value on a check is a warning.",
    "check_critical": "From which value on a check is critical.",
    "run_checks": "Number of checks of the newest run, by status.",
    "run_info": "The newest run.",
    "run_timestamp_seconds": "When the newest run made its report.",
}


def describe_metrics(report: Mapping[str, Any]) -> str:
    """The text of the file, which ends in a line feed.

    Every series bears the title of the run, so that the files of two playbooks hold no series
    twice, for which node_exporter would refuse both.
    """
    run = {"run": report["title"]}
    series: dict[str, dict[str, Any]] = {name: {} for name in _HELP}
    for platform in report["platforms"]:
        for host in platform["hosts"]:
            for check in sorted(host["checks"], key=severity):
                where = {"platform": platform["name"], "host": host["name"]}
                what = {"check": check["id"], "subject": check["subject"]}
                _add(series, {**run, **where, **what}, check)
    for status, count in report["counts"].items():
        series["run_checks"][_labels({**run, "status": status})] = count
    info = {"run_id": report["run_id"], "rehearsal": str(report["rehearsal"]).lower()}
    series["run_info"][_labels({**run, **info})] = 1
    made = datetime.strptime(report["generated_at"], "%Y-%m-%dT%H:%M:%S%z")
    series["run_timestamp_seconds"][_labels(run)] = int(made.timestamp())
    return "".join(_family(name, values) for name, values in series.items() if values)


def name_textfile(report: Mapping[str, Any]) -> str:
    """The name of the file for a run: one for each title, since a newer run replaces an older."""
    words = re.findall(r"[a-z0-9]+", report["title"].lower())
    return f"runbook_{'_'.join(words)[:80] or 'run'}.prom"


def _add(
    series: dict[str, dict[str, Any]], labels: Mapping[str, str], check: Mapping[str, Any]
) -> None:
    """The series of a check; the worst of two that cannot be told apart comes last and stays."""
    series["check_status"][_labels(labels)] = severity(check)
    measured = _labels({**labels, "unit": check["unit"]})
    for name in ("value", "warning", "critical"):
        number = number_of(check[name])
        if number is not None:
            series[f"check_{name}"][measured] = number


def _family(name: str, values: Mapping[str, Any]) -> str:
    name = f"{_PREFIX}_{name}"
    lines = "".join(f"{name}{{{labels}}} {value}\n" for labels, value in values.items())
    return f"# HELP {name} {_HELP[name[len(_PREFIX) + 1 :]]}\n# TYPE {name} gauge\n{lines}"


def _labels(labels: Mapping[str, str]) -> str:
    return ",".join(f'{name}="{_escape(value)}"' for name, value in labels.items() if value)


def _escape(value: str) -> str:
    """A label value; what is no text in UTF-8 cannot be written down as it is."""
    text = value.encode("utf-8", "replace").decode("utf-8")
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
