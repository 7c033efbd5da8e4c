#!/usr/bin/env python3
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Give a platform of the lab the backups it would have after a week of work.

usage: backups.py JSON. The object holds
directory, pattern: where the dumps are; name_format: their names, for strftime, packed where they
end in .gz;
dump, grow: commands that write a dump to stdout, and that add rows between two dumps (optional);
command: the platform's own backup command, run when the newest dump is too old (optional);
latest: the name of a link to the newest dump (optional);
s3, optional: {bucket, prefix (optional), endpoint_url, region, access_key, secret_key}.
Afterwards there is a dump for each of the past days, a fresh one, all as their checksum says, and
all of them in S3. Prints a line for each thing it had to do.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

DAYS = 7
HOUR = 2  # of the daily backup, UTC
NEWEST_MAX_AGE = 20 * 3600  # seconds


class Bucket:
    """The bucket of the backups, made when missing."""

    def __init__(self, settings: dict[str, str]) -> None:
        self._bucket = settings["bucket"]
        self._prefix = settings.get("prefix", "")
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=settings["endpoint_url"],
            region_name=settings["region"],
            aws_access_key_id=settings["access_key"],
            aws_secret_access_key=settings["secret_key"],
            config=Config(retries={"max_attempts": 10}, connect_timeout=5),
        )
        try:
            self._client.head_bucket(Bucket=self._bucket)
        except ClientError:
            self._client.create_bucket(Bucket=self._bucket)
            say(f"made bucket {self._bucket}")

    def names(self) -> set[str]:
        """The names of the objects, without the prefix."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix
        )
        found = (item["Key"] for page in pages for item in page.get("Contents", []))
        return {key[len(self._prefix) :] for key in found}

    def put(self, path: Path) -> None:
        """Store a file under its name."""
        self._client.upload_file(str(path), self._bucket, self._prefix + path.name)
        say(f"uploaded {path.name}")

    def get(self, path: Path) -> None:
        """Fetch a file by its name."""
        part = path.with_name(f".{path.name}.part")
        self._client.download_file(self._bucket, self._prefix + path.name, str(part))
        part.replace(path)


def say(line: str) -> None:
    """Report a change."""
    sys.stdout.write(line + "\n")


def sidecar(path: Path) -> Path:
    """The file that holds a dump's checksum."""
    return path.with_name(path.name + ".sha256")


def checksum_line(path: Path) -> str:
    """The line sha256sum would write."""
    with path.open("rb") as file:
        digest = hashlib.sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    return f"{digest.hexdigest()}  {path.name}\n"


def make(spec: dict[str, Any], moment: datetime) -> Path:
    """Make the dump of a moment, as if it had been made then, and return its path."""
    path = Path(spec["directory"]) / moment.strftime(spec["name_format"])
    part = path.with_name(f".{path.name}.part")
    if "grow" in spec:
        subprocess.run(spec["grow"], check=True)
    with subprocess.Popen(spec["dump"], stdout=subprocess.PIPE) as dump:
        if dump.stdout:
            packed = path.suffix == ".gz"
            with gzip.open(part, "wb", compresslevel=6) if packed else part.open("wb") as file:
                shutil.copyfileobj(dump.stdout, file, 1 << 20)
    if dump.returncode:
        part.unlink()
        sys.exit(f"Cannot make {path}: the dump ended with status {dump.returncode}. See above.")
    part.chmod(0o600)
    part.replace(path)
    sidecar(path).write_text(checksum_line(path), encoding="ascii")
    for file_ in (path, sidecar(path)):
        os.utime(file_, (moment.timestamp(), moment.timestamp()))
    say(f"made {path.name}")
    return path


def make_newest(spec: dict[str, Any]) -> None:
    """Make a dump now, by the platform's own command where it has one."""
    if "command" in spec:
        subprocess.run(spec["command"], check=True, stdout=sys.stderr)
        say("made the newest")
    else:
        make(spec, datetime.now(timezone.utc))


def link_newest(directory: Path, name: str, newest: Path) -> None:
    """Have the link to the newest dump."""
    link = directory / name
    if not link.is_symlink() or link.readlink() != Path(newest.name):
        link.unlink(missing_ok=True)
        link.symlink_to(newest.name)
        say(f"linked {name} to {newest.name}")


def repair(path: Path, bucket: Bucket | None, stored: set[str]) -> None:
    """Fetch a dump that differs from its checksum from S3, or remove it where S3 has none."""
    side = sidecar(path)
    if side.exists() and side.read_text(encoding="ascii") == checksum_line(path):
        return
    if bucket and path.name in stored and side.exists():
        modified = side.stat().st_mtime
        bucket.get(path)
        os.utime(path, (modified, modified))
        say(f"restored {path.name}")
    else:
        path.unlink()
        say(f"removed {path.name}")


def missing_days(paths: list[Path]) -> list[datetime]:
    """The moments of the past days' backups that are not there, oldest first."""
    today = datetime.now(timezone.utc).replace(hour=HOUR, minute=0, second=0, microsecond=0)
    there = {datetime.fromtimestamp(p.stat().st_mtime, timezone.utc).date() for p in paths}
    moments = [today - timedelta(days=day) for day in range(DAYS, 0, -1)]
    return [moment for moment in moments if moment.date() not in there]


def dumps(spec: dict[str, Any]) -> list[Path]:
    """The dumps that are there, oldest first by their names."""
    found = Path(spec["directory"]).glob(spec["pattern"])
    return sorted(path for path in found if not path.is_symlink())


def main() -> None:
    """Bring directory and bucket into the described state."""
    spec: dict[str, Any] = json.loads(sys.argv[1])
    directory = Path(spec["directory"])
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    bucket = Bucket(spec["s3"]) if "s3" in spec else None
    stored = bucket.names() if bucket else set()

    for path in dumps(spec):
        repair(path, bucket, stored)
    for moment in missing_days(dumps(spec)):
        make(spec, moment)
    newest = max(path.stat().st_mtime for path in dumps(spec))
    if time.time() - newest > NEWEST_MAX_AGE:
        make_newest(spec)
    if "latest" in spec:
        link_newest(directory, spec["latest"], dumps(spec)[-1])
    stored = bucket.names() if bucket else set()
    for path in dumps(spec):
        if bucket and path.name not in stored:
            bucket.put(path)


if __name__ == "__main__":
    main()
