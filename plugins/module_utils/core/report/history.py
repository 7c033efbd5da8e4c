# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Earlier runs, read from the reports that they left: what each check was then."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..check import Status, severity
from ..errors import OpsError, cannot
from .run import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LETTERS = {status.label[0]: status for status in Status}
"""A status as one letter: a history holds one for each check and run."""

ABSENT = "-"
_LARGEST = 1e300  # beyond, a difference is no number any more
EMPTY: Mapping[str, Any] = {"runs": [], "checks": {}, "passed_over": []}
"""The history of a first run."""


@dataclass(frozen=True)
class EarlierRun:
    """One earlier run; ``marks`` has the letter of the status and the number of each check."""

    run_id: str
    generated_at: str
    marks: Mapping[str, tuple[str, float | None]]


def key_of(host: str, check: Mapping[str, Any]) -> str:
    """What makes a check the same check in another run: host, id and subject."""
    return "\n".join((host, check["id"], check["subject"]))


def read_earlier(content: bytes, path: str) -> EarlierRun:
    """The run that the report in ``content`` tells of.

    Raises ``OpsError`` ``no_report``.
    """
    try:
        given = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _no_report(path, "it is torn, or no JSON") from error
    version = given.get("schema_version") if isinstance(given, dict) else None
    if not isinstance(version, int):
        raise _no_report(path, "it has no schema_version")
    if version > SCHEMA_VERSION:
        raise _no_report(path, f"its schema {version} is newer than {SCHEMA_VERSION}")
    try:
        return _read(given)
    except (AttributeError, KeyError, TypeError) as error:
        raise _no_report(path, "it has not the shape of a report") from error


def build_history(runs: Iterable[EarlierRun], passed_over: Sequence[str] = ()) -> dict[str, Any]:
    """The runs side by side, oldest first, as JSON-ready values.

    ``checks`` holds for each key ``statuses``, a letter for each run, and ``values``.
    """
    ordered = sorted(runs, key=lambda run: (run.generated_at, run.run_id))
    checks: dict[str, dict[str, Any]] = {}
    for place, run in enumerate(ordered):
        for key, (letter, value) in run.marks.items():
            if key not in checks:
                checks[key] = {"letters": [ABSENT] * len(ordered), "values": [None] * len(ordered)}
            checks[key]["letters"][place] = letter
            checks[key]["values"][place] = value
    return {
        "runs": [{"run_id": run.run_id, "generated_at": run.generated_at} for run in ordered],
        "checks": {
            key: {"statuses": "".join(seen["letters"]), "values": seen["values"]}
            for key, seen in checks.items()
        },
        "passed_over": list(passed_over),
    }


def _read(given: Mapping[str, Any]) -> EarlierRun:
    marks: dict[str, tuple[str, float | None]] = {}
    for platform in given["platforms"]:
        for host in platform["hosts"]:
            for check in host["checks"]:
                key = key_of(host["name"], check)
                letter = Status(severity(check)).label[0]
                # The worse of two checks that cannot be told apart.
                if key not in marks or LETTERS[letter] > LETTERS[marks[key][0]]:
                    marks[key] = (letter, number_of(check["value"]))
    return EarlierRun("" + given["run_id"], "" + given["generated_at"], marks)


def number_of(value: Any) -> float | None:
    """``value`` where it is a number that can be drawn."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if -_LARGEST < value < _LARGEST else None


def _no_report(path: str, cause: str) -> OpsError:
    advice = "Remove it, if nothing else needs it"
    return OpsError(cannot(f"read the report {path}", cause, advice), code="no_report")
