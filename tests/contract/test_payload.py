# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that looks brings nothing to a host that could write there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.payload import payload

PLUGINS = Path(__file__).parents[2] / "plugins"
MODULES = sorted((PLUGINS / "modules").glob("*.py"))
OBSERVERS = [path for path in MODULES if "run_observer" in path.read_text("utf-8")]
DOORS = {
    PLUGINS / "module_utils" / "adapters" / "writing.py",
    PLUGINS / "module_utils" / "adapters" / "journal" / "file.py",
}


@pytest.mark.parametrize("path", OBSERVERS, ids=lambda path: path.stem)
def test_an_observer_brings_no_write(path: Path) -> None:
    assert payload(path) & DOORS == set()


def test_what_brings_a_write_is_found() -> None:
    assert payload(PLUGINS / "modules" / "pg_kill_idle.py") >= DOORS


def test_an_import_of_a_module_and_one_for_types_alone_count(tmp_path: Path) -> None:
    (tmp_path / "modules").mkdir()
    (tmp_path / "core").mkdir()
    module, named, typed = (
        tmp_path / name for name in ("modules/m.py", "core/named.py", "core/typed.py")
    )
    module.write_text("import os\nfrom ..core import named\n", "utf-8")
    named.write_text("if TYPE_CHECKING:\n    from .typed import T\n", "utf-8")
    typed.write_text("class T: ...\n", "utf-8")
    assert payload(module) == {module, named, typed}
