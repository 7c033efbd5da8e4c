# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules for certificates."""

from __future__ import annotations

from typing import Any

from .checks import check_options

STARTTLS = ["ftp", "imap", "ldap", "mysql", "pop3", "postgres", "smtp"]
"""Written out, since modules without TLS need not carry its protocols."""


def certificate_source_options() -> dict[str, Any]:
    """Where certificates are: served, in files, with their keys, in containers."""
    text = {"type": "str"}
    endpoint: dict[str, Any] = {
        "host": {"type": "str", "required": True},
        "port": {"type": "int"},
        "server_name": text,
        "starttls": {"type": "str", "choices": STARTTLS},
        "addresses": {"type": "str", "choices": ["all", "first"], "default": "all"},
        "stapling": {"type": "bool", "default": False},
        "file": {"type": "path"},
        "reload": text,
    }
    pair = {
        "certificate": {"type": "path", "required": True},
        "key": {"type": "path", "required": True, "no_log": False},
        "owner": text,
    }
    return {
        "endpoints": {"type": "list", "elements": "dict", "default": [], "options": endpoint},
        "files": {"type": "list", "elements": "path", "default": []},
        "pairs": {"type": "list", "elements": "dict", "default": [], "options": pair},
        "certbot": {"type": "list", "elements": "path", "default": []},
        "docker": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "container": text,
                "volume": text,
                "path": {"type": "str", "required": True},
            },
            "mutually_exclusive": [["container", "volume"]],
            "required_one_of": [["container", "volume"]],
        },
        "docker_socket": {"type": "path", "default": "/var/run/docker.sock"},
        "pkcs12_password": {"type": "str", "no_log": True},
    }


def renewal_options() -> dict[str, Any]:
    """What to renew, where copies go, what serves them, and where that is proven."""
    install: dict[str, Any] = {
        "lineage": {"type": "str", "required": True},
        "certificate": {"type": "path", "required": True},
        "key": {"type": "path", "required": True, "no_log": False},
        "owner": {"type": "str"},
        "group": {"type": "str"},
        "mode": {"type": "str", "default": "0600"},
    }
    words: dict[str, Any] = {"type": "list", "elements": "str"}
    server: dict[str, Any] = {
        "container": {"type": "str"},
        "test": {**words, "default": ["nginx", "-t"]},
        "command": {**words, "default": ["nginx", "-s", "reload"]},
    }
    endpoint: dict[str, Any] = {
        "host": {"type": "str", "required": True},
        "port": {"type": "int"},
        "server_name": {"type": "str"},
        "starttls": {"type": "str", "choices": STARTTLS},
    }
    dicts: dict[str, Any] = {"type": "list", "elements": "dict", "default": []}
    return {
        **check_options(),
        "fail_on": {**check_options()["fail_on"], "default": "critical"},
        "config_dir": {"type": "path", "default": "/etc/letsencrypt"},
        "lineages": {**words, "default": []},
        "renew_before": {"type": "float", "default": 30},
        "install": {**dicts, "options": install},
        "reload": {"type": "dict", "options": server},
        "endpoints": {**dicts, "options": endpoint},
        "docker_socket": {"type": "path", "default": "/var/run/docker.sock"},
        "timeout": {"type": "float", "default": 300},
        "wait": {"type": "float", "default": 15},
    }
