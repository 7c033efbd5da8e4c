# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Twelve nights of backups, and what is done to them."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from typing import Any, Callable

from ansible_collections.runbook.ops.plugins.modules import backup_prune, backup_verify, journal

from tests.samples.dumps import ORDINARY, write_gzip
from tests.servers.s3 import BUCKET, Store

Run = Callable[..., dict[str, Any]]
NIGHTS = 12
DAY = 86400


class Series:
    """Nightly backups, the newest of tonight, with what stands beside them."""

    def __init__(self, directory: Path, run_module: Run) -> None:
        self.directory = directory
        self.journal = directory.parent / "journal.jsonl"
        self._run = run_module
        directory.mkdir()
        for night in range(NIGHTS):
            self.write(night, ORDINARY)

    def path(self, night: int) -> Path:
        """The backup of so many nights ago."""
        return self.directory / f"shop_{99 - night}.sql.gz"

    def write(self, night: int, text: str) -> None:
        """Write a backup, and what stands beside it."""
        path = write_gzip(self.path(night), text)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        path.with_name(f"{path.name}.sha256").write_text(f"{digest}  {path.name}\n", "utf-8")
        path.with_name(f"{path.name}.manifest.json").write_text("{}", "utf-8")
        self.date(path, night)

    def date(self, path: Path, night: int) -> None:
        """Give ``path`` the time of so many nights ago."""
        moment = time.time() - night * DAY - 3600
        os.utime(path, (moment, moment))

    def verify(self, *nights: int) -> None:
        """Record a verification of each."""
        for night in nights:
            name = self.path(night).name
            manifest = self.path(night).with_name(f"{name}.manifest.json")
            manifest.unlink()
            result = self._run(
                backup_verify, directory=str(self.directory), pattern=name, record=True,
                journal_path=str(self.journal), operator="amal",
            )  # fmt: skip
            manifest.write_text("{}", "utf-8")
            assert result["backup"]["path"] == str(self.path(night)), result

    def note(self, action: str, subject: str) -> None:
        """Write one entry to the journal."""
        self._run(
            journal, operation="append", action=action, subject=subject, outcome="done",
            journal_path=str(self.journal), operator="amal",
        )  # fmt: skip

    def copy(self, store: Store, prefix: str, *nights: int) -> None:
        """Copy the backup of each night to S3, with what stands beside it."""
        for night in nights:
            for ending in ("", ".sha256", ".manifest.json"):
                path = self.path(night).with_name(f"{self.path(night).name}{ending}")
                key = f"{prefix}{path.name}"
                store.client.put_object(Bucket=BUCKET, Key=key, Body=path.read_bytes())

    def nights(self) -> list[int]:
        """The nights of which there is a backup."""
        return [night for night in range(NIGHTS) if self.path(night).exists()]

    def prune(self, **given: Any) -> dict[str, Any]:
        """Run the module: keep 3, or 5 days."""
        options = {
            "directory": str(self.directory),
            "pattern": "shop_*",
            "confirm": str(self.directory),
            "journal_path": str(self.journal),
            "operator": "amal",
            "keep_newest": 3,
            "keep_days": 5,
        }
        return self._run(backup_prune, **{**options, **given})
