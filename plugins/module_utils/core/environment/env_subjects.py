# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge the environments that ``env_presence`` looks at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Union

from ..check import Check, Status
from ..errors import OpsError
from .names import Environment, judge_drift, judge_presence

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

Read = Union[Environment, OpsError]


@dataclass(frozen=True)
class Pair:
    """What was read of one subject: its environment, and its file where it names one."""

    found: Read
    file: Read | None = None


def judge_subject(given: Mapping[str, Any], pair: Pair, now: datetime) -> list[Check]:
    """``env.presence``, and ``env.drift`` where the subject names a file.

    What could not be read is critical: a name that is there is what the check is to prove.
    """
    subject, found = given["name"], pair.found
    if isinstance(found, OpsError):
        return [Check("env.presence", subject, Status.CRITICAL, found.message, now)]
    told: dict[str, Any] = {"subject": subject, "found": found, "now": now}
    presence = judge_presence("env.presence", given["required"], **told)
    if pair.file is None:
        return [presence]
    if isinstance(pair.file, OpsError):
        unread = Check("env.drift", subject, Status.CRITICAL, pair.file.message, now)
        return [presence, unread]
    return [presence, judge_drift("env.drift", pair.file, **told)]
