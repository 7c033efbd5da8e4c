# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Volumes and the containers that write to them."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.request import (
    Packing,
    Request,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.volume_request import (
    Volume,
    choose_writers,
    read_volume_answer,
    tar_arguments,
    volume_backup,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError

UPLOADS = {"Name": "uploads", "Driver": "local", "Mountpoint": "/v/uploads/_data"}


def container(name: str, state: str = "running", **mount: Any) -> dict[str, Any]:
    mounted = {"Type": "volume", "Name": "uploads", "RW": True, **mount}
    return {"Names": [f"/{name}"], "State": state, "Mounts": [mounted]}


def test_writers_run_and_may_write() -> None:
    containers = [
        container("web"),
        container("app"),
        container("reader", RW=False),
        container("ended", "exited"),
        container("other", Name="logs"),
        container("bound", Type="bind"),
        {"Names": ["/bare"], "State": "running", "Mounts": None},
    ]
    assert choose_writers(containers, "uploads") == ("app", "web")


def test_local_volume_is_read() -> None:
    volume = read_volume_answer(UPLOADS)
    assert volume == Volume("uploads", "local", "/v/uploads/_data")
    assert tar_arguments(volume)[-2:] == ["--directory=/v/uploads/_data", "."]


def test_volume_elsewhere_is_refused() -> None:
    with pytest.raises(OpsError) as caught:
        read_volume_answer({**UPLOADS, "Driver": "nfs"})
    assert caught.value.code == "foreign_volume"


@pytest.mark.parametrize(("prefix", "series"), [("", "uploads"), ("daily", "daily")])
def test_backup_is_named_after_the_volume(prefix: str, series: str) -> None:
    request = Request("/b", prefix, Packing("gzip", 6, None), 60, 0, "", None)
    now = datetime(2026, 1, 31, 4, 0, tzinfo=timezone.utc)
    volume = read_volume_answer(UPLOADS)
    backup = volume_backup(request, volume, stands_still=("web",), now=now)
    assert backup.path == f"/b/{series}_20260131_040000.tar.gz"
    assert (backup.subject, backup.source) == ("volume uploads", "uploads")
