# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module cert_expiry as a whole: options in, JSON out."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.runbook.ops.plugins.modules import cert_expiry

from tests.samples.certificates import Issued, issue
from tests.servers import tls_servers as servers

RunModule = Callable[..., dict[str, Any]]
ROOT = issue(authority=True, title="root")


@pytest.fixture(name="anchors")
def anchors_fixture(tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    path.write_bytes(ROOT.pem)
    return str(path)


def look(run_module: RunModule, issued: Issued, anchors: str, **more: Any) -> dict[str, Any]:
    with servers.serving(servers.tls(servers.context_for(issued))) as port:
        endpoint = {"host": servers.HOST, "port": port, "server_name": "api.example"}
        seen = run_module(cert_expiry, endpoints=[endpoint], ca_file=anchors, **more)
    seen["checks"] = [(one["id"], one["status"]) for one in seen.get("checks", [])]
    return seen


def test_a_healthy_endpoint_is_ok(run_module: RunModule, anchors: str) -> None:
    seen = look(run_module, issue("api.example", by=ROOT), anchors)
    assert (seen["status"], seen["changed"]) == ("ok", False)
    assert seen["checks"] == [
        ("tls.reachable", "ok"),
        ("tls.expiry", "ok"),
        ("tls.strength", "ok"),
        ("tls.chain_expiry", "ok"),
        ("tls.hostname", "ok"),
        ("tls.trust", "ok"),
    ]
    assert [one["verdicts"] for one in seen["certificates"]] == [["valid"]]
    assert 89 < seen["certificates"][0]["days_left"] <= 90


def test_what_is_wrong_in_three_ways_gets_three_findings(
    run_module: RunModule, anchors: str
) -> None:
    seen = look(run_module, issue("other.example", begin=-9, end=-2), anchors)
    assert "failed" not in seen
    assert seen["checks"] == [
        ("tls.reachable", "ok"),
        ("tls.expiry", "critical"),
        ("tls.strength", "ok"),
        ("tls.hostname", "critical"),
        ("tls.trust", "critical"),
    ]
    assert seen["certificates"][0]["verdicts"] == ["expired", "hostname_mismatch", "self_signed"]


def test_the_thresholds_decide_what_is_soon(run_module: RunModule, anchors: str) -> None:
    soon = issue("api.example", by=ROOT, begin=-70, end=20)
    assert look(run_module, soon, anchors)["status"] == "warning"
    limits = {"warning": 10, "critical": 5}
    assert look(run_module, soon, anchors, thresholds=limits)["status"] == "ok"


def test_fail_on_critical_fails_and_returns_the_checks(run_module: RunModule, anchors: str) -> None:
    port = servers.closed_port()
    failed = run_module(
        cert_expiry,
        endpoints=[{"host": servers.HOST, "port": port}],
        ca_file=anchors,
        fail_on="critical",
    )
    assert failed["msg"].endswith(
        f": 127.0.0.1:{port} refuses the connection."
        " Mend what the checks name; fail_on is critical."
    )
    assert [one["value"] for one in failed["checks"]] == ["refused"]


def test_files_are_judged_too(run_module: RunModule, tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_bytes(issue(begin=-87, end=3).pem)
    seen = run_module(
        cert_expiry, files=[str(tmp_path / "*.pem"), str(tmp_path / "*.crt")], check_mode=True
    )
    assert [(one["id"], one["status"], one["subject"]) for one in seen["checks"]] == [
        ("tls.expiry", "critical", str(tmp_path / "a.pem")),
        ("tls.strength", "ok", str(tmp_path / "a.pem")),
        ("tls.file", "critical", str(tmp_path / "*.crt")),
    ]
    assert seen["summary"].startswith("2 looked at: 2 critical; the first to end is ")


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ({}, "nothing_to_check",
         "Cannot check certificates: no endpoint and no file is named. Name at least one."),
        ({"endpoints": [{"host": "a b"}]}, "bad_endpoint",
         ("Cannot check the endpoint 'a b': 'a b' is neither a host name nor an address."
         " Give host, and port and server_name apart.")),
        ({"files": ["/x"], "expected": ["a..b"]}, "bad_expected",
         ("Cannot look for the certificate 'a..b': 'a..b' is neither a host name nor an address."
          " Give a name or address of the certificate, or its subject.")),
        ({"files": ["/x"], "thresholds": {"warning": "soon"}}, "bad_threshold",
         ("Cannot use the threshold thresholds: could not convert string to float: 'soon'."
         " Give op (gt, ge, lt, le) and numbers, with warning reached before critical.")),
    ],
)  # fmt: skip
def test_bad_options_are_refused_in_a_sentence(
    run_module: RunModule, options: dict[str, Any], code: str, message: str
) -> None:
    refused = run_module(cert_expiry, **options)
    assert (refused["failed"], refused["code"], refused["msg"]) == (True, code, message)


def test_an_endpoint_without_a_host_is_refused(run_module: RunModule) -> None:
    refused = run_module(cert_expiry, endpoints=[{"port": 443}])
    assert refused["msg"] == "missing required arguments: host found in endpoints"
