# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said where a connection pooler answers in place of PostgreSQL."""

from __future__ import annotations

from ..errors import OpsError, cannot

REFUSAL = "unsupported startup parameter"
"""What PgBouncer says to the limits that each session of ours comes in with; no server does."""

CONSOLE = "/bouncer"
"""How the version ends by which PgBouncer's own console goes."""


def pooler_error(what: str) -> OpsError:
    """The error for a connection pooler where a server is needed."""
    return OpsError(
        cannot(
            what,
            "a connection pooler such as PgBouncer answers, and its sessions on the server are idle"
            " by design and serve many clients",
            "Log in to PostgreSQL itself; to end clients of PgBouncer use its settings"
            " client_idle_timeout and idle_transaction_timeout, or its command KILL_CLIENT",
        ),
        code="pooler",
    )
