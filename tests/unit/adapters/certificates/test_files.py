# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates in files, and files that hold none."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.certificates.files import (
    add_copies,
    read_certificate_files,
    read_pairs,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.judgement import (
    Endpoint,
    Fault,
    Observation,
)

from tests.conftest import as_nobody
from tests.samples.certificates import issue

ONE = issue("one.example", title="one")
TWO = issue("two.example", title="two")
DAMAGED = b"-----BEGIN CERTIFICATE-----\nMAMCAQ==\n-----END CERTIFICATE-----\n"


def subjects_in(*patterns: Path) -> list[tuple[str, str | None]]:
    """Name of each subject without its directory, and what was found: subject or verdict."""
    found = read_certificate_files([str(pattern) for pattern in patterns])
    return [(Path(one.subject).name, _told(one)) for one in found]


def _told(one: Observation) -> str | None:
    if one.fault is not None:
        return one.fault.verdict
    return one.certificate.subject if one.certificate else None


@pytest.mark.parametrize(
    ("content", "found"),
    [
        pytest.param(ONE.pem, [("c", "CN=one")], id="PEM"),
        pytest.param(ONE.der, [("c", "CN=one")], id="DER"),
        pytest.param(
            ONE.pem + b"# two\n" + TWO.pem, [("c#1", "CN=one"), ("c#2", "CN=two")], id="bundle"
        ),
        pytest.param(ONE.key_pem + ONE.pem, [("c", "CN=one")], id="key and certificate"),
        pytest.param(
            ONE.pem + DAMAGED + TWO.pem,
            [("c#1", "CN=one"), ("c#2", "broken"), ("c#3", "CN=two")],
            id="one of three damaged",
        ),
        pytest.param(ONE.pem.replace(b"\n", b"\r\n"), [("c", "CN=one")], id="CRLF"),
        pytest.param(ONE.pem[:-60], [("c", "broken")], id="torn PEM"),
        pytest.param(ONE.pem.replace(b"MII", b"M\xffI"), [("c", "broken")], id="no Base64"),
        pytest.param(ONE.der[:-9], [("c", "broken")], id="torn DER"),
        pytest.param(ONE.der + b"\n", [("c", "broken")], id="DER with a tail"),
        pytest.param(b"", [("c", "empty")], id="empty"),
        pytest.param(b" \n\n", [("c", "empty")], id="white space"),
        pytest.param(ONE.key_pem, [("c", "private_key")], id="key in PEM"),
        pytest.param(ONE.key_der, [("c", "no_certificate")], id="key in DER"),
        pytest.param(b"\x30", [("c", "broken")], id="one byte"),
        pytest.param(b"hello", [("c", "no_certificate")], id="text"),
        pytest.param(b"-----BEGIN ", [("c", "no_certificate")], id="half a line"),
        pytest.param(b"\x00" * 16777217, [("c", "too_large")], id="too large"),
    ],
)
def test_a_file_gives_its_certificates_or_says_why_not(
    content: bytes, found: list[tuple[str, str]], tmp_path: Path
) -> None:
    (tmp_path / "c").write_bytes(content)
    assert subjects_in(tmp_path / "c") == found


@pytest.mark.alone
def test_many_beginnings_without_an_end_take_no_time(tmp_path: Path) -> None:
    (tmp_path / "c").write_bytes(b"-----BEGIN CERTIFICATE-----\n" * 200_000)
    started = time.monotonic()
    assert subjects_in(tmp_path / "c") == [("c", "broken")]
    assert time.monotonic() - started < 2


def test_globs_are_expanded_in_order(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("b/x.pem", "a.pem", "c.crt"):
        (tmp_path / name).write_bytes(ONE.pem)
    assert subjects_in(tmp_path / "**/*.pem") == [("a.pem", "CN=one"), ("x.pem", "CN=one")]


def test_a_name_with_glob_characters_names_itself(tmp_path: Path) -> None:
    (tmp_path / "a[1].pem").write_bytes(ONE.pem)
    assert subjects_in(tmp_path / "a[1].pem") == [("a[1].pem", "CN=one")]


@pytest.mark.parametrize("pattern", ["*.pem", "a**b", "nowhere/*"])
def test_a_glob_without_a_match_is_a_finding(pattern: str, tmp_path: Path) -> None:
    found = read_certificate_files([str(tmp_path / pattern)])
    assert [one.fault for one in found] == [Fault("tls.file", "no_match", "matches no file")]


def test_the_same_pattern_twice_counts_once(tmp_path: Path) -> None:
    assert len(subjects_in(tmp_path / "a", tmp_path / "a")) == 1


def test_an_unreadable_file_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "c.pem"
    path.write_bytes(ONE.pem)
    path.chmod(0)
    with as_nobody():
        found = read_certificate_files([str(path)])
    cause = "cannot be read: Permission denied"
    assert [one.fault for one in found] == [Fault("tls.file", "unreadable", cause)]


def test_a_glob_where_nobody_may_search_is_a_finding(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    with as_nobody():
        found = read_certificate_files([str(closed / "*.pem")])
    cause = "cannot be searched for files: Permission denied"
    assert [one.fault for one in found] == [Fault("tls.file", "unreadable", cause)]


def test_what_is_no_regular_file_is_a_finding_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "directory").mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        paths = [tmp_path / name for name in ("fifo", "directory", "socket", "missing")]
        paths.append(Path("/dev/zero"))
        found = subjects_in(*paths)
    assert [verdict for dummy, verdict in found] == [
        "not_a_file", "not_a_file", "not_a_file", "missing", "not_a_file"
    ]  # fmt: skip


def test_a_link_that_leads_nowhere_or_to_itself_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "dangling").symlink_to(tmp_path / "gone")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "good").symlink_to(tmp_path / "real")
    (tmp_path / "real").write_bytes(ONE.pem)
    paths = [tmp_path / name for name in ("dangling", "loop", "good")]
    assert subjects_in(*paths) == [
        ("dangling", "missing"), ("loop", "unreadable"), ("good", "CN=one")
    ]  # fmt: skip


def test_ten_megabytes_of_garbage_are_no_certificate(tmp_path: Path) -> None:
    (tmp_path / "c").write_bytes(b"\x00\xffgarbage" * 1_100_000)
    assert subjects_in(tmp_path / "c") == [("c", "no_certificate")]


@pytest.mark.parametrize("damaged", [False, True])
def test_the_first_of_a_file_carries_all_that_are_whole(damaged: bool, tmp_path: Path) -> None:
    (tmp_path / "c").write_bytes(ONE.pem + TWO.pem + (DAMAGED if damaged else b""))
    first, second, *dummy = read_certificate_files([str(tmp_path / "c")])
    found = [one.subject for one in first.bundle]
    assert found == ([] if damaged else ["CN=one", "CN=two"])
    assert second.bundle == ()


def test_a_file_that_holds_its_key_too_says_who_may_read_it(tmp_path: Path) -> None:
    (tmp_path / "c").write_bytes(ONE.pem + TWO.pem + ONE.key_pem)
    (tmp_path / "c").chmod(0o644)
    first, second = read_certificate_files([str(tmp_path / "c")])
    assert first.certificate is not None
    assert first.key is not None
    assert (first.key.sha256, first.key.mode) == (first.certificate.key_sha256, 0o644)
    assert second.key is None


def test_a_pair_has_its_key_and_the_rest_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "c").write_bytes(ONE.pem + TWO.pem)
    (tmp_path / "k").write_bytes(ONE.key_pem)
    pair = {"certificate": str(tmp_path / "c"), "key": str(tmp_path / "k"), "owner": "www"}
    first, second = read_pairs([pair], "")
    assert first.certificate is not None
    assert first.key is not None
    assert first.key.sha256 == first.certificate.key_sha256
    assert (first.key.wanted_owner, second.key) == ("www", None)


def test_an_endpoint_gets_the_copy_that_it_names(tmp_path: Path) -> None:
    (tmp_path / "c").write_bytes(ONE.chain_pem)
    named = Endpoint("a", 443, "a", file=str(tmp_path / "c"), reload="nginx")
    gone = Endpoint("a", 443, "a", file=str(tmp_path / "gone"))
    served = [Observation("x", place) for place in (named, gone, Endpoint("a", 443, "a"))]
    first, second, third = add_copies(served, "")
    assert first.disk is not None
    assert first.disk.certificate is not None
    assert (first.disk.certificate.subject, first.disk.reload) == ("CN=one", "nginx")
    assert second.disk is not None
    assert second.disk.fault == Fault("tls.file", "missing", "does not exist")
    assert third.disk is None
