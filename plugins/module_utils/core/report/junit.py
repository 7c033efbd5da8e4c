# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as JUnit XML, as Jenkins and GitLab read it: a suite a host, a case a check."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

from ..check import Status, severity
from .page import describe_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0 does not have, not even as an entity."""


def describe_junit(report: Mapping[str, Any]) -> str:
    """The document. Whatever is not ok is a failure; its type is the status."""
    hosts = [(platform, host) for platform in report["platforms"] for host in platform["hosts"]]
    total = {"name": report["title"], **_sizes(host for _platform, host in hosts)}
    suites = "".join(_suite(report, platform["name"], host) for platform, host in hosts)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f"{head}<testsuites{_attributes(total)}>\n{suites}</testsuites>\n"


def _sizes(hosts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    checks = [check for host in hosts for check in host["checks"]]
    failures = sum(severity(check) != Status.OK for check in checks)
    return {"tests": len(checks), "failures": failures, "errors": 0, "skipped": 0, "time": 0}


def _suite(report: Mapping[str, Any], platform: str, host: Mapping[str, Any]) -> str:
    name = f"{platform}.{host['name']}" if platform else host["name"]
    told = {
        "name": name,
        **_sizes([host]),
        "timestamp": report["generated_at"].rstrip("Z"),
        "hostname": host["name"],
    }
    given = {"run_id": report["run_id"], "platform": platform}
    properties = "".join(
        f"<property{_attributes({'name': key, 'value': value})}/>" for key, value in given.items()
    )
    cases = "".join(_case(name, check) for check in host["checks"])
    return (
        f"<testsuite{_attributes(told)}>\n<properties>{properties}</properties>\n{cases}"
        "</testsuite>\n"
    )


def _case(suite: str, check: Mapping[str, Any]) -> str:
    told = _attributes(
        {"classname": suite, "name": f"{check['id']} {check['subject']}".rstrip(), "time": 0}
    )
    if severity(check) == Status.OK:
        return f"<testcase{told}/>\n"
    failure = _attributes({"message": check["summary"], "type": check["status"]})
    return f"<testcase{told}><failure{failure}>{_xml(_details(check))}</failure></testcase>\n"


def _details(check: Mapping[str, Any]) -> str:
    lines = [f"{check['status']}: {check['summary']}"]
    lines += [
        f"{name}: {describe_value(check[name], check['unit'])}"
        for name in ("value", "warning", "critical")
        if check[name] is not None
    ]
    lines += [f"{name}: {check[name]}" for name in ("remedy", "observed_at") if check[name]]
    return "\n".join(lines)


def _attributes(values: Mapping[str, Any]) -> str:
    return "".join(f' {name}="{_xml(str(value))}"' for name, value in values.items())


def _xml(text: str) -> str:
    return html.escape(_ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text))
