# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules for backups."""

from __future__ import annotations

from typing import Any

from .checks import threshold_option


def backup_options() -> dict[str, Any]:
    """Where and how a backup is kept; documented in the fragment ``backup``."""
    names: dict[str, Any] = {"type": "list", "elements": "str", "default": []}
    return {
        "directory": {"type": "path", "required": True},
        "prefix": {"type": "str"},
        "compression": {"type": "str", "choices": ["gzip", "zstd", "none"], "default": "gzip"},
        "level": {"type": "int"},
        "encrypt": {
            "type": "dict",
            "options": {"age_recipients": names, "gnupg_recipients": names},
        },
        "s3": s3_option(),
        "unless_newer_than": {"type": "float", "default": 0},
        "timeout": {"type": "float", "default": 14400},
        "release": {"type": "str"},
    }


def s3_option() -> dict[str, Any]:
    """Where in S3; what is not given comes from the host (role, profile, environment)."""
    option = store_option()
    place = {"bucket": {"type": "str", "required": True}, "prefix": {"type": "str"}}
    return {**option, "options": {**place, **option["options"]}}


def store_option() -> dict[str, Any]:
    """How AWS, or what stands in for it, is reached; what is not given comes from the host."""
    return {
        "type": "dict",
        "options": {
            "endpoint_url": {"type": "str"},
            "region": {"type": "str"},
            "access_key": {"type": "str", "no_log": True},
            "secret_key": {"type": "str", "no_log": True},
            "profile": {"type": "str"},
        },
        "required_together": [("access_key", "secret_key")],
        "mutually_exclusive": [("access_key", "profile")],
    }


def decrypt_option() -> dict[str, Any]:
    """What a backup that is encrypted is decrypted with, to look inside."""
    return {
        "type": "dict",
        "options": {
            "age_identity": {"type": "path"},
            "gnupg_home": {"type": "path"},
            "gnupg_passphrase_file": {"type": "path", "no_log": True},
        },
    }


VERIFICATION_RULES: dict[str, Any] = {
    "required_one_of": [["directory", "tool"]],
    "required_by": {"directory": "pattern", "ping_fail_url": "ping_url"},
    "mutually_exclusive": [
        ["tool", other] for other in ("directory", "database", "s3", "decrypt", "budget")
    ],
}


def backup_tool_option() -> dict[str, Any]:
    """A tool that keeps backups of its own; documented in the fragment ``backup_tool``."""
    return {
        "type": "dict",
        "options": {
            "name": {
                "type": "str",
                "required": True,
                "choices": ["pgbackrest", "restic", "borg", "barman"],
            },
            "stanza": {"type": "str"},
            "repository": {"type": "str"},
            "server": {"type": "str"},
            "config": {"type": "path"},
            "password_file": {"type": "path", "no_log": True},
            "environment_file": {"type": "path"},
            "user": {"type": "str"},
            "program": {"type": "str"},
            "check": {"type": "bool", "default": False},
            "timeout": {"type": "float", "default": 300},
        },
    }


def pgbackrest_options() -> dict[str, Any]:
    """What pgBackRest does, with which stanza, and where a restore goes."""
    operations, kinds = ["stanza", "check", "backup", "restore"], ["full", "diff", "incr"]
    targets = ["latest", "time", "name", "lsn"]
    return {
        "operation": {"type": "str", "choices": operations, "required": True},
        "stanza": {"type": "str", "required": True},
        "config": {"type": "path"},
        "program": {"type": "str", "default": "pgbackrest"},
        "user": {"type": "str", "default": "postgres"},
        "type": {"type": "str", "choices": kinds, "default": "incr"},
        "unless_newer_than": {"type": "float", "default": 0},
        "directory": {"type": "path"},
        "target_type": {"type": "str", "choices": targets, "default": "latest"},
        "target": {"type": "str"},
        "set": {"type": "str"},
        "postgres_programs": {"type": "path"},
        "timeout": {"type": "float", "default": 14400},
    }


def verification_options() -> dict[str, Any]:
    """What a verification expects of a backup, and which thresholds it has."""
    names: dict[str, Any] = {"type": "list", "elements": "str", "default": []}
    thresholds = {
        "age": threshold_option(op="gt", warning=26, critical=50),
        "size_deviation": threshold_option(op="ge", warning=30, critical=50),
        "verified": threshold_option(op="gt", warning=744),
    }
    history = {"count": {"type": "int", "default": 7}}
    budget = {
        "seconds": {"type": "float", "required": True},
        "reverify_after": {"type": "float", "default": 168},
    }
    return {
        "directory": {"type": "path"},
        "pattern": {"type": "str"},
        "tool": backup_tool_option(),
        "database": {"type": "str"},
        "tables": names,
        "contents": {"type": "str", "choices": ["all", "schema", "data"], "default": "all"},
        "min_bytes": {"type": "int", "default": 100},
        "history": {"type": "dict", "apply_defaults": True, "options": history},
        "sidecar": {
            "type": "str",
            "choices": ["required", "when_present", "never"],
            "default": "when_present",
        },
        "decrypt": decrypt_option(),
        "pg_restore": {"type": "str", "default": "pg_restore"},
        "s3": s3_option(),
        "lock_days": {"type": "int", "default": 0},
        "budget": {"type": "dict", "options": budget},
        "thresholds": {"type": "dict", "apply_defaults": True, "options": thresholds},
        "self_test": {"type": "bool", "default": False},
        "record": {"type": "bool", "default": False},
        "textfile": {"type": "path"},
        "ping_url": {"type": "str", "no_log": True},
        "ping_fail_url": {"type": "str", "no_log": True},
    }


def assertions_option() -> dict[str, Any]:
    """Questions to a restored database, and what their answers have to be."""
    return {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "sql": {"type": "str", "required": True},
            "expect": {"type": "str"},
            "min": {"type": "float"},
            "max": {"type": "float"},
        },
    }
