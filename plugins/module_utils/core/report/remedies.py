# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do first about a symptom, for whoever was just woken up by it.

Each step looks before it changes, and none of them deletes anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

REMEDIES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "authentication_failures": (
        "Many failed logins",
        (
            "Tell an attack (many accounts, few addresses) from a mistake (one account).",
            "Of an attack, block the addresses, and look for a login that succeeded from them.",
            "Of a mistake, look for a changed password, an expired token, or a clock that is off.",
        ),
    ),
    "certificate_expired": (
        "A certificate has expired or is about to",
        (
            "See which one is served, and from where: the check names both.",
            "Rehearse the renewal with runbook.ops.tls in check mode, then run it.",
            "Where the file is new and the server still serves the old one, reload the server.",
        ),
    ),
    "connection_pool_exhausted": (
        "Connections are used up",
        (
            "Run runbook.ops.pg_activity: who holds the connections, idle, or waiting for a lock?",
            "Rehearse runbook.ops.pg_kill_idle in check mode, then end what is idle for too long.",
            "If they come back, a client leaks them: restart that service alone.",
            "Raise a limit last: pool size times replicas has to stay below max_connections.",
        ),
    ),
    "database_maintenance": (
        "The database needs maintenance",
        (
            "It can wait until the maintenance window, unless it is critical.",
            "Rehearse runbook.ops.pg_maintain in check mode: it tells what each table needs.",
            "Look for what holds vacuum back: old or prepared transactions, replication slots.",
        ),
    ),
    "disk_full": (
        "A disk is full, or soon will be",
        (
            "See what grew: the check host.largest names the largest files, and du -xh shows more.",
            "Free what can be had again: package caches, rotated logs, unused images.",
            "Never prune volumes, and never delete files of a database: they are the data.",
            "A deleted file that is still open frees nothing until its process is restarted.",
        ),
    ),
    "failed_migration": (
        "A migration has failed",
        (
            "Deploy nothing more, and do not delete rows of the table of migrations.",
            "Read the error of the failed migration in the log of the deployment.",
            "See which of its statements were applied, and repair with the tool's own command.",
        ),
    ),
    "high_error_rate": (
        "Many requests fail",
        (
            "See since when, and what changed then: a release, a configuration, a certificate.",
            "Read the newest error in the log of the service, not the most frequent one.",
            "Look at what it needs: database, Redis, storage, and other services.",
            "If it began with a release, go back to the release before.",
        ),
    ),
    "mail_failures": (
        "Mail does not go out",
        (
            "See how far it gets: name, connection, TLS, login. The check tells where it ended.",
            "After a failed login, look for a changed password or a blocked account.",
            "Send a test mail to yourself before you say that it works again.",
        ),
    ),
    "redis_out_of_memory": (
        "Redis is out of memory",
        (
            "See what is full: the limit of Redis, that of the container, or the host.",
            "Find the keys that grow, and whether they have a time to live.",
            "Evict a prefix of the cache with runbook.ops.redis_evict, in check mode first.",
            "Never flush all: sessions and queues may lie in the same Redis.",
        ),
    ),
    "restore": (
        "What was restored is not proven",
        (
            "Do not direct users to it yet.",
            "See which proof failed: rows, sequences, permissions, or the age of the newest row.",
            "Take the backup before this one, and restore it beside with runbook.ops.restore.",
        ),
    ),
    "service_down": (
        "A service is down",
        (
            "See how it ended: docker compose ps -a. Exit code 137 is a kill, mostly for memory.",
            "Read its last 100 lines of log, from the first error on.",
            "Look at what it needs before you restart it: database, Redis, disk, certificate.",
            "Start that service alone: docker compose up -d --no-deps SERVICE.",
        ),
    ),
    "slow_performance": (
        "It is slow",
        (
            "See who waits for whom: runbook.ops.pg_activity names blockers and long statements.",
            "Look at the host: processor, memory, disk. A full disk slows everything down.",
            "Cancel one statement before you end a session, and end a session before you restart.",
        ),
    ),
    "storage_failures": (
        "The object storage does not answer as it should",
        (
            "Tell a refused key from a missing bucket and from a network that is down.",
            "After a refusal, look for a changed key, policy, or a clock that is off.",
            "Look at the provider's own status page before you change anything.",
        ),
    ),
}
"""For each symptom its title, and the first steps in their order."""


def title_of(remedy: str | None) -> str | None:
    """The title of a symptom that we know."""
    known = REMEDIES.get(remedy or "")
    return known[0] if known else None


def named_remedies(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The remedies that the findings of a report name, those of the worst first."""
    named = dict.fromkeys(finding["remedy"] for finding in report["findings"])
    return [
        {"name": name, "title": REMEDIES[name][0], "steps": list(REMEDIES[name][1])}
        for name in named
        if name in REMEDIES
    ]
