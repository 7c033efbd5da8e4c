# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service is one of a project."""

from __future__ import annotations

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.compose.service import project_of
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError


@pytest.mark.parametrize(
    ("project", "service", "found"),
    [("shop", "api", "shop"), ("shop", None, "shop"), (None, None, ""), (None, "", "")],
)
def test_project_is_found(project: str | None, service: str | None, found: str) -> None:
    assert project_of(project, [{"service": None}, {"service": service}]) == found


@pytest.mark.parametrize("project", [None, ""])
def test_service_without_a_project_is_refused(project: str | None) -> None:
    with pytest.raises(OpsError, match="Cannot find service api: project is missing") as caught:
        project_of(project, [{"service": "api"}])
    assert caught.value.code == "bad_option"
