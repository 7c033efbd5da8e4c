# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The deploy hook of the role ``tls``, laid by Ansible and run as certbot runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
TEMPLATE = ROOT / "roles/tls/templates/deploy-hook.sh.j2"
LINEAGE = "a.example"


def lay(directory: Path, **renewal: Any) -> Path:
    """The hook for a platform whose certificates are renewed like this."""
    hook = directory / "hook"
    subprocess.run(
        [
            sys.executable, "-m", "ansible", "adhoc", "localhost", "--connection", "local",
            "--module-name", "ansible.builtin.template",
            "--args", f"src={TEMPLATE} dest={hook} mode=0755",
            "--extra-vars", json.dumps({"tls_certificates": {"renewal": renewal}}),
        ],
        check=True, capture_output=True, timeout=60,
        env={**os.environ, "ANSIBLE_HOME": str(directory), "ANSIBLE_LOCALHOST_WARNING": "false"},
    )  # fmt: skip
    return hook


def run(hook: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    live = str(hook.parent / "live" / LINEAGE)
    return subprocess.run(
        [hook], capture_output=True, text=True, check=False, timeout=30,
        env={**os.environ, "RENEWED_LINEAGE": live, **environment},
    )  # fmt: skip


@pytest.fixture(name="place")
def place_fixture(tmp_path: Path) -> Path:
    """Give a new lineage, and a copy of the old certificate without its key."""
    live = tmp_path / "live" / LINEAGE
    live.mkdir(parents=True)
    (live / "fullchain.pem").write_text("new certificate", "utf-8")
    (live / "privkey.pem").write_text("new key", "utf-8")
    (tmp_path / "copies").mkdir()
    (tmp_path / "copies/a.crt").write_text("old certificate", "utf-8")
    return tmp_path


def copies(place: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in (place / "copies").iterdir()}


def renewal(place: Path, test: str, **install: str) -> dict[str, Any]:
    paths = {"certificate": f"{place}/copies/a.crt", "key": f"{place}/copies/a.key"}
    return {
        "install": [
            {"lineage": LINEAGE, **paths, **install},
            {"lineage": "b.example", "certificate": "/none/b.crt", "key": "/none/b.key"},
        ],
        "reload": {"test": [test], "command": ["touch", f"{place}/reloaded it"]},
    }


def test_copies_are_placed_and_the_server_is_reloaded(place: Path) -> None:
    done = run(lay(place, **renewal(place, "true", mode="0640")))
    assert (done.returncode, done.stderr) == (0, "")
    assert copies(place) == {"a.crt": "new certificate", "a.key": "new key"}
    assert (place / "copies/a.key").stat().st_mode & 0o777 == 0o640
    assert (place / "reloaded it").exists()


def test_a_test_that_fails_puts_everything_back(place: Path) -> None:
    done = run(lay(place, **renewal(place, "false")))
    assert done.returncode == 1
    assert done.stderr == (
        "Cannot deploy a.example: the test of the server failed, see above. The old certificate"
        " stays served: mend the configuration, and run runbook.ops.tls.\n"
    )
    assert copies(place) == {"a.crt": "old certificate"}
    assert not (place / "reloaded it").exists()


def test_while_the_module_deploys_the_hook_does_nothing(place: Path) -> None:
    hook = lay(place, **renewal(place, "true"))
    assert run(hook, RUNBOOK_OPS_CERT_RENEW="1").returncode == 0
    assert copies(place) == {"a.crt": "old certificate"}


def test_a_server_that_reads_the_lineage_itself_is_only_reloaded(place: Path) -> None:
    command = {"test": ["true"], "command": ["touch", f"{place}/reloaded it"]}
    assert run(lay(place, reload=command)).returncode == 0
    assert (place / "reloaded it").exists()


def test_a_server_in_a_container_is_told_there(place: Path) -> None:
    hook = lay(place, reload={"container": "web"})
    text = hook.read_text("utf-8")
    assert "if ! docker exec web nginx -t; then" in text
    assert "\ndocker exec web nginx -s reload\n" in text
