#!/usr/bin/env python3
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Upload one backup to the bucket and endpoint named in the environment.

usage: upload-backup.py FILE, with BACKUP_BUCKET, AWS_ENDPOINT_URL and the usual AWS_* variables.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import boto3


def main() -> None:
    """Upload the file under its own name."""
    path = Path(sys.argv[1])
    client = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    client.upload_file(str(path), os.environ["BACKUP_BUCKET"], path.name)


if __name__ == "__main__":
    main()
