# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Redis server that refuses means, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import OpsError, UnreachableError, cannot

if TYPE_CHECKING:
    from .resp import Refusal

_BUSY = {
    "LOADING": "It loads its data; wait until it is done",
    "BUSY": "A script runs in it; wait, or end the script with SCRIPT KILL",
    "MASTERDOWN": "Its link to the master is down; mend that first",
    "DENIED": "It runs in protected mode; give it a password or a bind address",
    "ERR max": "It has as many clients as it may have; end some, or raise maxclients",
}
_LOGIN = {"NOAUTH", "WRONGPASS"}


def unreachable(subject: str, cause: object) -> UnreachableError:
    """The error of a server that does not answer."""
    return UnreachableError(
        cannot(f"ask Redis at {subject}", cause, "Look whether it runs, and at its log"),
        code="unreachable",
        details={"cause": " ".join(str(cause).split())[:200]},
    )


def refused(subject: str, command: str, refusal: Refusal) -> OpsError:
    """The error that ``refusal`` of ``command`` means; the words of a command are never shown."""
    for beginning, advice in _BUSY.items():
        if refusal.text.startswith(beginning):
            return _error(UnreachableError, "busy", subject, cause=refusal.text, advice=advice)
    if refusal.code in _LOGIN or command == "AUTH":
        return not_logged_in(subject, refusal)
    code, cause = "refused", f"{command} is refused, {refusal.text}"
    advice = "Look at the log of Redis"
    if refusal.code == "NOPERM" or "unknown command" in refusal.text:
        code, cause = "not_permitted", f"{command} is not permitted"
        advice = f"Let the user run {command} (ACL SETUSER)"
    return _error(OpsError, code, subject, cause=cause, advice=advice)


def not_logged_in(subject: str, refusal: Refusal) -> OpsError:
    """The error of a login that is wanted, or wrong."""
    cause = "it wants a password" if refusal.code == "NOAUTH" else "the login is refused"
    advice = "Correct login_user and login_password"
    return _error(OpsError, "auth_failed", subject, cause=cause, advice=advice)


def _error(kind: type[OpsError], code: str, subject: str, *, cause: str, advice: str) -> OpsError:
    details = {"cause": cause}
    return kind(cannot(f"ask Redis at {subject}", cause, advice), code=code, details=details)
