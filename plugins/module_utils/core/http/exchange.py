# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One HTTP exchange as values: what is asked, and what came back."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from ..errors import OpsError, cannot

if TYPE_CHECKING:
    from collections.abc import Mapping

_PORTS = {"http": 80, "https": 443}
_UNPRINTABLE = re.compile(r"[^\x21-\x7e]")


@dataclass(frozen=True)
class Request:
    """A GET: ``target`` is path and query; ``ca_file`` replaces the system's trust anchors."""

    scheme: str
    host: str
    port: int
    target: str
    ca_file: str | None = None

    @property
    def shown(self) -> str:
        """The URL for people; a query may hold a key, so it is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.target.partition('?')[0]}"


@dataclass(frozen=True)
class Answer:
    """What came back: ``failure`` is a cause, and empty where there is an answer.

    ``milliseconds`` run from before the name resolution to the last byte that was read; ``whole``
    is false when the body is larger than what we read of one; ``location`` is where a redirect
    points to; the names of ``headers`` are in lower case.
    """

    status: int = 0
    body: bytes = b""
    milliseconds: float = 0.0
    whole: bool = True
    failure: str = ""
    location: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def read_request(name: str, url: str, ca_file: str | None = None) -> Request:
    """The request that ``url`` describes; ``name`` says whose it is.

    Raises ``OpsError`` ``bad_url``. A password in a URL would end up in logs, so it is refused.
    """
    try:
        parts = urlsplit(url)
        _check(parts, url)
        host = str(parts.hostname)
        host.encode("idna")
        port = _PORTS[parts.scheme] if parts.port is None else parts.port
    except ValueError as error:
        raise OpsError(
            cannot(
                f"use the URL of {name}", error, "Give http(s)://host[:port]/path, percent-encoded"
            ),
            code="bad_url",
            details={"name": name},
        ) from error
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Request(parts.scheme, host, port, target, ca_file)


def _check(parts: SplitResult, url: str) -> None:
    if parts.scheme not in _PORTS:
        raise ValueError("it begins with neither http:// nor https://")
    if parts.username is not None:
        raise ValueError("it holds a user name or a password")
    if not parts.hostname:
        raise ValueError("it names no host")
    if _UNPRINTABLE.search(url):
        raise ValueError("it holds a space or another character that must be encoded")
