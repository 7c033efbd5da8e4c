# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role ``pgbackrest`` in a real run of ``ansible-playbook`` against a real server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers.pgbackrest import Archived, archived_postgres

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def archived() -> Iterator[Archived]:
    """Give a server that archives already, so that it need not be restarted."""
    with archived_postgres() as made:
        yield made


def play(archived: Archived, place: Path, **variables: Any) -> dict[str, Any]:
    """Run the role on this machine; what it leaves is its checks and entries."""
    folder, server = archived.folder, archived.server
    (folder / "conf.d").mkdir(exist_ok=True)
    given = {
        "pgbackrest_install": False,
        "pgbackrest_stanza": "shop",
        "pgbackrest_config": str(folder / "pgbackrest.conf"),
        "pgbackrest_user": archived.user,
        "pgbackrest_data_directory": str(server.directory / "data"),
        "pgbackrest_port": server.port,
        "pgbackrest_socket_directory": str(server.directory),
        "pgbackrest_repository": str(folder / "repo"),
        "pgbackrest_global": {"log-path": f"{folder}/log", "lock-path": f"{folder}/lock"},
        "pgbackrest_settings_directory": str(folder / "conf.d"),
        "pgbackrest_cron_file": str(folder / "cron"),
        "pgbackrest_operator": "amal",
        **variables,
    }  # fmt: skip
    seen = {"checks": "{{ pgbackrest_checks }}", "entries": "{{ pgbackrest_entries }}"}
    document = {
        "name": "Keep backups",
        "hosts": "localhost",
        "gather_facts": False,
        "module_defaults": {
            f"runbook.ops.{name}": {"journal_path": str(place / "journal.jsonl")}
            for name in ("pgbackrest", "backup_verify")
        },
        "vars": {**given, "ansible_python_interpreter": sys.executable},
        "tasks": [
            {"name": "Role", "ansible.builtin.import_role": {"name": "runbook.ops.pgbackrest"}},
            {
                "name": "Tell",
                "ansible.builtin.copy": {"content": seen, "dest": str(place / "seen.json")},
            },
        ],
    }
    (place / "play.yml").write_text(json.dumps([document]), encoding="utf-8")
    ended = subprocess.run(
        [str(Path(sys.executable).with_name("ansible-playbook")), str(place / "play.yml")],
        capture_output=True, text=True, timeout=300, check=False,
        env={
            **os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible" / "collections"),
            "ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_NOCOWS": "1",
        },
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    told: dict[str, Any] = json.loads((place / "seen.json").read_text(encoding="utf-8"))
    return told


def statuses(told: dict[str, Any]) -> dict[str, str]:
    """The status of each check."""
    return {check["id"]: check["status"] for check in told["checks"]}


def test_set_up_back_up_verify_and_restore(archived: Archived, tmp_path: Path) -> None:
    told = play(archived, tmp_path, pgbackrest_task="setup")
    assert [(entry["action"], entry["outcome"]) for entry in told["entries"]] == [
        ("pgbackrest_stanza", "started"),
        ("pgbackrest_stanza", "done"),
        ("pgbackrest_check", "started"),
        ("pgbackrest_check", "done"),
    ]
    settings = (archived.folder / "conf.d" / "runbook-ops-archive.conf").read_text("utf-8")
    assert "archive-push" in settings
    schedule = (archived.folder / "cron").read_text("utf-8").splitlines()[2:]
    assert [line.split()[-2] for line in schedule] == ["--type=diff", "--type=full"]
    made = play(archived, tmp_path, pgbackrest_task="backup")
    assert made["entries"][-1]["details"]["kind"] == "full"
    seen = play(archived, tmp_path, pgbackrest_task="verify")
    assert statuses(seen)["backup.integrity"] == "ok"
    archived.server.execute("SELECT pg_create_restore_point('before the release')")
    archived.server.execute("CREATE TABLE x (a int)")
    play(archived, tmp_path, pgbackrest_task="setup")
    place = archived.folder / "beside"
    restored = play(
        archived, tmp_path, pgbackrest_task="restore", pgbackrest_restore_directory=str(place),
        pgbackrest_restore_target_type="name", pgbackrest_restore_target="before the release",
    )  # fmt: skip
    assert restored["entries"][-1]["outcome"] == "done"
    assert "before the release" in restored["entries"][-1]["details"]["recovered"]


def test_what_fails_is_a_check(archived: Archived, tmp_path: Path) -> None:
    told = play(archived, tmp_path, pgbackrest_task="backup", pgbackrest_stanza="other")
    (check,) = told["checks"]
    assert check["status"] in ("unknown", "critical")
    assert "Cannot" in check["summary"]
