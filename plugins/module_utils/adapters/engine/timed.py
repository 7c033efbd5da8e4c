# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection to the Docker Engine on which all waits together keep one deadline."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from .api import UnixConnection

if TYPE_CHECKING:
    from ..deadline import Deadline


class TimedConnection(UnixConnection):
    """Each wait takes at most what is left of ``deadline``, however little comes at a time."""

    def __init__(self, path: str, deadline: Deadline) -> None:
        super().__init__(path, deadline.seconds)
        self._deadline = deadline

    def connect(self) -> None:
        """Connect to the socket."""
        self.sock = _TimedSocket(self._deadline)
        self.sock.settimeout(self._deadline.left())
        self.sock.connect(self.path)


class _TimedSocket(socket.socket):
    def __init__(self, deadline: Deadline) -> None:
        super().__init__(socket.AF_UNIX, socket.SOCK_STREAM)
        self._deadline = deadline

    def recv_into(self, *given: Any) -> int:
        """Receive as every socket does; ``http.client`` reads by no other way."""
        self.settimeout(self._deadline.left())
        return super().recv_into(*given)
