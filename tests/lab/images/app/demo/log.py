# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of the demo service, as the service of each platform writes it."""

from __future__ import annotations

import json
import sys
import uuid
from dataclasses import dataclass
from datetime import datetime, timezone


def now() -> str:
    """The time, ISO 8601 in UTC."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


@dataclass(frozen=True)
class Request:
    """One request that was answered."""

    client: str
    path: str
    status: int
    length: int


class Log:
    """Writes lines; ``style`` is json (as Spring Boot) or plain (as Node with morgan)."""

    def __init__(self, name: str, style: str) -> None:
        self._name = name
        self._json = style == "json"

    def write(self, level: str, message: str, part: str = "") -> None:
        """Write one line."""
        logger = f"{self._name}.{part}" if part else self._name
        if not self._json:
            sys.stdout.write(f"{now()} [{level}] {logger}: {message}\n")
            return
        line = {
            "timestamp": now(),
            "level": level,
            "logger": logger,
            "message": message,
            "traceId": uuid.uuid4().hex if part else "-",
        }
        sys.stdout.write(json.dumps(line) + "\n")

    def request(self, request: Request) -> None:
        """Write the line of a request."""
        if self._json:
            self.write("INFO", f"GET {request.path} {request.status}", "request")
            return
        time = datetime.now(timezone.utc).strftime("%d/%b/%Y:%H:%M:%S %z")
        sys.stdout.write(
            f'{request.client} - - [{time}] "GET {request.path} HTTP/1.1" '
            f'{request.status} {request.length} "-" "-"\n'
        )
