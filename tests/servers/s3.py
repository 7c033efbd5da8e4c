# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An S3 on the loopback address, spoken to over HTTP."""

from __future__ import annotations

import contextlib
import urllib.request
from collections.abc import Iterator
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

BUCKET = "liyaqa-backups"
KEYS = {"access_key": "testing", "secret_key": "correct-horse"}


class Store:
    """One bucket, and a client that fills it."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.client: Any = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id=KEYS["access_key"],
            aws_secret_access_key=KEYS["secret_key"],
        )

    def options(self, **more: Any) -> dict[str, Any]:
        """The option ``s3`` of the module for this bucket."""
        return {"bucket": BUCKET, "endpoint_url": self.endpoint, **KEYS, **more}

    def post(self, path: str, data: bytes = b"") -> None:
        """Tell the server something about itself."""
        url, headers = f"{self.endpoint}/moto-api/{path}", {"Content-Type": "text/plain"}
        asked = urllib.request.Request(url, data, headers, method="POST")
        with urllib.request.urlopen(asked, timeout=5):
            return

    def refuse_unknown_keys(self) -> None:
        """From now on, let only known access keys in; ours is none."""
        self.post("reset-auth", b"0")

    def let_everyone_in(self) -> None:
        """Do not look at access keys any more."""
        self.post("reset-auth", b"inf")


@contextlib.contextmanager
def serve_s3() -> Iterator[Store]:
    """An S3 with one empty bucket, for as long as the block lasts."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    store = Store(f"http://{host}:{port}")
    store.post("reset")
    store.client.create_bucket(Bucket=BUCKET)
    try:
        yield store
    finally:
        store.let_everyone_in()
        server.stop()
