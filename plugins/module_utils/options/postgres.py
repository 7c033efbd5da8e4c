# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules for PostgreSQL."""

from __future__ import annotations

from typing import Any

POSTGRES_RULES = {"mutually_exclusive": [["container", "login_host", "login_unix_socket"]]}


def postgres_options() -> dict[str, Any]:
    """How to reach a PostgreSQL server; documented in the fragment ``postgres``."""
    return {
        "container": {"type": "str"},
        "docker_socket": {"type": "path", "default": "/var/run/docker.sock"},
        "login_host": {"type": "str"},
        "login_unix_socket": {"type": "path"},
        "login_port": {"type": "int", "default": 5432},
        "login_user": {"type": "str", "default": "postgres"},
        "login_password": {"type": "str", "no_log": True},
        "login_db": {"type": "str", "default": "postgres"},
        "ssl_mode": {
            "type": "str",
            "choices": ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"],
            "default": "prefer",
        },
        "ca_cert": {"type": "path"},
        "connect_timeout": {"type": "int", "default": 5},
        "statement_timeout": {"type": "int", "default": 10},
    }


def statement_options() -> dict[str, Any]:
    """How much of the statements of clients is shown; documented in the fragment ``statements``."""
    return {
        "query_length": {"type": "int", "default": 200},
        "redact": {"type": "bool", "default": True},
    }


def index_definitions_option() -> dict[str, Any]:
    """Indexes that have to be there, in words that hold no SQL."""
    condition: dict[str, Any] = {
        "column": {"type": "str", "required": True},
        "op": {
            "type": "str",
            "choices": ["=", "<>", "<", "<=", ">", ">=", "is null", "is not null"],
            "default": "=",
        },
        "value": {"type": "str"},
    }
    return {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "table": {"type": "str", "required": True},
            "columns": {"type": "list", "elements": "str", "required": True},
            "method": {
                "type": "str",
                "choices": ["btree", "hash", "gin", "gist", "spgist", "brin"],
                "default": "btree",
            },
            "unique": {"type": "bool", "default": False},
            "where": {"type": "list", "elements": "dict", "default": [], "options": condition},
        },
    }
