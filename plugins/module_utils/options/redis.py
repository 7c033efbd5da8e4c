# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules for Redis."""

from __future__ import annotations

from typing import Any

REDIS_RULES = {"mutually_exclusive": [["container", "login_host"]]}


def redis_options() -> dict[str, Any]:
    """How to reach a Redis server; documented in the fragment ``redis``."""
    return {
        "container": {"type": "str"},
        "docker_socket": {"type": "path", "default": "/var/run/docker.sock"},
        "login_host": {"type": "str"},
        "login_port": {"type": "int", "default": 6379},
        "login_user": {"type": "str"},
        "login_password": {"type": "str", "no_log": True},
        "database": {"type": "int", "default": 0},
        "timeout": {"type": "float", "default": 5},
    }
