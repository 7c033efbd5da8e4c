# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Compose service that an option names, and the project it is of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import OpsError, cannot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def project_of(project: str | None, items: Iterable[Mapping[str, Any]]) -> str:
    """The project, which may be missing where none of ``items`` names a ``service``.

    Raises ``OpsError`` ``bad_option``.
    """
    named = [item["service"] for item in items if item["service"]]
    if named and not project:
        raise OpsError(
            cannot(f"find service {named[0]}", "project is missing", "Give the Compose project"),
            code="bad_option",
        )
    return project or ""
