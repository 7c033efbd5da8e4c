# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole module on files: what is counted, judged and told."""

from __future__ import annotations

import gzip
import os
import resource
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.report.remedies import REMEDIES
from ansible_collections.runbook.ops.plugins.modules import log_scan

from tests.conftest import RunModule
from tests.samples.log_scans import ERRORS, statuses

MEGABYTE = 1024 * 1024


def scan_file(run_module: RunModule, path: Path, **options: Any) -> dict[str, Any]:
    given = {"sources": [{"name": "app", "path": str(path)}], "patterns": [ERRORS], **options}
    return run_module(log_scan, **given)


def test_file_is_scanned_for_each_pattern(run_module: RunModule, tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(b"start\nERROR password=hunter2\nERROR pipe\nFATAL \xff\x00\x1b[2J end")
    patterns = [
        {**ERRORS, "exclude": "pipe"},
        {"id": "logs.fatal", "pattern": "^FATAL.*end$", "threshold": {"op": "ge", "critical": 1}},
        {"id": "logs.started", "pattern": "start", "threshold": {"op": "lt", "critical": 1}},
    ]
    result = scan_file(run_module, path, patterns=patterns)
    assert statuses(result) == {
        "logs.source": "ok",
        "logs.errors": "warning",
        "logs.fatal": "critical",
        "logs.started": "ok",
    }
    (source,) = result["sources"]
    samples = [counted["samples"] for counted in source["patterns"]]
    assert samples == [["ERROR password=[redacted]"], ["FATAL \ufffd [2J end"], ["start"]]
    assert (source["lines"], result["summary"]) == (4, "1 logs were scanned, 4 lines.")
    assert result["changed"] is False


def test_line_of_50_megabytes_is_harmless(run_module: RunModule, tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    with path.open("wb") as stream:
        for dummy in range(50):
            stream.write(b"x" * MEGABYTE)
        stream.write(b"\nERROR behind it\n")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    patterns = [ERRORS, {"id": "logs.slow", "pattern": "x.*y"}]
    result = scan_file(run_module, path, patterns=patterns)
    assert result["sources"][0]["patterns"][0]["lines"] == 1
    assert result["sources"][0]["bytes"] < MEGABYTE
    assert result["checks"][0]["status"] == "warning"
    assert "52.4 MB more in lines that are too long" in result["checks"][0]["summary"]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20 * 1024


def test_what_is_no_log_is_a_finding(run_module: RunModule, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "empty").touch()
    sources = [
        {"name": name, "path": str(tmp_path / name)} for name in ("none", "fifo", ".", "empty")
    ]
    result = run_module(log_scan, sources=sources, patterns=[ERRORS])
    assert [check["summary"] for check in result["checks"]] == [
        "The log of none cannot be read: no such file or directory.",
        "The log of fifo cannot be read: it is no regular file.",
        "The log of . cannot be read: is a directory.",
        f"empty has 0 lines (0.0 MB) in {tmp_path}/empty.",
        f"empty: no lines match logs.errors in {tmp_path}/empty.",
    ]
    assert [check["status"] for check in result["checks"]] == ["critical"] * 3 + ["ok"] * 2


def test_rotated_and_compressed_files_are_read(run_module: RunModule, tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text("ERROR now\n")
    (tmp_path / "app.log.1").write_text("ERROR yesterday\n")
    (tmp_path / "app.log.2.gz").write_bytes(gzip.compress(b"ERROR before\n" * 50_000))
    (tmp_path / "app.log.4").write_text("ERROR behind a gap\n")
    source = {"name": "app", "path": str(path), "rotated": 9}
    result = run_module(log_scan, sources=[source], patterns=[ERRORS])
    (counted,) = result["sources"][0]["patterns"]
    assert counted["lines"] == 50_002
    assert counted["samples"] == ["ERROR before", "ERROR yesterday", "ERROR now"]


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"\x7fELF" + bytes(5000), "it is binary and holds no lines of text"),
        (b"\x28\xb5\x2f\xfd more", "it is compressed with zstd, and only gzip is read"),
        (gzip.compress(b"ERROR\n" * 9, mtime=0)[:-9], "the gzip stream is cut off after"),
    ],
    ids=["binary", "zstd", "cut off gzip"],
)
def test_file_that_holds_no_text_is_a_finding(
    run_module: RunModule, tmp_path: Path, content: bytes, cause: str
) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(content)
    check = scan_file(run_module, path)["checks"][0]
    assert check["status"] in ("critical", "unknown")
    assert cause in check["summary"]


def test_guessed_passwords_are_found(run_module: RunModule, tmp_path: Path) -> None:
    path = tmp_path / "auth.log"
    line = "sshd[7]: Failed password for {} from {} port 22 ssh2\n"
    attempts = [("root", "192.0.2.9")] * 60 + [(f"amal{n}", "192.0.2.1") for n in range(9)]
    path.write_text("".join(line.format(*attempt) for attempt in attempts))
    limits = {"op": "ge", "warning": 10, "critical": 50}
    groups = [
        {"id": "auth.by_address", "pattern": r"Failed .* from (?P<key>\S+)", "kind": "address"},
        {"id": "auth.by_account", "pattern": r"password for (?P<key>\S+)", "kind": "account"},
    ]
    limited = [{**group, "threshold": limits} for group in groups]
    result = scan_file(run_module, path, patterns=[], groups=limited)
    assert statuses(result) == {
        "logs.source": "ok",
        "auth.by_address": "critical",
        "auth.by_account": "critical",
    }
    by_address, by_account = result["sources"][0]["groups"]
    assert by_address["top"] == [
        {"key": "192.0.2.9", "lines": 60},
        {"key": "192.0.2.1", "lines": 9},
    ]
    assert (by_account["keys"], by_account["top"][0]["key"]) == (10, "ro***")
    assert "amal" not in str(result["sources"])


def test_checks_have_the_remedy_that_was_given(run_module: RunModule, tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text("ERROR of 192.0.2.1\n")
    group = {"id": "by.address", "pattern": r"of (?P<key>\S+)", "remedy": "service_down"}
    patterns = [{**ERRORS, "remedy": "disk_full"}, {**ERRORS, "id": "logs.other"}]
    result = scan_file(run_module, path, patterns=patterns, groups=[group])
    assert {check["id"]: check["remedy"] for check in result["checks"]} == {
        "logs.source": None,
        "logs.errors": "disk_full",
        "logs.other": None,
        "by.address": "service_down",
    }


def test_new_messages_are_told_against_a_baseline(run_module: RunModule, tmp_path: Path) -> None:
    path, known = tmp_path / "app.log", tmp_path / "known"
    path.write_text("ERROR pool 1\nERROR disk 2\nERROR leak 3\n")
    known.write_text("ERROR disk #\n")
    asked = {"pattern": "ERROR", "known": ["ERROR pool 9"], "known_file": str(known)}
    result = scan_file(run_module, path, patterns=[], new_messages=asked)
    assert statuses(result)["logs.new_messages"] == "warning"
    (source,) = result["sources"]
    assert source["messages"]["new"] == [{"template": "ERROR leak #", "lines": 1}]
    known.write_text("\n".join(t["template"] for t in source["messages"]["templates"]))
    again = scan_file(run_module, path, patterns=[], new_messages=asked)
    assert statuses(again)["logs.new_messages"] == "ok"


def test_newest_line_of_the_future_is_a_finding(run_module: RunModule, tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text("2020-01-01T00:00:00Z\n2999-01-01T00:00:00Z\n")
    assert statuses(scan_file(run_module, path))["logs.clock"] == "warning"


def test_file_that_is_shorter_than_it_says_is_read(run_module: RunModule) -> None:
    """As one that is truncated while it is read; files of sysfs say 4096 bytes and have fewer."""
    result = scan_file(run_module, Path("/sys/devices/system/cpu/online"))
    assert (result["status"], result["sources"][0]["lines"]) == ("ok", 1)


def test_logs_that_are_read_together_give_what_each_gives_alone(
    run_module: RunModule, tmp_path: Path
) -> None:
    for name, size in (("large", 90_000), ("small", 3), ("middle", 20_000)):
        lines = (f"ERROR {name} {n} from 192.0.2.{n % 50}\n" for n in range(size))
        (tmp_path / name).write_text("".join(lines))
    names = ("large", "none", "small", "middle")
    sources = [{"name": name, "path": str(tmp_path / name)} for name in names]
    asked = {
        "patterns": [ERRORS],
        "groups": [{"id": "by.address", "pattern": r"from (?P<key>\S+)", "kind": "address"}],
        "new_messages": {"pattern": "ERROR"},
    }
    together = run_module(log_scan, sources=sources, **asked)
    alone = [run_module(log_scan, sources=[source], **asked) for source in sources]
    assert together["sources"] == [one["sources"][0] for one in alone]
    assert [check["summary"] for check in together["checks"]] == [
        check["summary"] for one in alone for check in one["checks"]
    ]


def test_service_of_no_project_is_refused(run_module: RunModule) -> None:
    given = {"sources": [{"name": "a", "service": "backend"}], "patterns": [ERRORS]}
    result = run_module(log_scan, **given)
    assert result["msg"] == (
        "Cannot find service backend: project is missing. Give the Compose project."
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"patterns": [{"id": "logs.x", "pattern": "(a"}]},
            (
                "Cannot use the pattern logs.x: missing ), unterminated subpattern at position 0."
                " Give a regular expression of Python."
            ),
        ),
        (
            {"patterns": [{**ERRORS, "remedy": "errors"}]},
            f"value of remedy must be one of: {', '.join(REMEDIES)}, got: errors found in patterns",
        ),
        (
            {"groups": [{"id": "logs.x", "pattern": "(?P<key>x)", "remedy": "attack"}]},
            f"value of remedy must be one of: {', '.join(REMEDIES)}, got: attack found in groups",
        ),
        (
            {"since": 0},
            (
                "Cannot look 0 hours back: since is more than 0 and at most 10 years."
                " Give hours, such as 24."
            ),
        ),
        (
            {"connect_timeout": 0},
            (
                "Cannot wait 0 seconds for an answer: a timeout is more than 0 and at most an hour."
                " Give timeout in seconds, such as 5."
            ),
        ),
        (
            {"timeout": 0},
            (
                "Cannot wait 0 seconds for an answer: a timeout is more than 0 and at most an hour."
                " Give timeout in seconds, such as 5."
            ),
        ),
        (
            {"new_messages": {"pattern": "x", "known_file": "/nope"}},
            (
                "Cannot read the baseline /nope: No such file or directory. Write the templates"
                " of a healthy day to it, or leave known_file out."
            ),
        ),
        (
            {"sources": [{"name": "x"}]},
            "one of the following is required: service, container, path found in sources",
        ),
        (
            {"sources": [{"name": "x", "path": "/x", "container": "x"}]},
            "parameters are mutually exclusive: service|container|path found in sources",
        ),
    ],
)
def test_bad_option_is_refused(
    run_module: RunModule, tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    result = scan_file(run_module, tmp_path, **options)
    assert (result["failed"], result["msg"]) == (True, message)
