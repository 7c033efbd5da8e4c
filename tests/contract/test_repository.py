# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every file: a licence, no path of a machine, no host of a package registry."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TRACKED = sorted(
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.splitlines()
    if (ROOT / name).is_file()
)  # fmt: skip
FREE_OF_LICENCE_LINES = {"LICENSE", "CHANGELOG.rst", "aliases"}
FOREIGN = re.compile(
    r"/(?:root|work)/[.\w]|/home/(?!ops/)[a-z]+/[.\w]|pypi\.org|pythonhosted|deb\.debian|npmjs"
)


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def unlicensed(path: Path) -> bool:
    """Whether a source file lacks its licence line near its top."""
    if path.name in FREE_OF_LICENCE_LINES or path.suffix in {
        ".json",
        ".txt",
        ".gz",
        ".bin",
        ".png",
    }:
        return False
    return "SPDX-License-Identifier: GPL-3.0-or-later" not in text_of(path)[:600]


def test_every_source_names_its_licence() -> None:
    assert [str(path.relative_to(ROOT)) for path in TRACKED if unlicensed(path)] == []


def test_nothing_names_a_machine_or_a_registry() -> None:
    own = Path(__file__)
    found = [
        (str(path.relative_to(ROOT)), match.group())
        for path in TRACKED
        if path != own
        for match in FOREIGN.finditer(text_of(path))
    ]
    assert found == []


@pytest.mark.parametrize("place", ["work/x", "root/.cache", "home/amal/x"])
def test_a_path_of_a_machine_is_found(place: str) -> None:
    assert FOREIGN.search(f"cd /{place}")


def test_a_registry_is_found() -> None:
    assert FOREIGN.search("simple index at " + ".".join(("pypi", "org")))


def test_readme_lists_what_there_is() -> None:
    readme = text_of(ROOT / "README.md")
    modules = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
    roles = {path.name for path in (ROOT / "roles").iterdir()}
    playbooks = {f"runbook.ops.{path.stem}" for path in (ROOT / "playbooks").glob("*.yml")}
    assert [name for name in sorted(modules | roles | playbooks) if f"`{name}`" not in readme] == []


CORE = {"ansible.builtin", "ansible.module", "ansible.errors", "ansible.plugins"}


def test_dependencies_are_declared_where_they_are_used() -> None:
    declared = {
        item["name"] for item in yaml.safe_load(text_of(ROOT / "requirements.yml"))["collections"]
    }
    used = {
        match.group(1)
        for path in TRACKED
        if path.is_relative_to(ROOT / "tests") and path.suffix in {".yml", ".py"}
        for match in re.finditer(
            r"\b((?:community|ansible|amazon)\.[a-z]+)\.[a-z_]+", text_of(path)
        )
    }
    assert used - {*CORE, "community.x"} <= declared


def test_the_collection_needs_what_galaxy_says() -> None:
    galaxy = yaml.safe_load(text_of(ROOT / "galaxy.yml"))
    assert (galaxy["namespace"], galaxy["name"]) == ("runbook", "ops")
    assert galaxy["license_file"] == "LICENSE"
