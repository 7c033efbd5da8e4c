# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Private keys in files: their digest, and who may read them."""

from __future__ import annotations

import grp
import os
import pwd
from pathlib import Path

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.certificates.x509 import (
    read_certificate,
)
from ansible_collections.runbook.ops.plugins.module_utils.adapters.files.keys import read_key_file

from tests.samples.certificates import issue

ONE = issue("one.example")
PARAMETERS = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"


@pytest.mark.parametrize(
    "content",
    [ONE.key_pem, ONE.key_der, ONE.pem + ONE.key_pem, PARAMETERS + ONE.key_pem],
    ids=["PEM", "DER", "behind its certificate", "behind its parameters"],
)
def test_a_key_is_found_in_its_file(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "k").write_bytes(content)
    found = read_key_file(str(tmp_path / "k"), "www")
    assert found.fault is None
    assert found.sha256 == read_certificate(ONE.der).key_sha256
    assert found.wanted_owner == "www"


def test_the_rights_of_a_key_are_those_of_the_file_behind_its_link(tmp_path: Path) -> None:
    (tmp_path / "k").write_bytes(ONE.key_pem)
    (tmp_path / "k").chmod(0o640)
    (tmp_path / "link").symlink_to(tmp_path / "k")
    found = read_key_file(str(tmp_path / "link"), None)
    assert found.mode == 0o640
    assert found.owner == pwd.getpwuid(os.geteuid()).pw_name
    assert found.group == grp.getgrgid((tmp_path / "k").stat().st_gid).gr_name


def test_an_owner_without_a_name_is_told_by_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(number: int) -> None:
        raise KeyError(number)

    (tmp_path / "k").write_bytes(ONE.key_pem)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert read_key_file(str(tmp_path / "k"), None).owner == str(os.geteuid())


@pytest.mark.parametrize(
    ("name", "verdict", "cause"),
    [
        ("gone", "missing", "does not exist"),
        ("directory", "not_a_file", "is a directory"),
        ("certificate", "no_key", "is no private key that can be read"),
        ("torn", "no_key", "is no private key that can be read"),
    ],
)
def test_a_file_without_a_key_says_why(name: str, verdict: str, cause: str, tmp_path: Path) -> None:
    (tmp_path / "directory").mkdir()
    (tmp_path / "certificate").write_bytes(ONE.pem)
    (tmp_path / "torn").write_bytes(ONE.key_pem[:100])
    found = read_key_file(str(tmp_path / name), None)
    assert found.fault is not None
    assert (found.fault.verdict, found.fault.cause) == (verdict, f"{cause} ({tmp_path / name})")
    assert (found.mode is None) is (name == "gone")
