# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep throw-away secrets in the store of the lab.

usage: secrets.py, with LAB_STORE (region, endpoint_url, access_key, secret_key) and LAB_SECRETS
(values by their ids), both JSON, in the environment.
"""

from __future__ import annotations

import json
import os
from typing import Any

import boto3


def main() -> None:
    """Set each secret to its value."""
    store: dict[str, str] = json.loads(os.environ["LAB_STORE"])
    client: Any = boto3.client(
        "secretsmanager",
        endpoint_url=store["endpoint_url"],
        region_name=store["region"],
        aws_access_key_id=store["access_key"],
        aws_secret_access_key=store["secret_key"],
    )
    there = {item["Name"] for item in client.list_secrets(MaxResults=100)["SecretList"]}
    for identity, value in json.loads(os.environ["LAB_SECRETS"]).items():
        if identity in there:
            client.put_secret_value(SecretId=identity, SecretString=value)
        else:
            client.create_secret(Name=identity, SecretString=value)


if __name__ == "__main__":
    main()
