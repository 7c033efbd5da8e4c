# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lineages as certbot lays them, whole and broken; its runs are tested with the module."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.certificates.certbot import (
    Certbot,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError

from tests.samples.certificates import issue
from tests.servers.acme import keep_lineage

NAMES = ("a.example", "b.example")


@pytest.fixture(name="config_dir")
def config_dir_fixture(tmp_path: Path) -> Path:
    for name in NAMES:
        keep_lineage(tmp_path, issue(name), name=name)
    return tmp_path / "letsencrypt"


def faults(config_dir: Path, *names: str) -> dict[str, str]:
    return {one.name: one.fault for one in Certbot(str(config_dir), 5).read_lineages(names)}


def test_lineages_are_read_in_the_order_of_their_names(config_dir: Path) -> None:
    lineages = Certbot(str(config_dir), 5).read_lineages(())
    assert [one.name for one in lineages] == list(NAMES)
    assert [one.certificate.names for one in lineages if one.certificate] == [
        ("a.example",), ("b.example",),
    ]  # fmt: skip
    assert faults(config_dir, "b.example") == {"b.example": ""}


@pytest.mark.parametrize(
    ("path", "content", "fault"),
    [
        ("renewal/a.example.conf", b"", "its renewal configuration names no fullchain and no"),
        ("archive/a.example/fullchain1.pem", b"", "its certificate is damaged"),
        ("archive/a.example/fullchain1.pem", None, "one of its files does not exist"),
    ],
)
def test_a_broken_lineage_says_why_and_does_not_hide_the_others(
    config_dir: Path, path: str, content: bytes | None, fault: str
) -> None:
    if content is None:
        (config_dir / path).unlink()
    else:
        (config_dir / path).write_bytes(content)
    found = faults(config_dir)
    assert found["a.example"].startswith(fault)
    assert found["b.example"] == ""


def test_a_directory_without_lineages_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OpsError) as refused:
        faults(tmp_path)
    assert refused.value.message == (
        f"Cannot find the lineages of certbot in {tmp_path}: there is no renewal/*.conf that we may"
        " read. Ask for a first certificate with certbot certonly, or correct config_dir."
    )


@pytest.mark.usefixtures("open_gate")
@pytest.mark.parametrize(
    ("does", "shortfall"),
    [
        ("true", "certbot ended well, but did not renew it"),
        ("rm -r {}/live", "a.example cannot be read any more: one of its files does not exist"),
    ],
)
def test_a_renewal_that_did_nothing_is_not_proven(
    config_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str, shortfall: str
) -> None:
    certbot = tmp_path / "bin/certbot"
    certbot.parent.mkdir()
    certbot.write_text(f"#!/bin/sh\n{does.format(config_dir)}\n", "utf-8")
    certbot.chmod(0o755)
    monkeypatch.setenv("PATH", f"{certbot.parent}:/usr/bin:/bin")
    subject = Certbot(str(config_dir), 5)
    (lineage,) = subject.read_lineages(("a.example",))
    assert subject.renew(lineage).shortfall == shortfall
