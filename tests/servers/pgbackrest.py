# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real PostgreSQL whose log goes into a repository of pgBackRest."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.postgres import Postgres, running_postgres

STANZA = "shop"


@dataclass(frozen=True)
class Archived:
    """A server, and the configuration of pgBackRest for it."""

    server: Postgres
    folder: Path

    @property
    def user(self) -> str:
        """Who runs the server."""
        return "postgres" if os.geteuid() == 0 else getpass.getuser()

    def options(self, operation: str, **more: Any) -> dict[str, Any]:
        """Options of the module ``pgbackrest``."""
        return {
            "operation": operation,
            "stanza": STANZA,
            "config": str(self.folder / "pgbackrest.conf"),
            "user": self.user,
            "timeout": 120,
            "operator": "amal",
            **more,
        }


@contextlib.contextmanager
def archived_postgres() -> Iterator[Archived]:
    """A server of the distribution that archives; the stanza does not exist yet."""
    folder = Path(tempfile.mkdtemp(prefix="runbook-ops-pgbackrest-"))
    config = folder / "pgbackrest.conf"
    settings = {
        "archive_mode": "on",
        "archive_command": f"pgbackrest --config={config} --stanza={STANZA} archive-push %p",
    }
    try:
        with running_postgres(settings=settings) as server:
            archived = Archived(server, folder)
            config.write_text(_configuration(server, folder), encoding="utf-8")
            folder.chmod(0o755)
            for name in ("repo", "log", "lock"):
                (folder / name).mkdir()
            if os.geteuid() == 0:
                for path in (folder, *folder.iterdir()):
                    shutil.chown(path, "postgres", "postgres")
            rules = server.directory / "data" / "pg_hba.conf"
            text = rules.read_text(encoding="utf-8")
            rules.write_text(f"local all postgres trust\n{text}", encoding="utf-8")
            server.execute("SELECT pg_reload_conf()")
            yield archived
    finally:
        shutil.rmtree(folder)


def _configuration(server: Postgres, folder: Path) -> str:
    return f"""[global]
repo1-path={folder}/repo
repo1-retention-full=2
log-path={folder}/log
lock-path={folder}/lock
log-level-file=off
start-fast=y
compress-level=1

[{STANZA}]
pg1-path={server.directory}/data
pg1-port={server.port}
pg1-socket-path={server.directory}
pg1-user=postgres
"""
