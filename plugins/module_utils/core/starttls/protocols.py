# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The protocols with STARTTLS, by the names that the option ``starttls`` has for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable

from .binary import ldap, mysql, postgres
from .text import ftp, imap, pop3, smtp

if TYPE_CHECKING:
    from .exchange import Dialogue


@dataclass(frozen=True)
class Protocol:
    """The ``port`` that a protocol has by default, and the dialogue that leads to TLS in it."""

    port: int
    dialogue: Callable[[], Dialogue]


PROTOCOLS = {
    "ftp": Protocol(21, ftp),
    "imap": Protocol(143, imap),
    "ldap": Protocol(389, ldap),
    "mysql": Protocol(3306, mysql),
    "pop3": Protocol(110, pop3),
    "postgres": Protocol(5432, postgres),
    "smtp": Protocol(25, smtp),
}
