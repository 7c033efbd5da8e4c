# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ping of a dead-man's switch: a service that raises an alarm when no ping comes."""

from __future__ import annotations

from ...core.http.exchange import Request
from ...core.plan import Effect
from ..writing import writes
from .http import read_answers

_SECONDS = 10
_FIRST_BAD = 300  # a redirection has not reached the switch


@writes
def send_ping(request: Request) -> Effect:
    """Ask for the URL once, and say what came back; its path is a secret and told to nobody."""
    (answer,) = read_answers([request], seconds=_SECONDS)
    details = {"answer": answer.status or None}
    if answer.failure:
        return Effect(details, shortfall=answer.failure)
    bad = answer.status >= _FIRST_BAD
    return Effect(details, shortfall=f"it answers {answer.status}" if bad else "")
