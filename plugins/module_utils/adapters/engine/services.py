# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which containers a Compose project has, or one service of it, asked of the Docker Engine.

Compose numbers the containers of a service, and which numbers are left after it was scaled is its
own matter: 2.26 may keep ``backend-3``. So a service is looked for by its label.
"""

from __future__ import annotations

import json
from urllib.parse import quote

from ...core.compose.containers import PROJECT_LABEL, SERVICE_LABEL, is_one_off
from ...core.errors import OpsError, cannot
from .json import ask_json


def listing(project: str, service: str | None = None) -> str:
    """The question for the containers, running or not, of a project or of one service of it."""
    labels = [f"{PROJECT_LABEL}={project}"]
    if service is not None:
        labels.append(f"{SERVICE_LABEL}={service}")
    return f"/containers/json?all=1&filters={quote(json.dumps({'label': labels}), safe='')}"


def find_containers(project: str, service: str, *, seconds: float, socket_path: str) -> list[str]:
    """The names of a service's containers, at least one, without those of ``compose run``.

    Raises ``OpsError`` ``no_such_service``, ``engine_failed``, and what ``ask_json`` raises.
    """
    listed = ask_json(listing(project, service), seconds=seconds, socket_path=socket_path)
    try:
        found = [one["Names"][0].lstrip("/") for one in listed if not is_one_off(one["Labels"])]
    except (AttributeError, LookupError, TypeError) as error:
        cause = "it describes the containers in another way"
        raise OpsError(
            cannot("read what the Docker Engine says", cause, "Look at its version"),
            code="engine_failed",
            details={"cause": cause},
        ) from error
    if not found:
        cause = f"the project {project} has no container of it"
        raise OpsError(
            cannot(
                f"find service {service}",
                cause,
                "Start it, or correct its name; docker compose ls lists the projects",
            ),
            code="no_such_service",
            details={"cause": cause},
        )
    return sorted(found)
