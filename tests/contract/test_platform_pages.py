# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of the platforms are what the generator makes of inventories and decisions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from docs.platforms import generate
from docs.platforms.generate import (
    HERE,
    ROOT,
    coverage,
    covered,
    decision,
    notes_of,
    page,
    pages,
    platforms,
    prose,
    read,
    table,
)

PAGES = pages()


@pytest.mark.parametrize("name", sorted(PAGES))
def test_page_is_what_the_generator_makes(name: str) -> None:
    written = (HERE / name).read_text(encoding="utf-8")
    assert written == PAGES[name], f"docs/platforms/{name} is old: run `make docs`"


def test_no_page_is_left_over() -> None:
    assert {path.name for path in HERE.glob("*.md")} == set(PAGES)


def test_a_changed_number_changes_the_page() -> None:
    liyaqa = read("liyaqa")
    facts = {**liyaqa.facts, "ops_thresholds": {"disk_used_percent": {"op": "gt", "warning": 71}}}
    assert "| `disk_used_percent` | > 71 % |" in page(replace(liyaqa, facts=facts))
    assert "> 71 %" not in page(liyaqa)


def test_only_what_differs_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "HERE", tmp_path)
    monkeypatch.setattr(generate, "pages", lambda: {"a.md": "new\n", "b.md": "same\n"})
    (tmp_path / "a.md").write_text("old\n", encoding="utf-8")
    (tmp_path / "b.md").write_text("same\n", encoding="utf-8")
    generate.main()
    assert capsys.readouterr().out == "docs/platforms/a.md\n"
    assert (tmp_path / "a.md").read_text(encoding="utf-8") == "new\n"
    generate.main()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", platforms())
def test_decisions_are_whole(name: str) -> None:
    decisions = read(name).decisions
    assert all(set(one) == {"topic", "runbook", "decided", "because"} for one in decisions)
    assert all(one["runbook"] and isinstance(one["runbook"], list) for one in decisions)
    topics = [one["topic"] for one in decisions]
    assert len(set(topics)) == len(topics) >= 15


PLACES = {"nothing", "docs/platforms", "ops_thresholds"}


def uncovered(items: dict[str, dict[str, str]]) -> list[str]:
    """Items whose module, role or check is not there, and those that say too little."""
    checks = {one["id"] for name in platforms() for one in _own_checks(read(name).facts)}
    found = []
    for item, one in items.items():
        kind, *role = one["by"].split()
        place = ROOT.joinpath("roles", *role) if role else ROOT / "plugins/modules" / f"{kind}.py"
        if set(one) - {"by", "check", "note"}:
            found.append(f"{item}: {sorted(one)}")
        elif one["by"] not in PLACES and not place.exists():
            found.append(f"{item}: no {one['by']}")
        elif "check" not in one and "note" not in one:
            found.append(f"{item}: neither check nor note")
        elif place.is_file() and one.get("check", "") not in {*checks, ""}:
            name = one["check"].rpartition(".")[2]
            if name not in place.read_text(encoding="utf-8"):
                found.append(f"{item}: no {one['check']}")
    return found


def _own_checks(facts: dict[str, Any]) -> list[dict[str, Any]]:
    logs = facts.get("ops_logs", {})
    return [*facts.get("ops_monitoring", {}).get("queries", []), *logs.get("patterns", [])]


def test_everything_the_runbooks_look_at_is_accounted_for() -> None:
    items = covered()
    assert uncovered(items) == []
    assert len(items) == (HERE / "coverage.yml").read_text(encoding="utf-8").count("by: ") - 1
    assert {name for name in platforms() for item in items if item.startswith(name)} == set(
        platforms()
    )
    rows = [
        line for line in coverage(items).splitlines() if line.startswith(("| equip", "| liyaqa"))
    ]
    assert len(rows) == sum(item.startswith(("equip", "liyaqa")) for item in items)


@pytest.mark.parametrize(
    ("one", "cause"),
    [
        ({"by": "http_helth", "check": "http.health"}, "no http_helth"),
        ({"by": "role helth", "check": "runbook.review"}, "no role helth"),
        ({"by": "http_health", "check": "http.colour"}, "no http.colour"),
        ({"by": "nothing"}, "neither check nor note"),
        ({"by": "nothing", "not": "a rule"}, "['by', 'not']"),
    ],
)
def test_an_item_that_nothing_covers_is_found(one: dict[str, str], cause: str) -> None:
    assert uncovered({"spotex-x": one}) == [f"spotex-x: {cause}"]


TEXT = """\
# Of the file.
---
ops_a:
  # Above a
  # key.
  key: 1
  bare: 2
  list:
    # For both.
    - {id: one, x: 1}
    - id: two
      text: >-
        more: of it, and
        more
      # Ours: inside.
      limit: 3

# Above a section.
ops_b: [1]
"""


def test_comments_are_found_where_they_stand() -> None:
    found = [(note.section, note.label, note.text, note.item) for note in notes_of(TEXT)]
    assert found == [
        ("ops_a", "key", "Above a key.", ""),
        ("ops_a", "one", "For both.", ""),
        ("ops_a", "two", "For both.", ""),
        ("ops_a", "limit", "Ours: inside.", "two"),
        ("ops_b", "ops_b", "Above a section.", ""),
    ]
    whole = replace(read("spotex"), notes=notes_of(TEXT))
    assert whole.note("ops_a", "one") == "For both."
    assert whole.note("ops_a", "two") == "Ours: inside."
    assert whole.note("ops_a", "limit") == "Ours: inside."
    assert whole.note("ops_b", "two") == ""
    assert [note.label for note in notes_of(TEXT) if note.ours] == ["limit"]


def test_text_is_no_markup() -> None:
    assert prose("a*.sql* <b> 1 < 2") == r"a\*.sql\* \<b> 1 < 2"
    assert table(("A",), [("x|y",)]).endswith("| x&#124;y |")
    assert table(("A",), []) == ""
    one = {"topic": "T", "runbook": ["1*"], "decided": "D.", "because": "B."}
    assert decision(one) == "### T\n\n- 1\\*\n\n**D.** B."
