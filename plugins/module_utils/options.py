# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that several modules share; one function for each documentation fragment."""

from __future__ import annotations

from typing import Any

from .adapters.journal_file import DEFAULT_PATH


def check_options() -> dict[str, Any]:
    """Options of every observer; documented in the fragment ``checks``."""
    return {
        "fail_on": {
            "type": "str",
            "choices": ["never", "warning", "critical"],
            "default": "never",
        },
    }


def journal_options() -> dict[str, Any]:
    """Options of every actor; documented in the fragment ``journal``."""
    return {
        "journal_path": {"type": "path", "default": DEFAULT_PATH},
        "operator": {"type": "str"},
        "run_id": {"type": "str"},
    }


def threshold_option(**default: Any) -> dict[str, Any]:
    """A threshold: ``op`` and the limits ``warning`` and ``critical``, either may be left out."""
    return {"type": "dict", "default": default} if default else {"type": "dict"}


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


def s3_option() -> dict[str, Any]:
    """Where in S3; what is not given comes from the host (role, profile, environment)."""
    return {
        "type": "dict",
        "options": {
            "bucket": {"type": "str", "required": True},
            "prefix": {"type": "str"},
            "endpoint_url": {"type": "str"},
            "region": {"type": "str"},
            "access_key": {"type": "str", "no_log": True},
            "secret_key": {"type": "str", "no_log": True},
            "profile": {"type": "str"},
        },
        "required_together": [("access_key", "secret_key")],
        "mutually_exclusive": [("access_key", "profile")],
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
