# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lineages of certbot, whole and broken, in directories as certbot lays them out."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.certificates.lineages import (
    read_lineages,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.judgement import (
    Fault,
    Observation,
)

from tests.conftest import as_nobody
from tests.samples.lineages import keep


def look(directory: Path) -> Observation:
    (found,) = read_lineages([str(directory)])
    return found


def test_a_whole_lineage_is_read(tmp_path: Path) -> None:
    live = keep(tmp_path, settings="# renew_before_expiry = 30 days\n")
    (tmp_path / "live" / "README").write_text("read me", encoding="utf-8")
    found = look(tmp_path)
    assert found.subject == str(live)
    assert found.certificate is not None
    assert found.key is not None
    assert found.lineage is not None
    assert found.key.sha256 == found.certificate.key_sha256
    assert found.key.mode == 0o600
    assert [one.subject for one in found.bundle] == ["CN=one", "CN=middle"]
    assert (found.lineage.missing, found.lineage.dangling) == ((), ())
    assert (found.lineage.stopped, found.lineage.renews_before) == ("", None)


def test_the_settings_say_when_it_is_renewed(tmp_path: Path) -> None:
    keep(tmp_path, settings="renew_before_expiry = 2 weeks\n")
    found = look(tmp_path)
    assert found.lineage is not None
    assert found.lineage.renews_before == 14


def test_links_that_lead_nowhere_are_told_from_files_that_are_not_there(tmp_path: Path) -> None:
    live = keep(tmp_path)
    (tmp_path / "archive" / "one.example" / "privkey1.pem").unlink()
    (live / "chain.pem").unlink()
    found = look(tmp_path)
    assert found.lineage is not None
    assert (found.lineage.dangling, found.lineage.missing) == (("privkey.pem",), ("chain.pem",))
    assert found.key is None
    assert found.certificate is not None


@pytest.mark.parametrize(
    ("settings", "stopped", "held"),
    [
        (None, "/renewal/one.example.conf does not exist", False),
        ("", "its renewal configuration names no fullchain and no privkey", False),
        ("fullchain = a\nprivkey = b\n[renewalparams]\nautorenew = False\n",
         "/renewal/one.example.conf has autorenew = False", True),
    ],
)  # fmt: skip
def test_a_lineage_that_is_not_renewed_says_why(
    settings: str | None, stopped: str, held: bool, tmp_path: Path
) -> None:
    keep(tmp_path)
    path = tmp_path / "renewal" / "one.example.conf"
    path.unlink()
    if settings is not None:
        path.write_text(settings, encoding="utf-8")
    found = look(tmp_path)
    assert found.lineage is not None
    assert found.lineage.stopped.replace(str(tmp_path), "") == stopped
    assert found.lineage.held is held


def test_settings_without_files_are_a_lineage_too(tmp_path: Path) -> None:
    keep(tmp_path)
    (tmp_path / "renewal" / "two.example.conf").write_text("", encoding="utf-8")
    dummy, found = read_lineages([str(tmp_path), str(tmp_path)])
    assert found.subject == str(tmp_path / "live" / "two.example")
    assert (found.certificate, found.fault, found.bundle) == (None, None, ())
    assert found.lineage is not None
    assert len(found.lineage.missing) == 4


def test_a_damaged_certificate_is_a_finding_of_its_lineage(tmp_path: Path) -> None:
    keep(tmp_path)
    (tmp_path / "archive" / "one.example" / "cert1.pem").write_bytes(b"")
    found = look(tmp_path)
    assert (found.fault, found.certificate) == (Fault("tls.file", "empty", "is empty"), None)


def test_an_archive_that_we_may_not_search_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Certbot lets everybody list ``live/`` on some hosts, and nobody search ``archive/``."""
    keep(tmp_path)
    (tmp_path / "archive").chmod(0)
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)  # whose parents are closed to nobody
    with as_nobody():
        found = look(Path())
    cause = "has files that we may not look at: Permission denied"
    assert (found.fault, found.lineage) == (Fault("tls.file", "unreadable", cause), None)


def test_a_directory_that_certbot_does_not_know_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "live").mkdir()
    assert look(tmp_path).fault == Fault("tls.file", "no_match", "holds no lineage of certbot")
    assert look(tmp_path / "gone").fault == Fault(
        "tls.file",
        "unreadable",
        "cannot be searched for lineages of certbot: No such file or directory",
    )
