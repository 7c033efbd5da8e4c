# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wanted of a mail server, what was found, and whether it would take our mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..certificates.judgement import read_endpoint
from ..check import Check, Status
from ..errors import OpsError, cannot

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

REACHABLE, TLS, AUTH = "smtp.reachable", "smtp.tls", "smtp.auth"
PORTS = {"starttls": 587, "implicit": 465, "none": 25}
"""The usual port for each way to begin TLS (RFC 6409, RFC 8314, RFC 5321)."""

_REMEDY = "mail_failures"


@dataclass(frozen=True)
class MailServer:
    """A server: ``tls`` is a key of ``PORTS``; nobody logs in where ``password`` is ``None``."""

    name: str
    host: str
    port: int
    tls: str
    username: str = ""
    password: str | None = None
    ca_file: str | None = None


@dataclass(frozen=True)
class Visit:
    """How far a visit came.

    ``passed`` are the checks that are well, in their order; ``fault`` is the one that is not, with
    the cause as the rest of a sentence that begins with the name of the server.
    """

    passed: tuple[str, ...] = ()
    fault: tuple[str, str] | None = None
    milliseconds: float = 0.0
    offers: tuple[str, ...] = ()


def read_server(given: Mapping[str, Any]) -> MailServer:
    """The server that one item of the option ``servers`` describes.

    Raises ``OpsError`` ``bad_endpoint``, and ``bad_option`` for a password in plain text.
    """
    if given["tls"] == "none" and given["password"] is not None:
        raise OpsError(
            cannot(
                f"log in to {given['name']}",
                "without TLS everybody on the way could read the password",
                "Set tls to starttls or implicit, or leave out username and password",
            ),
            code="bad_option",
            details={"name": given["name"]},
        )
    port = PORTS[given["tls"]] if given["port"] is None else given["port"]
    place = read_endpoint({"host": given["host"], "port": port})
    return MailServer(
        name=given["name"],
        host=place.host,
        port=place.port,
        tls=given["tls"],
        username=given["username"] or "",
        password=given["password"],
        ca_file=given["ca_file"],
    )


def judge_visit(server: MailServer, visit: Visit, now: datetime) -> tuple[Check, ...]:
    """``smtp.reachable``, ``smtp.tls`` and ``smtp.auth``, up to the first that is not well."""
    place = f"{server.host}:{server.port}"
    told = {
        REACHABLE: f"{server.name} speaks SMTP ({place}).",
        TLS: f"{server.name} begins TLS with a certificate that is accepted.",
        AUTH: f"{server.name} lets {server.username} in.",
    }
    time = round(visit.milliseconds, 1)
    well = tuple(
        Check(name, server.name, Status.OK, told[name], now, time, "ms")
        if name == REACHABLE
        else Check(name, server.name, Status.OK, told[name], now)
        for name in visit.passed
    )
    if visit.fault is None:
        return well
    name, cause = visit.fault
    summary = f"{server.name} {cause} ({place})."
    bad = Check(name, server.name, Status.CRITICAL, summary, now, remedy=_REMEDY)
    return (*well, bad)


def describe_visit(server: MailServer, visit: Visit) -> dict[str, Any]:
    """The visit as JSON-ready values."""
    return {
        "name": server.name,
        "host": server.host,
        "port": server.port,
        "milliseconds": None if visit.fault else round(visit.milliseconds, 1),
        "offers": list(visit.offers),
        "failure": visit.fault[1] if visit.fault else None,
    }
