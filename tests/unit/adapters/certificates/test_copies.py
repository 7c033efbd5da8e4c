# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of a lineage: what is wrong with them, placing them, and putting back what was there."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, NoReturn

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.certificates.copies import (
    Placing,
    read_copy,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.renewal.lineages import (
    Lineage,
    Renewal,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.renewal.rule import Install

from tests.samples.certificates import NOW, described

pytestmark = pytest.mark.usefixtures("open_gate")


@pytest.fixture(name="lineage")
def lineage_fixture(tmp_path: Path) -> Lineage:
    for name in ("fullchain", "privkey"):
        (tmp_path / f"{name}.pem").write_text(f"new {name}", "utf-8")
    paths = (str(tmp_path / "fullchain.pem"), str(tmp_path / "privkey.pem"))
    return Lineage("a.example", Renewal(*paths, "", "webroot"), described("a.example", now=NOW))


@pytest.fixture(name="install")
def install_fixture(tmp_path: Path) -> Install:
    (tmp_path / "copies").mkdir()
    return Install("a.example", str(tmp_path / "copies/a.crt"), str(tmp_path / "copies/a.key"))


def placed(install: Install, lineage: Lineage) -> Placing:
    placing = Placing((install,))
    placing.place({lineage.name: lineage})
    return placing


def there(install: Install) -> list[str]:
    return sorted(path.name for path in Path(install.key).parent.iterdir())


def test_copies_are_placed_with_their_modes_and_found_current(
    install: Install, lineage: Lineage
) -> None:
    assert read_copy(install, lineage).flaw == "absent"
    placed(install, lineage).settle()
    assert read_copy(install, lineage).flaw == ""
    assert Path(install.certificate).stat().st_mode & 0o777 == 0o644
    assert Path(install.key).stat().st_mode & 0o777 == 0o600
    assert there(install) == ["a.crt", "a.key"]


def test_what_is_wrong_with_a_copy_is_told(install: Install, lineage: Lineage) -> None:
    placed(install, lineage).settle()
    Path(install.key).chmod(0o644)
    assert read_copy(install, lineage).flaw == "key with mode 0644"
    Path(install.key).chmod(0o600)
    other = Install(install.lineage, install.certificate, install.key, owner="nobody")
    assert read_copy(other, lineage).flaw == f"key of {Path(install.key).owner()}"
    Path(install.key).write_text("an old key", "utf-8")
    assert read_copy(install, lineage).flaw == "another certificate"
    Path(install.key).unlink()
    Path(install.key).mkdir()
    assert read_copy(install, lineage).flaw == "another certificate"


@pytest.mark.parametrize("whose", ["owner", "group"])
def test_owner_and_group_are_given_and_judged(
    install: Install, lineage: Lineage, whose: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed(install, lineage).settle()
    mine = Path(install.key).owner() if whose == "owner" else Path(install.key).group()
    wanted: dict[str, Any] = {whose: mine}
    ours = dataclasses.replace(install, **wanted)
    placed(ours, lineage).settle()
    assert read_copy(ours, lineage).flaw == ""

    def unknown(number: int) -> NoReturn:
        raise KeyError(number)

    monkeypatch.setattr("pwd.getpwuid" if whose == "owner" else "grp.getgrgid", unknown)
    assert read_copy(ours, lineage).flaw == "key of nobody that this host knows"


def test_a_lineage_that_cannot_be_used_is_not_copied(install: Install) -> None:
    broken = Lineage("a.example", fault="it is gone")
    assert read_copy(install, broken).flaw == ""
    placed(install, broken).settle()
    assert there(install) == []


def test_what_was_there_is_put_back(install: Install, lineage: Lineage) -> None:
    Path(install.certificate).write_text("old", "utf-8")
    Path(install.certificate).with_name(".a.crt.new").write_text("left by a crash", "utf-8")
    placing = placed(install, lineage)
    assert Path(install.certificate).read_text("utf-8") == "new fullchain"
    placing.put_back()
    assert Path(install.certificate).read_text("utf-8") == "old"
    assert there(install) == ["a.crt"]


@pytest.mark.parametrize("group", [None, "no-such-group"])
def test_a_copy_that_cannot_be_placed_leaves_what_was_there(
    install: Install, lineage: Lineage, group: str | None
) -> None:
    Path(install.certificate).write_text("old", "utf-8")
    missing = str(Path(install.key).with_name("none") / "a.key")
    bad = Install(install.lineage, install.certificate, missing, group=group)
    with pytest.raises(OpsError) as failed:
        placed(bad, lineage)
    assert failed.value.code == "copy_failed"
    assert failed.value.message.startswith(
        f"Cannot install the certificate a.example as {install.certificate}: "
    )
    assert Path(install.certificate).read_text("utf-8") == "old"
    assert there(install) == ["a.crt"]


def test_a_key_of_the_lineage_that_cannot_be_read_is_told(
    install: Install, lineage: Lineage, tmp_path: Path
) -> None:
    (tmp_path / "privkey.pem").unlink()
    with pytest.raises(OpsError) as failed:
        placed(install, lineage)
    assert "does not exist" in failed.value.message
    assert there(install) == []
