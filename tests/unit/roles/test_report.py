# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role ``report`` in real runs of ``ansible-playbook``, over hosts that are this machine."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[3]
PLAY = """
- name: Daily maintenance
  hosts: all
  gather_facts: false
  tasks:
    - name: Look at the host
      ansible.builtin.command: cat {{ inventory_dir }}/{{ inventory_hostname }}.json
      register: seen
      changed_when: false
      check_mode: false
    - name: Keep what was seen
      ansible.builtin.set_fact:
        seen_checks: "{{ {'checks': seen.stdout | from_json} | runbook.ops.as_checks('cat', 'x') }}"
    - name: Report
      ansible.builtin.import_role:
        name: runbook.ops.report
      vars:
        report_run_id: run-1
        report_checks: "{{ seen_checks }}"
"""
HOSTILE = "<script>alert('x')</script> & \"{{ 6 * 7 }}\" \x1b[31m سجل"
GOOD = {
    "id": "host.disk",
    "subject": "/",
    "status": "ok",
    "summary": "41 % of / is used.",
    "value": 41,
    "unit": "%",
    "warning": 80,
    "critical": 90,
    "observed_at": "2026-01-31T04:00:00Z",
}
BAD = {**GOOD, "id": "logs.errors", "subject": "backend", "status": "critical", "summary": HOSTILE}


@dataclass(frozen=True)
class Ended:
    """An ended run: exit status, what was printed, the report as data and as page, and where."""

    status: int
    printed: str
    report: dict[str, Any]
    page: str
    directory: Path


RunPlay = Callable[..., Ended]


def prepare(place: Path, hosts: dict[str, list[dict[str, Any]] | None]) -> None:
    """Write inventory, playbook, and what each host will say; ``None`` makes it unreachable."""
    here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    away = {"ansible_host": "127.0.0.1", "ansible_port": 1}
    common = {"ops_platform": "liyaqa"}
    told = {}
    for name, checks in hosts.items():
        told[name] = {**common, **(away if checks is None else here)}
        (place / f"{name}.json").write_text(json.dumps(checks), "utf-8")
    (place / "hosts.yml").write_text(json.dumps({"all": {"hosts": told}}), "utf-8")
    (place / "play.yml").write_text(PLAY, "utf-8")


@pytest.fixture(scope="module")
def run_play(tmp_path_factory: pytest.TempPathFactory) -> RunPlay:
    """``run_play({host: checks, ...}, "--check", ...)`` in a new directory, or that of a run."""

    def run(
        hosts: dict[str, list[dict[str, Any]] | None],
        *arguments: str,
        place: Path | None = None,
        **given: str,
    ) -> Ended:
        place = place or tmp_path_factory.mktemp("run")
        prepare(place, hosts)
        environment = {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "HOME": os.environ["HOME"],
            "LC_ALL": "C.UTF-8",
            "LOGNAME": "amal",
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible" / "collections"),
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
            **given,
        }
        ended = subprocess.run(
            ["ansible-playbook", "-i", "hosts.yml", "play.yml", *arguments],
            cwd=place,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        latest = place / "reports" / "latest"
        written = latest.exists()
        return Ended(
            status=ended.returncode,
            printed=ended.stdout + ended.stderr,
            report=json.loads((latest / "report.json").read_text("utf-8")) if written else {},
            page=(latest / "report.html").read_text("utf-8") if written else "",
            directory=latest,
        )

    return run


@pytest.fixture(scope="module")
def broken(run_play: RunPlay) -> Ended:
    """A run over two hosts that found one critical thing, and is asked to fail on it."""
    return run_play({"a-1": [GOOD, BAD], "b-1": [GOOD]}, "-e", "report_fail_on=critical")


def test_healthy_run_is_one_line_and_passes(run_play: RunPlay) -> None:
    ended = run_play({"liyaqa-prod-1": [GOOD]}, "-e", "report_fail_on=warning")
    assert ended.status == 0, ended.printed
    assert "    - ' All is well: 1 check on 1 host is ok.'" in ended.printed
    assert "changed=0" in ended.printed
    assert ended.report["operator"] == "amal"
    assert ended.report["title"] == "Daily maintenance"
    assert ended.directory.readlink() == Path("run-1")
    assert oct(ended.directory.resolve().stat().st_mode)[-3:] == "750"
    assert oct((ended.directory / "report.json").stat().st_mode)[-3:] == "640"


def test_rehearsal_writes_its_report_too_and_shows_no_diff(run_play: RunPlay) -> None:
    ended = run_play({"liyaqa-prod-1": [GOOD, BAD]}, "--check", "--diff")
    assert ended.status == 0, ended.printed
    assert ended.report["rehearsal"] is True
    assert "This was a rehearsal (check mode): nothing was changed." in ended.page
    assert "<html" not in ended.printed


def test_what_a_host_says_is_inert(broken: Ended) -> None:
    assert broken.report["findings"][0]["summary"] == HOSTILE
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt; &amp;" in broken.page
    assert "{{ 6 * 7 }}" in broken.page
    assert "{{ 6 * 7 }}" in broken.printed
    assert "\x1b[31m" not in broken.printed + broken.page
    assert broken.page.count("<script") == 1


def test_critical_check_fails_the_run_if_asked(broken: Ended) -> None:
    refusal = (
        "Cannot pass the run run-1: logs.errors on a-1 is critical. Mend what the report names,"
        " worst first; report_fail_on is critical."
    )
    assert broken.status == 2
    assert refusal in " ".join(broken.printed.split())
    assert broken.report["refusal"] == refusal


def test_host_that_was_not_looked_at_fails_the_run_in_any_case(run_play: RunPlay) -> None:
    ended = run_play({"a-1": None, "b-1": [GOOD]})
    assert ended.status != 0
    (finding,) = ended.report["findings"]
    assert (finding["id"], finding["host"], finding["status"]) == ("host.run", "a-1", "critical")
    assert ended.report["refusal"] == (
        "Cannot pass the run run-1: a-1 could not be looked at. Make sure that every host answers,"
        " and run again."
    )


def test_wrong_facts_get_a_sentence(run_play: RunPlay) -> None:
    ended = run_play({"a-1": [{**GOOD, "id": ""}]})
    assert ended.status == 2
    assert (
        "Cannot report on a-1: item 1 of report_checks has no id. Fill report_checks with"
        " runbook.ops.as_checks, and report_entries with entries of actors."
    ) in " ".join(ended.printed.split())


VOID = ("input", "meta", "rect", "use", "path")


class Page(HTMLParser):
    """Collects what a reader's tools rely on: open tags, table parts, addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.addresses: set[str] = set()
        self.without_scope = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag, and what its attributes say."""
        given = dict(attrs)
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        self.without_scope += tag == "th" and "scope" not in given
        self.addresses |= {given[name] or "" for name in ("href", "src") if name in given}

    def handle_endtag(self, tag: str) -> None:
        """The tag that was opened last is closed first."""
        if tag not in VOID:
            assert self.open.pop() == tag


def test_page_is_whole_self_contained_and_readable_by_tools(broken: Ended) -> None:
    page = Page()
    page.feed(broken.page)
    assert page.open == []
    assert page.without_scope == 0
    assert page.tags.count("h1") == 1
    assert page.tags.count("caption") == page.tags.count("table") == 4
    beside = {address for address in page.addresses if address[0] != "#"}
    assert beside == {"report.json", "report.md", "report.xml", "report.prom"}
    assert all((broken.directory / name).is_file() for name in beside)
    assert not re.search(r"url\(|@import|https?://", broken.page)
    assert not {"link", "img", "iframe"} & set(page.tags)


def test_only_the_script_of_the_role_may_run(broken: Ended) -> None:
    script = (ROOT / "roles" / "report" / "templates" / "report.js").read_text("utf-8").strip()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"<script>{script}</script>" in broken.page
    assert f"script-src 'sha256-{digest}'; " in broken.page


def test_report_is_written_for_other_programs_too(broken: Ended) -> None:
    text = (broken.directory / "report.md").read_text("utf-8")
    assert text.startswith("# Daily maintenance: critical\n")
    root = ElementTree.parse(broken.directory / "report.xml").getroot()
    assert (root.attrib["tests"], root.attrib["failures"]) == ("3", "1")
    metrics = (broken.directory / "report.prom").read_text("utf-8")
    assert 'check="logs.errors",subject="backend"} 3\n' in metrics
    assert oct((broken.directory / "report.prom").stat().st_mode)[-3:] == "640"


def test_outcome_is_handed_to_what_follows_the_run(run_play: RunPlay) -> None:
    shown = {"ANSIBLE_SHOW_CUSTOM_STATS": "true", "ANSIBLE_CALLBACK_RESULT_FORMAT": "json"}
    ended = run_play({"a-1": [GOOD, BAD]}, **shown)
    (told,) = re.findall(r"(?m)^\s*RUN: (\{.*\})$", ended.printed)
    stats = json.loads(told)["runbook_report"]
    assert (stats["status"], stats["counts"]["ok"]) == ("critical", 1)
    assert stats["findings"][0]["id"] == "logs.errors"
    assert stats["page"].endswith("/reports/run-1/report.html")


def test_metrics_are_handed_to_node_exporter_whole(run_play: RunPlay) -> None:
    ended = run_play({"a-1": [GOOD]}, "-e", "report_textfile=textfile")
    assert ended.status == 0, ended.printed
    (written,) = (ended.directory.parents[1] / "textfile").iterdir()
    assert written.name == "runbook_daily_maintenance.prom"
    assert written.read_bytes() == (ended.directory / "report.prom").read_bytes()
    assert oct(written.stat().st_mode)[-3:] == "644"
    assert oct(written.parent.stat().st_mode)[-3:] == "755"


def test_page_looks_back_on_earlier_runs(run_play: RunPlay) -> None:
    first = run_play({"a-1": [GOOD]})
    assert "ok for 2 runs" not in first.page
    torn = first.directory.parent / "torn" / "report.json"
    torn.parent.mkdir()
    torn.write_text("{", "utf-8")
    again = ("-e", "report_run_id=run-2")
    second = run_play({"a-1": [GOOD]}, *again, place=first.directory.parents[1])
    assert second.status == 0, second.printed
    assert "ok for 2 runs" in second.page
    assert f"Cannot read the report {torn}: it is torn, or no JSON." in second.page
    alone = run_play(
        {"a-1": [GOOD]}, *again, "-e", "report_history=0", place=first.directory.parents[1]
    )
    assert "for 2 runs" not in alone.page
    assert "Cannot read the report" not in alone.page
