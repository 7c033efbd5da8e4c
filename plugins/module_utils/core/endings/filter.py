# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which sessions options speak of: by user, database, application, client and statement."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Union

from ..errors import OpsError, cannot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ..postgres.sessions import Session

SOCKET = "socket"
"""What stands for an address where the client is on the server's own host."""

Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]


@dataclass(frozen=True)
class Filter:
    """What the options of one side name; an empty field names nothing.

    ``users``, ``databases`` and ``applications`` are patterns of the shell (``*``, ``?``,
    ``[ab]``) that do not tell upper from lower case; ``clients`` are networks, or ``SOCKET``;
    ``query`` is a regular expression that is searched for, whatever the case.
    """

    users: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()
    applications: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    query: str = ""

    def as_dict(self) -> dict[str, Any]:
        """What the journal keeps: the fields that name anything."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in vars(self).items()
            if value
        }

    def found(self, session: Session) -> dict[str, str | None]:
        """For each field that names anything, by what of it ``session`` is named, or ``None``."""
        named = {
            "user": (self.users, match(session.user, self.users)),
            "database": (self.databases, match(session.database, self.databases)),
            "application": (self.applications, match(session.application, self.applications)),
            "client": (self.clients, _within(session.client, self.clients)),
            "query": (self.query, _searched(session.query, self.query)),
        }
        return {field: by for field, (given, by) in named.items() if given}


def read_filter(options: Mapping[str, Any], prefix: str = "") -> Filter:
    """The filter that the options ``<prefix>users``, ``<prefix>query`` and so on describe.

    Raises ``OpsError`` ``bad_option``.
    """
    for client in options[f"{prefix}clients"]:
        _check(f"{prefix}clients", client, _network)
    query = options[f"{prefix}query"] or ""
    _check(f"{prefix}query", query, re.compile)
    names = ("users", "databases", "applications", "clients")
    return Filter(**{name: tuple(options[f"{prefix}{name}"]) for name in names}, query=query)


def match(name: str | None, patterns: Iterable[str]) -> str | None:
    """The first of ``patterns`` that ``name`` matches."""
    known = (name or "").lower()
    return next((pattern for pattern in patterns if fnmatchcase(known, pattern.lower())), None)


def _check(name: str, given: str, read: Any) -> None:
    try:
        read(given)
    except (ValueError, re.error) as error:
        raise OpsError(
            cannot(f"use {name} {given!r}", error, f"Correct {name}"),
            code="bad_option",
            details={"option": name},
        ) from error


def _network(text: str) -> Network | None:
    """The network, a single address being the smallest one; ``None`` for ``SOCKET``."""
    return None if text == SOCKET else ipaddress.ip_network(text)


def _within(client: str | None, clients: Sequence[str]) -> str | None:
    """The first of ``clients`` that holds the address ``client``."""
    if client is None or client == SOCKET:
        return SOCKET if client in clients else None
    address = ipaddress.ip_address(client)
    for text in clients:
        network = _network(text)
        if network is not None and address in network:
            return text
    return None


def _searched(statement: str | None, query: str) -> str | None:
    return query if re.search(query, statement or "", re.IGNORECASE) else None
