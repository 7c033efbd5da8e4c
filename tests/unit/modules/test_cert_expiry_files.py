# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module cert_expiry on what lies on disk, and on what should be served from there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.runbook.ops.plugins.modules import cert_expiry
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from tests.samples.certificates import issue, signed_with
from tests.samples.lineages import keep
from tests.servers import tls_servers as servers

RunModule = Callable[..., dict[str, Any]]
ROOT = issue(authority=True, title="root")
OLD = issue("api.example", by=ROOT, begin=-80, end=10)
NEW = issue("api.example", by=ROOT, end=89)


def findings(seen: dict[str, Any]) -> set[tuple[str, str]]:
    """The checks that are not ok: id and word."""
    return {(one["id"], one["value"]) for one in seen["checks"] if one["status"] != "ok"}


@pytest.mark.parametrize(
    ("kept", "word", "status"),
    [(OLD.pem, "fresh", "ok"), (NEW.pem, "stale", "critical"), (b"", "disk_unreadable", "unknown")],
    ids=["the same", "renewed and not reloaded", "empty"],
)
def test_what_is_served_is_compared_with_its_file(
    run_module: RunModule, tmp_path: Path, kept: bytes, word: str, status: str
) -> None:
    (tmp_path / "ca.pem").write_bytes(ROOT.pem)
    (tmp_path / "c.pem").write_bytes(kept)
    with servers.serving(servers.tls(servers.context_for(OLD))) as port:
        place = {"host": servers.HOST, "port": port, "server_name": "api.example"}
        seen = run_module(
            cert_expiry,
            endpoints=[{**place, "file": str(tmp_path / "c.pem"), "reload": "nginx"}],
            ca_file=str(tmp_path / "ca.pem"),
        )
    (check,) = [one for one in seen["checks"] if one["id"] == "tls.served"]
    assert (check["value"], check["status"]) == (word, status)
    assert check["summary"].endswith(": reload nginx.") is (word == "stale")


def test_what_is_served_is_compared_with_its_lineage(run_module: RunModule, tmp_path: Path) -> None:
    live = keep(tmp_path)
    names = ("one.example", "other.example")
    with servers.serving(servers.tls(servers.context_for(issue(*names, begin=-80)))) as port:
        place = {"host": servers.HOST, "port": port}
        seen = run_module(
            cert_expiry,
            endpoints=[{**place, "server_name": name, "reload": "nginx"} for name in names],
            certbot=[str(tmp_path)],
        )
    (check,) = [one for one in seen["checks"] if one["id"] == "tls.served"]
    assert (check["value"], check["status"]) == ("stale", "critical")
    assert check["subject"].endswith(" (one.example)")
    assert f" and {live} holds one that ends at " in check["summary"]


def test_a_whole_directory_of_certbot_is_quiet(run_module: RunModule, tmp_path: Path) -> None:
    keep(tmp_path)
    seen = run_module(cert_expiry, certbot=[str(tmp_path)])
    assert [(one["id"], one["value"]) for one in seen["checks"][1:]] == [
        ("tls.strength", "strong"),
        ("tls.chain_order", "ordered"),
        ("tls.key", "matching"),
        ("tls.key_access", "private" if os.geteuid() == 0 else "wrong_owner"),
        ("tls.lineage", "complete"),
        ("tls.renewal", "not_due"),
    ]
    assert seen["status"] == ("ok" if os.geteuid() == 0 else "warning")


def test_a_lineage_that_nobody_renews_is_found(run_module: RunModule, tmp_path: Path) -> None:
    live = keep(tmp_path)
    (tmp_path / "renewal" / "one.example.conf").unlink()
    old = issue("one.example", by=ROOT, begin=-65, end=25)
    for name, content in (("cert", old.pem), ("fullchain", old.pem), ("privkey", NEW.key_pem)):
        (tmp_path / "archive" / "one.example" / f"{name}1.pem").write_bytes(content)
    (live / "privkey.pem").chmod(0o644)
    assert findings(run_module(cert_expiry, certbot=[str(tmp_path)])) == {
        ("tls.lineage", "no_renewal"),
        ("tls.renewal", "renewal_overdue"),
        ("tls.key", "key_mismatch"),
        ("tls.key_access", "world_accessible"),
    }


def test_a_pair_is_judged_whole(run_module: RunModule, tmp_path: Path) -> None:
    weak = signed_with("sha1", ROOT, "a.example")
    (tmp_path / "c.pem").write_bytes(ROOT.pem + weak.pem)
    (tmp_path / "k.pem").write_bytes(ROOT.key_pem)
    (tmp_path / "k.pem").chmod(0o640)
    pair = {"certificate": str(tmp_path / "c.pem"), "key": str(tmp_path / "k.pem")}
    pair["owner"] = (tmp_path / "k.pem").owner()
    seen = run_module(cert_expiry, pairs=[pair])
    assert findings(seen) == {
        ("tls.chain_order", "leaf_not_first"),
        ("tls.key_access", "group_accessible"),
        ("tls.strength", "weak_signature"),
    }
    assert [one["verdicts"] for one in seen["certificates"]] == [
        ["leaf_not_first", "group_accessible"], ["weak_signature"]
    ]  # fmt: skip


def test_a_key_that_everybody_can_read_in_the_file_of_its_certificate_is_found(
    run_module: RunModule, tmp_path: Path
) -> None:
    (tmp_path / "c.pem").write_bytes(NEW.pem + NEW.key_pem)
    (tmp_path / "c.pem").chmod(0o644)
    seen = run_module(cert_expiry, files=[str(tmp_path / "c.pem")])
    assert findings(seen) == {("tls.key_access", "world_accessible")}
    assert ("tls.key", "matching") in {(one["id"], one["value"]) for one in seen["checks"]}


def test_a_lifetime_that_browsers_refuse_is_a_warning(
    run_module: RunModule, tmp_path: Path
) -> None:
    (tmp_path / "c.pem").write_bytes(issue("a.example", by=ROOT, end=399, public=True).pem)
    seen = run_module(cert_expiry, files=[str(tmp_path / "c.pem")])
    assert findings(seen) == {("tls.lifetime", "too_long")}
    assert seen["status"] == "warning"


def test_what_went_away_is_critical(run_module: RunModule, tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_bytes(NEW.pem)
    seen = run_module(
        cert_expiry,
        files=[str(tmp_path / "*.pem")],
        expected=["api.example", "shop.example"],
        expected_count=2,
    )
    assert findings(seen) == {("tls.expected", "gone"), ("tls.expected", "fewer")}
    assert seen["summary"].endswith(" Expected and not found: shop.example, certificates.")


@pytest.mark.parametrize(
    ("password", "word"),
    [("geheim", None), ("hunter2", "wrong_password"), (None, "wrong_password")],
)
def test_a_password_opens_stores_and_is_never_told(
    run_module: RunModule, tmp_path: Path, password: str | None, word: str | None
) -> None:
    kind = BestAvailableEncryption(b"geheim")
    (tmp_path / "s.p12").write_bytes(
        pkcs12.serialize_key_and_certificates(None, NEW.key, NEW.certificate, None, kind)
    )
    seen = run_module(cert_expiry, files=[str(tmp_path / "s.p12")], pkcs12_password=password)
    assert findings(seen) == ({("tls.file", word)} if word else set())
    assert "hunter2" not in repr({**seen, "invocation": None})


def test_fractions_are_told_apart_from_days(run_module: RunModule, tmp_path: Path) -> None:
    (tmp_path / "c.pem").write_bytes(issue("a.example", by=ROOT, begin=-1, end=5).pem)
    files = [str(tmp_path / "c.pem")]
    assert run_module(cert_expiry, files=files)["status"] == "ok"
    assert run_module(cert_expiry, files=files, fractions={})["status"] == "critical"
    half = {"warning": 0.9, "critical": 0.1}
    assert run_module(cert_expiry, files=files, fractions=half)["status"] == "warning"


def test_a_container_that_nobody_can_ask_for_is_a_finding(
    run_module: RunModule, tmp_path: Path
) -> None:
    seen = run_module(
        cert_expiry,
        docker=[{"container": "web", "path": "/c.pem"}],
        docker_socket=str(tmp_path / "none"),
    )
    assert findings(seen) == {("tls.file", "no_engine")}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"docker": [{"path": "/c"}]},
         "one of the following is required: container, volume found in docker"),
        ({"docker": [{"path": "/c", "container": "a", "volume": "b"}]},
         "parameters are mutually exclusive: container|volume found in docker"),
        ({"files": ["/x"], "fractions": {"warning": 25}},
         ("Cannot use the threshold fractions: 25 is no part of a lifetime."
          " Give numbers above 0 and at most 1.")),
    ],
)  # fmt: skip
def test_places_and_parts_that_make_no_sense_are_refused(
    run_module: RunModule, options: dict[str, Any], message: str
) -> None:
    refused = run_module(cert_expiry, **options)
    assert (refused["failed"], refused["msg"]) == (True, message)
