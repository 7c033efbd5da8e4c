# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Redis server is asked, as whom, and how long each answer may take."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..ranges import check_range

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST = 3600
_DATABASES = 65535


@dataclass(frozen=True)
class RedisLogin:
    """The options of the fragment ``redis``; with ``container`` the engine says the address."""

    host: str
    port: int
    timeout: float
    container: str = ""
    user: str = ""
    password: str | None = field(default=None, repr=False)
    database: int = 0

    @property
    def subject(self) -> str:
        """The name that checks, journal and errors use."""
        return self.container or f"{self.host}:{self.port}"


def read_redis_login(options: Mapping[str, Any]) -> RedisLogin:
    """The login that the options describe.

    Raises ``OpsError`` ``bad_option``.
    """
    check_range(options, "login_port", least=1, most=65535)
    check_range(options, "timeout", least=0.01, most=_LONGEST)
    check_range(options, "database", most=_DATABASES)
    return RedisLogin(
        host=options["login_host"] or "localhost",
        port=options["login_port"],
        timeout=options["timeout"],
        container=options["container"] or "",
        user=options["login_user"] or "",
        password=options["login_password"],
        database=options["database"],
    )
