# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role ``platform`` in a real run of ``ansible-playbook``: it knows every variable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.clients.one_role import ROOT, play_role

SPEC = ROOT / "roles" / "platform" / "meta" / "argument_specs.yml"
NAMES = list(yaml.safe_load(SPEC.read_text("utf-8"))["argument_specs"]["main"]["options"])


def play(place: Path, **given: Any) -> tuple[int, str]:
    status, dummy, output = play_role(
        "platform", place, journalling="journal", given={"ops_platform": "shop", **given}, seen={}
    )
    return status, " ".join(output.split())


def test_a_variable_that_the_contract_does_not_know_is_refused_with_those_that_it_knows(
    tmp_path: Path,
) -> None:
    status, output = play(tmp_path, ops_postgress={"user": "app"})
    assert status != 0
    assert "Cannot use the inventory of shop: ops_postgress is not part of the contract." in output
    assert f"Spell it as one of {', '.join(NAMES)}." in output


def test_every_variable_of_the_contract_is_known(tmp_path: Path) -> None:
    status, output = play(tmp_path, ops_mail=[], ops_thresholds={})
    assert (status, output) == (0, output)
