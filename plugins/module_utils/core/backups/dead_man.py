# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dead-man's switch: what it is told, and what that looks like as a plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..check import Check, Status, worst
from ..http.exchange import Request, read_request
from ..plan import Plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True)
class Ping:
    """One request to the switch, and the plan that says what it is told; no path, it is secret."""

    request: Request
    plan: Plan


def plan_ping(params: Mapping[str, Any], checks: Iterable[Check]) -> Ping | None:
    """What the switch of ``ping_url`` is told of ``checks``; ``None`` where there is no switch.

    Raises ``OpsError`` ``bad_url``.
    """
    url = params["ping_url"]
    if not url:
        return None
    good = read_request("ping_url", url)
    bad = read_request("ping_fail_url", params["ping_fail_url"] or f"{url.rstrip('/')}/fail")
    well = worst(checks) <= Status.WARNING
    told = {"told": "success" if well else "fail"}
    request = good if well else bad
    return Ping(request, Plan("dead_man_ping", request.host, None, told, details=told))
