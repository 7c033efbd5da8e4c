#!/usr/bin/env python3
# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Give a platform of the lab its buckets, with one object in each.

usage: buckets.py JSON, a list of {bucket, endpoint_url, region, access_key, secret_key, prefix};
the prefix is optional. Prints a line for each bucket that it had to make.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError


def main() -> None:
    """Make the buckets that are missing."""
    for bucket in json.loads(sys.argv[1]):
        client: Any = boto3.client(
            "s3",
            endpoint_url=bucket["endpoint_url"],
            region_name=bucket["region"],
            aws_access_key_id=bucket["access_key"],
            aws_secret_access_key=bucket["secret_key"],
            config=Config(retries={"max_attempts": 10}, connect_timeout=5),
        )
        try:
            client.head_bucket(Bucket=bucket["bucket"])
        except ClientError:
            client.create_bucket(Bucket=bucket["bucket"])
            key = bucket.get("prefix", "") + "first-upload.txt"
            client.put_object(Bucket=bucket["bucket"], Key=key, Body=b"The first upload.\n")
            sys.stdout.write(f"made bucket {bucket['bucket']}\n")


if __name__ == "__main__":
    main()
