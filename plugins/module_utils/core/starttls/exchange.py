# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""STARTTLS: the parts of a dialogue, without a socket.

A dialogue is a generator: it yields what to send and how much to read, and gets what was read. It
ends where TLS begins, or raises ``StartTlsError``.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

LONGEST_ANSWER = 65536
"""Bytes that a server may say before TLS, all together: real ones say a few KiB."""

_SHOWN = 40


@dataclass(frozen=True)
class Exchange:
    """``send`` comes first; then ``size`` bytes are read, or a line where it is ``None``."""

    send: bytes = b""
    size: int | None = None


Dialogue = Generator[Exchange, bytes, None]


class StartTlsError(Exception):
    """TLS does not begin: ``verdict`` is the word, ``cause`` completes ``<subject> ...``."""

    def __init__(self, verdict: str, cause: str) -> None:
        super().__init__(cause)
        self.verdict = verdict
        self.cause = cause


def wrong_protocol(protocol: str, answer: bytes) -> StartTlsError:
    """The error of a server whose ``answer`` is none of ``protocol``."""
    return StartTlsError("wrong_protocol", f"does not speak {protocol}: it says {shown(answer)}")


def talks_too_much(protocol: str) -> StartTlsError:
    """The error of a server that says more than ``LONGEST_ANSWER`` bytes."""
    cause = f"does not speak {protocol}: it does not end after {LONGEST_ANSWER} bytes"
    return StartTlsError("wrong_protocol", cause)


def talks_too_early(protocol: str) -> StartTlsError:
    """The error of a server that goes on in plain text after it agreed to TLS.

    Whoever reads on would mix what anybody on the way can add with what TLS protects.
    """
    cause = f"does not keep to {protocol}: it goes on in plain text after it agreed to TLS"
    return StartTlsError("wrong_protocol", cause)


def refused(protocol: str, cause: str) -> StartTlsError:
    """The error of a server that speaks ``protocol``, but not TLS in it."""
    return StartTlsError("starttls_refused", f"refuses TLS in {protocol}: {cause}")


def shown(answer: bytes) -> str:
    """The begin of ``answer`` in printable characters."""
    return ascii(answer[:_SHOWN].decode("ascii", "replace").strip())
