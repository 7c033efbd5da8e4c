# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a verification leaves behind: ledger, metrics, ping; and older backups with a budget."""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.backups import survey
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.self_test import WHOLE
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Status
from ansible_collections.runbook.ops.plugins.modules import backup_verify

from tests.conftest import RunModule
from tests.samples.dumps import ORDINARY, write_gzip

SECRET = "5f1c-very-secret"


@dataclass
class Switch:
    """A dead-man's switch on the loopback address, and the paths that it was asked for."""

    url: str
    status: int = 200
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def switch() -> Iterator[Switch]:
    """Give a switch that listens."""
    served = Switch("")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.append(self.path)
            self.send_response(served.status)
            self.end_headers()

        def log_message(self, *dummy: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_address[1]}/{SECRET}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield served
    server.shutdown()
    server.server_close()


@dataclass(frozen=True)
class Place:
    """A directory of backups, and a place for journal and metrics."""

    backups: Path
    journal: Path
    run: RunModule

    def verify(self, **options: Any) -> dict[str, Any]:
        """The result of the module."""
        given = {"directory": str(self.backups), "pattern": "*.gz", "history": {"count": 0}}
        journal = {"journal_path": str(self.journal), "operator": "amal"}
        return self.run(backup_verify, **{**given, **journal, **options})

    def entries(self) -> list[dict[str, Any]]:
        """What the journal holds."""
        return [json.loads(line) for line in self.journal.read_text("utf-8").splitlines()]


@pytest.fixture
def place(tmp_path: Path, run_module: RunModule) -> Place:
    """Give a directory with one good backup."""
    (tmp_path / "b").mkdir()
    write_gzip(tmp_path / "b" / "shop_1.sql.gz", ORDINARY)
    return Place(tmp_path / "b", tmp_path / "journal.jsonl", run_module)


def check(result: dict[str, Any], name: str) -> dict[str, Any]:
    """One check of a result."""
    (found,) = [one for one in result["checks"] if one["id"] == f"backup.{name}"]
    return dict(found)


def test_record_tells_the_ledger_what_was_found(place: Place) -> None:
    assert place.verify()["entries"] == []
    assert not place.journal.exists()
    result = place.verify(record=True)
    (entry,) = place.entries()
    path = place.backups / "shop_1.sql.gz"
    assert (entry["action"], entry["subject"]) == ("backup_verify", str(path))
    assert (entry["outcome"], entry["operator"]) == ("done", "amal")
    assert entry["details"] == {
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "bytes": path.stat().st_size,
        "level": "content",
        "status": "ok",
    }
    assert (result["changed"], result["entries"]) == (False, [entry])


def test_record_of_a_damaged_backup_and_of_none(place: Place) -> None:
    path = place.backups / "shop_1.sql.gz"
    path.write_bytes(path.read_bytes()[:-1])
    place.verify(record=True)
    details = place.entries()[-1]["details"]
    assert (details["level"], details["status"]) == ("size", "critical")
    old = time.time() - 90 * 86400
    write_gzip(path, ORDINARY)
    os.utime(path, (old, old))
    assert place.verify(record=True)["status"] == "critical"
    assert place.entries()[-1]["details"]["status"] == "ok"
    path.unlink()
    place.verify(record=True)
    assert len(place.entries()) == 2


def test_metrics_are_written_whole_and_readable_for_others(place: Place) -> None:
    file = place.backups.parent / "backup.prom"
    rehearsed = place.verify(textfile=str(file), record=True, check_mode=True)
    assert (rehearsed["changed"], file.exists(), place.journal.exists()) == (True, False, False)
    result = place.verify(textfile=str(file))
    text = file.read_text("utf-8")
    size = (place.backups / "shop_1.sql.gz").stat().st_size
    assert (result["changed"], result["diff"]["after"]) == (True, text)
    assert file.stat().st_mode & 0o777 == 0o644
    subject = f'set="{place.backups}/*.gz"'
    assert f"runbook_ops_backup_size_bytes{{{subject}}} {size}\n" in text
    assert f'runbook_ops_backup_check_status{{{subject},check="backup.stream"}} 0\n' in text
    assert text.count("# TYPE ") == 4
    assert [path.name for path in place.backups.parent.glob("backup*")] == ["backup.prom"]
    (place.backups / "shop_1.sql.gz").unlink()
    place.verify(textfile=str(file))
    assert "size_bytes" not in file.read_text("utf-8")


def test_metrics_that_cannot_be_written_are_a_sentence(place: Place) -> None:
    absent = place.verify(textfile="/nonexistent/a.prom")
    assert absent["code"] == "textfile_unwritable"
    assert absent["msg"] == (
        "Cannot write /nonexistent/a.prom: No such file or directory. Make the directory of the"
        " textfile collector and let this user write there."
    )
    assert place.entries()[-1]["outcome"] == "failed"
    folder = place.verify(textfile=str(place.backups))
    assert folder["code"] == "textfile_unreadable"


def test_switch_is_told_good_and_bad(place: Place, switch: Switch) -> None:
    result = place.verify(ping_url=switch.url)
    (place.backups / "shop_1.sql.gz").write_bytes(b"")
    place.verify(ping_url=switch.url)
    place.verify(ping_url=switch.url, ping_fail_url=f"{switch.url}/other")
    paths = [f"/{SECRET}{end}" for end in ("", "/fail", "/other")]
    assert switch.asked == paths
    assert result["changed"] is False
    told = [entry["details"] for entry in place.entries() if entry["outcome"] == "started"]
    assert told == [{"told": "success"}, {"told": "fail"}, {"told": "fail"}]
    assert SECRET not in place.journal.read_text("utf-8")


def test_switch_that_is_not_reached_is_a_warning(place: Place, switch: Switch) -> None:
    switch.status = 503
    refused = place.verify(ping_url=switch.url)
    assert refused["status"] == "ok"
    told = "Cannot prove dead_man_ping of 127.0.0.1: it answers 503. Look at the subject before"
    assert told in json.dumps(refused["warnings"])
    closed = place.verify(ping_url="http://127.0.0.1:9/secret")
    assert "connection refused" in json.dumps(closed["warnings"])
    assert SECRET not in json.dumps([refused, closed])
    assert place.entries()[-1]["outcome"] == "not_proven"
    wrong = place.verify(ping_url="ftp://x")
    assert wrong["code"] == "bad_url"
    journal = place.verify(ping_url=switch.url, journal_path="/dev/null/j.jsonl")
    assert journal["code"] == "journal_unwritable"


def test_older_backups_are_verified_by_need(place: Place) -> None:
    for number in range(2, 6):
        path = write_gzip(place.backups / f"shop_{number}.sql.gz", ORDINARY)
        then = time.time() - 3600 * number
        os.utime(path, (then, then))
    (place.backups / "shop_4.sql.gz").write_bytes(b"")
    os.utime(place.backups / "shop_4.sql.gz", (1, 1))
    nothing = place.verify(budget={"seconds": 0}, record=True)
    assert nothing["verified"] == []
    assert check(nothing, "verified")["summary"].startswith("4 of 5 were never found good")
    first = place.verify(budget={"seconds": 60}, record=True)
    names = [Path(one["path"]).name for one in first["verified"]]
    assert names == [f"shop_{number}.sql.gz" for number in (2, 3, 5, 4)]
    assert [one["status"] for one in first["verified"]] == ["ok", "ok", "ok", "critical"]
    assert check(first, "verified")["status"] == "warning"
    (place.backups / "shop_4.sql.gz").unlink()
    second = place.verify(budget={"seconds": 60}, sidecar="never")
    assert second["verified"] == []
    assert check(second, "verified")["summary"] == "All 4 were found good, the longest ago 0 h ago."
    again = place.verify(budget={"seconds": 60, "reverify_after": 0})
    assert len(again["verified"]) == 3


def test_self_test_sees_every_damage(place: Place) -> None:
    result = place.verify(self_test=True)
    assert check(result, "self_test")["summary"] == (
        "All 9 damages that were made on purpose are seen."
    )
    (place.backups / "shop_1.sql.gz").write_bytes(b"")
    assert check(place.verify(self_test=True), "self_test")["summary"].startswith("All 8 damages")


def test_a_blind_verification_records_nothing_good(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = write_gzip(place.backups / "shop_2.sql.gz", ORDINARY)
    os.utime(older, (1, 1))
    blind = {WHOLE: Status.OK, "a cut": Status.OK}
    monkeypatch.setattr(survey, "see_damages", lambda *dummy: blind)
    options = {"budget": {"seconds": 60}, "record": True}
    result = place.verify(self_test=True, **options)
    assert check(result, "self_test")["status"] == "critical"
    assert [one["details"]["status"] for one in result["entries"]] == ["unknown", "unknown"]
    assert check(result, "verified")["summary"].startswith("2 of 2 were never found good")
    trusted = place.verify(**options)
    assert [one["details"]["status"] for one in trusted["entries"]] == ["ok", "ok"]
