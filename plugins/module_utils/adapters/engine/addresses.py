# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a container is reached, asked of the Docker Engine.

The Docker SDK for Python takes longer to import than the whole of a module may take here, and
one GET is all that is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...core.errors import OpsError, UnreachableError, cannot
from .json import read_inspected

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_address(container: str, *, seconds: float, socket_path: str) -> str:
    """The address of a running container, as the host reaches it.

    Raises ``UnreachableError`` ``container_not_running``; ``OpsError`` ``no_address``; and what
    ``read_inspected`` raises.
    """
    inspected = read_inspected(container, seconds=seconds, socket_path=socket_path)
    state = inspected["State"]["Status"]
    if state != "running":
        raise UnreachableError(
            cannot(
                f"reach container {container}", f"it is {state}", f"Start container {container}"
            ),
            code="container_not_running",
            details={"container": container, "state": state},
        )
    address = _address(inspected)
    if not address:
        raise OpsError(
            cannot(
                f"reach container {container}",
                "it has no address on any network",
                "Connect it to a network that the host can reach",
            ),
            code="no_address",
            details={"container": container},
        )
    return address


def _address(inspected: Mapping[str, Any]) -> str:
    """The first address by the name of the network, so that it is the same at every run."""
    if inspected["HostConfig"]["NetworkMode"] == "host":
        return "127.0.0.1"
    networks = inspected["NetworkSettings"]["Networks"] or {}
    found = (
        network.get("IPAddress") or network.get("GlobalIPv6Address")
        for dummy, network in sorted(networks.items())
    )
    return next(filter(None, found), "")
