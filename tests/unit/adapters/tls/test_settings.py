# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the look at TLS endpoints that are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.tls.visits import read_served
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.judgement import (
    Endpoint,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError

from tests.samples.certificates import issue
from tests.servers import tls_servers as servers

ROOT = issue(authority=True, title="root")


def look(anchors: str | None, *, at_once: int = 1, seconds: float = 1) -> None:
    endpoint = Endpoint(servers.HOST, servers.closed_port(), "api.example")
    read_served([endpoint], anchors, seconds=seconds, at_once=at_once)


DAMAGED = b"-----BEGIN CERTIFICATE-----\n%b\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "it holds no PEM certificate"),
        (ROOT.key_pem, "it holds no PEM certificate"),
        (ROOT.pem + DAMAGED % b"*", "a certificate in it is damaged"),
        (ROOT.pem + DAMAGED % b"MAMCAQ==", "a certificate in it is damaged"),
    ],
)
def test_a_bad_ca_file_stops_the_look(content: bytes, cause: str, tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_bytes(content)
    with pytest.raises(OpsError) as caught:
        look(str(path))
    assert caught.value.code == "bad_ca_file"
    assert caught.value.message == (
        f"Cannot use the trust anchors of {path}: {cause}."
        " Give ca_file a readable PEM file of certificates, or leave it out."
    )


def test_a_missing_ca_file_stops_the_look(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match=r"ca\.pem: it does not exist\. Give ca_file"):
        look(str(tmp_path / "ca.pem"))


@pytest.mark.parametrize("at_once", [0, 257])
def test_a_silly_number_of_threads_is_refused(at_once: int) -> None:
    with pytest.raises(OpsError) as caught:
        look(None, at_once=at_once)
    assert caught.value.message == (
        f"Cannot ask {at_once} endpoints at the same time: the number is not between 1 and 256."
        " Give max_workers as such a number, or leave it out."
    )


def test_no_time_at_all_is_refused() -> None:
    with pytest.raises(OpsError) as caught:
        look(None, seconds=0)
    assert caught.value.code == "bad_timeout"
