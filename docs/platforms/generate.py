# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of the platforms, made of their inventories and of the decisions beside this file.

usage: python docs/platforms/generate.py. Writes what differs, and names it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LICENCE = "<!-- SPDX-License-Identifier: GPL-3.0-or-later -->"
_ENTRY = re.compile(r"^(?P<indent> *)(?P<item>- \{?)?(?P<key>\w+):(?: (?P<value>[^,{}]*))?")
_SIGNS = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
_UNITS = {"percent": "%", "hours": "h", "seconds": "s", "days": "days"}
_WHATS = {"lines": "lines", "percent": "% of the lines", "per_hour": "lines an hour"}
_FILES = ("platform", "watch", "people")
_PREFACE = """\
What [`inventories/{0}`](../../inventories/{0}) knows of the platform, and what was decided where
its runbook contradicts itself. `make docs` writes this page; edit the inventory, or the decisions
in [`{0}.yml`]({0}.yml)."""
Row = tuple[str, ...]


@dataclass(frozen=True)
class Note:
    """A comment of an inventory: what it stands above, and the item of a list that this is in.

    One that is ``carried`` stands above an item before, in the same list.
    """

    section: str
    label: str
    text: str
    item: str = ""
    carried: bool = False

    @property
    def ours(self) -> bool:
        """Whether it marks something that the runbook does not say."""
        return re.search(r"\b[Oo]urs\b", self.text) is not None


@dataclass(frozen=True)
class Platform:
    """A directory of ``inventories/`` with the decisions on it."""

    name: str
    facts: dict[str, Any]
    hosts: list[str]
    notes: list[Note]
    decisions: list[dict[str, Any]]

    def note(self, section: str, label: str) -> str:
        """The comments above an entry and inside of it, empty where there are none."""
        near = [n for n in self.notes if n.section == section and label in {n.label, n.item}]
        own = [note for note in near if not note.carried]
        return " ".join(note.text for note in own or near)


def entries(text: str) -> Iterator[tuple[str, str, bool, str]]:
    """The keys and items of a YAML file: indentation, name, whether an item, comment above.

    A blank line is an entry without a name.
    """
    held: list[str] = []
    for line in text.partition("\n---\n")[2].splitlines():
        if line.strip().startswith("#"):
            held.append(line.strip(" #"))
        elif entry := _ENTRY.match(line):
            indent, item, key, value = entry.group("indent", "item", "key", "value")
            name = (value or "").strip(" \"'") if item else key
            yield indent, name, bool(item), " ".join(held)
            held = []
        elif not line.strip():
            yield "", "", False, ""


def notes_of(text: str) -> list[Note]:
    """The comments of a YAML file; one above the first entry of a list counts until the next."""
    found: list[Note] = []
    above: dict[str, str] = {}
    section, within, item = "", "", ""
    for indent, name, listed, told in entries(text):
        if not indent:
            section, above = name or section, {}
        if len(indent) <= len(within):
            within = item = ""
        known = told or (above.get(indent, "") if listed else "")
        if known:
            found.append(Note(section, name, known, item, not told))
        if listed:
            above[indent] = known
            within, item = (within, item) if item else (indent, name)
    return found


@cache
def read(name: str) -> Platform:
    """A platform by the name of its directory."""
    place = ROOT / "inventories" / name
    paths = [place / "group_vars" / name / f"{part}.yml" for part in _FILES]
    texts = [path.read_text(encoding="utf-8") for path in paths]
    facts = {key: value for text in texts for key, value in yaml.safe_load(text).items()}
    group = yaml.safe_load((place / "hosts.yml").read_text(encoding="utf-8"))[name]
    live = group["children"][f"{name}_live"]["hosts"]
    decided = yaml.safe_load((HERE / f"{name}.yml").read_text(encoding="utf-8"))
    return Platform(name, facts, list(live), [n for t in texts for n in notes_of(t)], decided)


def platforms() -> list[str]:
    """The directories that describe a platform; that of the lab describes hosts."""
    return sorted(path.stem for path in HERE.glob("*.yml") if path.stem != "coverage")


def table(head: Row, rows: Iterable[Row]) -> str:
    """A Markdown table, empty where there are no rows."""
    lines = [f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |" for row in rows]
    if not lines:
        return ""
    return "\n".join([f"| {' | '.join(head)} |", "|" + "---|" * len(head), *lines])


def code(value: object) -> str:
    """A value as it is written; an expression of a vault or the environment is not shown."""
    return "" if value is None else f"`{value}`"


def prose(text: str) -> str:
    """A text in which Markdown finds no markup of its own."""
    return re.sub(r"(\*|<(?=\w))", r"\\\1", text)


def limit(threshold: dict[str, Any], level: str, unit: str) -> str:
    """One limit, such as ``> 80 %``."""
    if threshold.get(level) is None:
        return ""
    text = f"{_SIGNS[threshold['op']]} {threshold[level]:g} {unit}".strip()
    return re.sub(r"(?<= 1 line)s\b", "", text)


def known(platform: Platform) -> Iterable[Row]:
    """The facts that have one value."""
    facts = platform.facts
    runbook, compose, release = facts["ops_runbook"], facts["ops_compose"], facts["ops_release"]
    postgres, redis = facts["ops_postgres"], facts.get("ops_redis", {})
    yield "Platform", code(facts["ops_platform"])
    yield "Runbook", runbook["title"]
    yield "Its version", runbook.get("version", "")
    yield "Updated", runbook.get("updated", "")
    days = f"every {runbook['review_days']} days" if "review_days" in runbook else ""
    yield "Next review", runbook.get("next_review", days)
    yield "Hosts", ", ".join(code(host) for host in platform.hosts)
    yield "Compose project", f"{code(compose['project'])} in {code(compose['project_dir'])}"
    yield "Compose file", code(compose["file"])
    where = f"{code(postgres['database'])} in {code(postgres['container'])}"
    yield "PostgreSQL", f"{where}, user {code(postgres['user'])}"
    yield "Redis", code(redis.get("container"))
    yield "Migrations", release.get("migration_tool", "")
    yield "Release", release["strategy"]
    yield "Recovery", f"{release['rto_hours']} h to be back, {release['rpo_hours']} h of data lost"
    yield "Time zone", facts["ops_calendar"]["timezone"]
    for title, name in (("Ports", "ops_ports"), ("Internal ports", "ops_internal_ports")):
        yield title, ", ".join(str(port) for port in facts.get(name, []))


def services(platform: Platform) -> Iterable[Row]:
    """What runs."""
    scaled = {one["service"]: one["replicas"] for one in platform.facts.get("ops_scaling", [])}
    for one in platform.facts["ops_services"]:
        port, number = str(one.get("port", "")), str(scaled.get(one["name"], ""))
        kept = "yes" if one.get("stateful") else ""
        yield code(one["name"]), code(one.get("container")), port, number, kept


def reached(platform: Platform) -> Iterable[Row]:
    """What is asked over the network."""
    facts = platform.facts
    for one in facts["ops_endpoints"]:
        answer = ", ".join(
            f"{key} = {value}" if value is not None else f"{key} is there"
            for key, value in one.get("json", {}).items()
        )
        if "redirect_to" in one:
            answer = f"leads to {one['redirect_to']}"
        yield one["name"], code(one["url"]), answer or str(one.get("status", 200))
    for one in facts.get("ops_certificates", {}).get("endpoints", []):
        yield "certificate", code(one["host"]), "valid, and for this name"
    for one in facts.get("ops_mail", []):
        yield f"mail: {one['name']}", code(f"{one['host']}:{one['port']}"), one["tls"]
    for one in facts.get("ops_storage", []):
        yield f"storage: {one['name']}", code(f"s3://{one['bucket']}"), "there, and readable"
    if "ops_monitoring" in facts:
        yield "Prometheus", code(facts["ops_monitoring"]["prometheus_url"]), "answers"


def kept(platform: Platform) -> Iterable[Row]:
    """The sets of backups."""
    for one in platform.facts["ops_backups"]:
        keep = one["keep"]
        told = f"{keep['days']} days, {keep['newest']} newest, {keep['verified']} newer verified"
        twin = one.get("s3", {}).get("bucket")
        yield one["name"], code(f"{one['directory']}/{one['pattern']}"), code(twin), told


def numbers(platform: Platform) -> Iterable[Row]:
    """Everything that has levels."""
    facts = platform.facts
    limits = dict(facts["ops_thresholds"])
    nested = limits.pop("postgres_health", {})
    for name, threshold in {**limits, **nested}.items():
        unit = next((text for end, text in _UNITS.items() if name.endswith(end)), "")
        yield _number(platform, "ops_thresholds", name, (threshold, unit))
    for query in facts.get("ops_monitoring", {}).get("queries", []):
        levels = query["threshold"], query.get("unit", "")
        yield _number(platform, "ops_monitoring", query["id"], levels)
    logs = facts.get("ops_logs", {})
    hours = f" in {logs.get('window_hours', 24)} h"
    for one in [*logs.get("patterns", []), *logs.get("groups", [])]:
        unit = _WHATS[one.get("measure", "lines")] + hours
        yield _number(platform, "ops_logs", one["id"], (one.get("threshold", {}), unit))


def _number(platform: Platform, section: str, name: str, levels: tuple[dict[str, Any], str]) -> Row:
    threshold, unit = levels
    warning, critical = (limit(threshold, level, unit) for level in ("warning", "critical"))
    return code(name), warning, critical, prose(platform.note(section, name))


def filled(platform: Platform) -> Iterable[Row]:
    """What is ours beside the numbers."""
    for note in platform.notes:
        if (
            note.ours
            and not note.carried
            and note.section not in {"ops_thresholds", "ops_monitoring", "ops_logs"}
        ):
            place = note.section if note.label == note.section else f"{note.section}: {note.label}"
            yield code(place), prose(note.text)


def contract() -> list[str]:
    """The names that an inventory may have."""
    spec = ROOT / "roles" / "platform" / "meta" / "argument_specs.yml"
    options = yaml.safe_load(spec.read_text(encoding="utf-8"))["argument_specs"]["main"]["options"]
    return sorted(options)


def decision(one: dict[str, Any]) -> str:
    """A contradiction, and what was decided."""
    said = "\n".join(f"- {prose(fact)}" for fact in one["runbook"])
    return f"### {one['topic']}\n\n{said}\n\n**{prose(one['decided'])}** {prose(one['because'])}"


def page(platform: Platform) -> str:
    """The page of a platform."""
    absent = [code(name) for name in contract() if name not in platform.facts]
    parts = [
        LICENCE,
        f"# {platform.facts['ops_runbook']['title']} ({platform.name})",
        _PREFACE.format(platform.name),
        "## What is known",
        table(("Fact", "Value"), (row for row in known(platform) if row[1])),
        table(("Service", "Container", "Port", "Replicas", "Keeps data"), services(platform)),
        table(("What is asked", "Where", "Healthy answer"), reached(platform)),
        table(("Backups", "Files", "Twin in S3", "Kept"), kept(platform)),
        f"Not in the inventory: {', '.join(absent)}." if absent else "",
        "## When a number is bad",
        "A value is critical, else a warning, else ok. What is ours is not in the runbook.",
        table(("Check or limit", "Warning", "Critical", "Where it is from"), numbers(platform)),
        "## Gaps that we filled",
        table(("Where", "What the runbook says, and what is ours"), filled(platform)),
        f"## What was decided ({len(platform.decisions)})",
        *(decision(one) for one in platform.decisions),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def index(found: list[Platform]) -> str:
    """The list of the pages."""
    rows = (
        (
            f"[{one.name}]({one.name}.md)",
            one.facts["ops_runbook"]["title"],
            str(len(one.facts["ops_services"])),
            str(len(list(numbers(one)))),
            str(sum(note.ours and not note.carried for note in one.notes)),
            str(len(one.decisions)),
        )
        for one in found
    )
    head = ("Platform", "Runbook", "Services", "Numbers with levels", "Notes of ours", "Decisions")
    also = "[What the runbooks look at](coverage.md), and by which check it is seen."
    return "\n\n".join([LICENCE, "# Platforms", table(head, rows), also]) + "\n"


def covered() -> dict[str, dict[str, str]]:
    """What looks at each thing that the runbooks look at."""
    found: dict[str, dict[str, str]] = yaml.safe_load(
        (HERE / "coverage.yml").read_text(encoding="utf-8")
    )
    return found


def coverage(items: dict[str, dict[str, str]]) -> str:
    """The page of what the runbooks look at."""
    parts = [LICENCE, "# What the runbooks look at"]
    seen = sum(one["by"] != "nothing" for one in items.values())
    parts.append(
        f"Of {len(items)} procedures that check, measure or report, {seen} are carried out; for the"
        f" others it says why not. `make docs` writes this page; edit"
        f" [`coverage.yml`](coverage.yml)."
    )
    for name in platforms():
        rows = (
            (item, code(one["by"]), code(one.get("check")), prose(one.get("note", "")))
            for item, one in items.items()
            if item.startswith(name)
        )
        parts += [f"## {name}", table(("Procedure", "By", "Check", "Note"), rows)]
    return "\n\n".join(parts) + "\n"


def pages() -> dict[str, str]:
    """Every page by its name."""
    found = [read(name) for name in platforms()]
    whole = {"README.md": index(found), "coverage.md": coverage(covered())}
    return {**whole, **{f"{one.name}.md": page(one) for one in found}}


def main() -> None:
    """Write the pages that differ."""
    for name, text in pages().items():
        path = HERE / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"docs/platforms/{name}\n")


if __name__ == "__main__":
    main()
