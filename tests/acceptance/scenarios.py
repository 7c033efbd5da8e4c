# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scenarios of the lab: which hosts they are for, what has to be found, and what was found.

usage: python3 -m tests.acceptance.scenarios [SCENARIO...] breaks the lab in each of them, runs
``health``, prints what it found, and for all of them writes it to docs/health_scenarios.md.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.acceptance.conftest import ROOT, run_playbook

SCENARIOS = ROOT / "tests" / "lab" / "scenarios"
PAGE = ROOT / "docs" / "health_scenarios.md"
HEALTHY = "nothing is broken"
Seen = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Scenario:
    """What happens, where it can happen, and what ``health`` has to say of it.

    ``found`` is the status of each check that has to tell. ``follows`` is why other checks may be
    bad too; those count neither as right nor as wrong.
    """

    name: str
    story: str
    platforms: tuple[str, ...]
    found: Mapping[str, str]
    follows: Mapping[str, str]
    playbook: str


@dataclass(frozen=True)
class Score:
    """What was found of one scenario on one host: checks that are right, missed and wrong."""

    scenario: str
    host: str
    right: tuple[str, ...]
    missed: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()


def read_scenario(directory: Path) -> Scenario:
    """The scenario that a directory of ``tests/lab/scenarios`` describes."""
    given = yaml.safe_load((directory / "expected.yml").read_text("utf-8"))
    head = (directory / "break.yml").read_text("utf-8").partition("\n---\n")[0]
    return Scenario(
        name=directory.name,
        story=" ".join(line.lstrip("# ") for line in head.splitlines()[1:]),
        platforms=tuple(given["platforms"]),
        found=given["found"],
        follows=given.get("also", {}),
        playbook=given.get("playbook", "health"),
    )


def read_scenarios() -> list[Scenario]:
    """Every scenario that ``health`` is to find, by name."""
    every = [read_scenario(path.parent) for path in sorted(SCENARIOS.glob("*/expected.yml"))]
    return [scenario for scenario in every if scenario.playbook == "health"]


def plan_rounds(
    scenarios: Iterable[Scenario], hosts: Mapping[str, str]
) -> list[dict[str, Scenario]]:
    """Rounds in which each host has at most one scenario; ``hosts`` is their platform by name.

    What fits few platforms comes first, so that the others fill the gaps.
    """
    rounds: list[dict[str, Scenario]] = []
    for scenario in sorted(scenarios, key=lambda one: (len(one.platforms), one.name)):
        fitting = [host for host, platform in hosts.items() if platform in scenario.platforms]
        if not fitting:
            continue
        used = {host: sum(host in one for one in rounds) for host in fitting}
        host = min(fitting, key=lambda name: (used[name], name))
        if used[host] == len(rounds):
            rounds.append({})
        next(one for one in rounds if host not in one)[host] = scenario
    return rounds


def score(scenario: Scenario | None, host: str, seen: Seen) -> Score:
    """Compare what was seen of a host with what has to be; of a healthy host that is nothing."""
    found = scenario.found if scenario else {}
    known = {*found, *(scenario.follows if scenario else ())}
    return Score(
        scenario=scenario.name if scenario else HEALTHY,
        host=host,
        right=tuple(sorted(name for name, status in found.items() if (name, status) in seen)),
        missed=tuple(sorted(name for name, status in found.items() if (name, status) not in seen)),
        wrong=tuple(sorted({f"{name} {status}" for name, status in seen if name not in known})),
    )


def rate(part: int, rest: int) -> float:
    """The share of ``part`` in both; 1 where there is nothing."""
    return part / (part + rest) if part + rest else 1.0


def precision(scores: Sequence[Score]) -> float:
    """Which share of the findings was right."""
    return rate(sum(len(one.right) for one in scores), sum(len(one.wrong) for one in scores))


def recall(scores: Sequence[Score]) -> float:
    """Which share of what had to be found was found."""
    return rate(sum(len(one.right) for one in scores), sum(len(one.missed) for one in scores))


def look(directory: Path, hosts: Iterable[str]) -> dict[str, Seen]:
    """What ``health`` finds on each host."""
    run = run_playbook(directory, "health", "--limit", ",".join(hosts))
    findings = run.report["findings"]
    return {
        host: frozenset((one["id"], one["status"]) for one in findings if one["host"] == host)
        for host in hosts
    }


def lab(verb: str, pairs: Mapping[str, Scenario]) -> None:
    """Break or mend several hosts at once."""
    command = [str(ROOT / "tests" / "lab" / verb)]
    command += [f"{scenario.name}@{host}" for host, scenario in pairs.items()]
    subprocess.run(command, check=True, timeout=300)


def play_round(pairs: Mapping[str, Scenario], hosts: Iterable[str], directory: Path) -> list[Score]:
    """Break, look at all hosts, mend; hosts without a scenario have to be found healthy."""
    if pairs:
        lab("break", pairs)
    try:
        seen = look(directory, hosts)
    finally:
        if pairs:
            lab("mend", pairs)
    return [score(pairs.get(host), host, seen[host]) for host in hosts]


def read_hosts() -> dict[str, str]:
    """The platform of each host by its name."""
    told = subprocess.run(
        ["ansible-inventory", "-i", "inventories/lab", "--list", "--limit", "ops_platforms"],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
    ).stdout  # fmt: skip
    facts: dict[str, dict[str, Any]] = json.loads(told)["_meta"]["hostvars"]
    return {host: str(of["ops_platform"]) for host, of in sorted(facts.items())}


def play(scenarios: Iterable[Scenario], directory: Path) -> list[Score]:
    """Every round, the first of which breaks nothing."""
    hosts = read_hosts()
    rounds: list[dict[str, Scenario]] = [{}, *plan_rounds(scenarios, hosts)]
    return [
        result
        for number, pairs in enumerate(rounds)
        for result in play_round(pairs, hosts, directory / str(number))
    ]


def show(scenarios: Iterable[Scenario], scores: Sequence[Score]) -> str:
    """The page: figures of the run, and a row for each scenario."""
    by_name = {one.scenario: one for one in scores}
    rows = [_row(scenario, by_name[scenario.name]) for scenario in scenarios]
    healthy = [one for one in scores if one.scenario == HEALTHY]
    right, missed, wrong = (
        sum(len(getattr(one, kind)) for one in scores) for kind in ("right", "missed", "wrong")
    )
    figures = [
        f"| Scenarios | {len(rows)} |",
        f"| Looks at hosts on which nothing was broken | {len(healthy)} |",
        f"| Findings that have to be there, and are | {right} of {right + missed} |",
        f"| Findings that should not be there | {wrong} |",
        f"| Precision | {precision(scores):.3f} |",
        f"| Recall | {recall(scores):.3f} |",
    ]
    return "\n".join([*_HEAD, *figures, *_MIDDLE, *rows, ""])


def _row(scenario: Scenario, result: Score) -> str:
    told = [
        f"{'**missed** ' if name in result.missed else ''}`{name}` {status}"
        for name, status in scenario.found.items()
    ]
    told += [f"**wrong** `{name}`" for name in result.wrong]
    follows = ", ".join(f"`{name}`" for name in scenario.follows)
    return f"| `{scenario.name}` | {scenario.story} | {', '.join(told)} | {follows} |"


_HEAD = """\
<!-- SPDX-License-Identifier: GPL-3.0-or-later -->
# What `health` finds

The lab is broken on purpose in each of these ways, `runbook.ops.health` runs over all its hosts,
and what it finds is compared with what has to be found. `tests/acceptance/test_health.py` plays
them all, fails when one is missed or anything else is found, and holds this page to what it saw;
`python3 -m tests.acceptance.scenarios` writes it.
`tests/lab/break NAME@HOST` and `tests/lab/mend NAME@HOST` play one by hand.

| The run | |
|---|---|""".splitlines()
_MIDDLE = """
A finding is right when check and status are the expected ones. What follows of necessity, such as
the endpoint of a service that was stopped, counts neither as right nor as wrong; the reasons are in
each scenario's `expected.yml`.

| Scenario | What happens | Is found by | May follow |
|---|---|---|---|""".splitlines()


def main() -> int:
    """Play the scenarios that are named, or all of them and write the page."""
    wanted = [one for one in read_scenarios() if not sys.argv[1:] or one.name in sys.argv[1:]]
    with tempfile.TemporaryDirectory() as directory:
        scores = play(wanted, Path(directory))
    text = show([one for one in wanted if one.name in {s.scenario for s in scores}], scores)
    if not sys.argv[1:]:
        PAGE.write_text(text, "utf-8")
    sys.stdout.write(text)
    return 0 if precision(scores) == recall(scores) == 1 else 1


if __name__ == "__main__":
    sys.exit(main())
