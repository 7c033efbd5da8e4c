# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter that judges whether the connection pools of all containers fit into the server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ..module_utils.core.errors import OpsError
from ..module_utils.core.scaling.room import judge_room, read_pools, read_room


def pool_room(
    activity: Mapping[str, Any],
    scaling: Sequence[Mapping[str, Any]],
    seen: Sequence[Mapping[str, Any]],
    *,
    service: str,
    replicas: int,
    reserved: int = 0,
) -> list[dict[str, Any]]:
    """The check ``scale.connections`` for ``replicas`` containers of ``service``."""
    pools = read_pools(scaling, seen, {service: int(replicas)})
    room = read_room(activity, seen, int(reserved))
    try:
        return [judge_room(pools, room, service, datetime.now(timezone.utc)).as_dict()]
    except OpsError as error:
        raise AnsibleFilterError(error.message) from error


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {"pool_room": pool_room}
