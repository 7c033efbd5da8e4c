# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as Markdown, for a chat or a ticket: what is not ok, and what to do first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..check import Status
from .page import describe_value, headline
from .remedies import named_remedies

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_MOST = 50  # a ticket has room for some 65 000 characters
_LONGEST = 500
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&]|^[-+=])")
_NUMBER = re.compile(r"^(\d+)([.)])(?=\s|$)")
_WORD_JOINER = "\N{WORD JOINER}"


def describe_markdown(report: Mapping[str, Any]) -> str:
    """The text, which ends in a line feed. What a host says mentions nobody and formats nothing."""
    blocks = [_head(report), _hosts(report), _findings(report), _remedies(report), _acts(report)]
    return "\n\n".join("\n".join(lines) for lines in map(list, blocks) if lines) + "\n"


def _head(report: Mapping[str, Any]) -> Iterable[str]:
    yield f"# {plain(report['title'])}: {report['status']}"
    yield ""
    yield f"{headline(report).rstrip('.')}."
    time = report["generated_at"].replace("T", " ").replace("Z", " UTC")
    by = f" by {plain(report['operator'])}" if report["operator"] else ""
    yield f"Run `{report['run_id']}` at {time}{by}."
    if report["rehearsal"]:
        yield "This was a rehearsal (check mode): nothing was changed."
    if report["refusal"]:
        yield ""
        yield f"> {plain(report['refusal'])}"


def _hosts(report: Mapping[str, Any]) -> Iterable[str]:
    words = [status.label for status in reversed(Status)]
    yield f"| Platform | Host | Status | {' | '.join(words)} |"
    yield "|---|---|---|" + "---:|" * len(words)
    for platform in report["platforms"]:
        for host in platform["hosts"]:
            counts = " | ".join(str(host["counts"][word]) for word in words)
            name = plain(platform["name"])
            yield f"| {name} | {plain(host['name'])} | {_told(host['status'])} | {counts} |"


def _findings(report: Mapping[str, Any]) -> Iterable[str]:
    if not report["findings"]:
        return
    yield "## Findings"
    yield ""
    for finding in report["findings"][:_MOST]:
        where = " on ".join(plain(finding[key]) for key in ("subject", "host") if finding[key])
        yield f"- **{finding['status'].upper()}** {plain(finding['id'])}, {where}:"
        value = describe_value(finding["value"], finding["unit"])
        told = f" ({plain(value)})" if value and value not in finding["summary"] else ""
        cure = f" Remedy: {plain(finding['remedy'])}." if finding["remedy"] else ""
        yield f"  {plain(finding['summary'])}{told}{cure}"
    more = len(report["findings"]) - _MOST
    if more > 0:
        yield f"- and {more} more, see the page"


def _remedies(report: Mapping[str, Any]) -> Iterable[str]:
    for number, remedy in enumerate(named_remedies(report)):
        yield from [""] if number else ["## What to do first", ""]
        yield f"**{plain(remedy['title'])}** ({plain(remedy['name'])})"
        yield ""
        yield from (f"{place}. {plain(step)}" for place, step in enumerate(remedy["steps"], 1))


def _acts(report: Mapping[str, Any]) -> Iterable[str]:
    if not report["entries"]:
        return
    yield "## What was done"
    yield ""
    for entry in report["entries"][:_MOST]:
        extent = f": {entry['extent']}" if entry["extent"] else ""
        told = f"{entry['action']} {entry['outcome']} on {entry['subject']}{extent}"
        yield f"- {entry['time']} {plain(entry['host'])}: {plain(told)}"
    more = len(report["entries"]) - _MOST
    if more > 0:
        yield f"- and {more} more, see the page"


def plain(text: str) -> str:
    """``text`` as itself, on one line: no markup, and nobody is notified by an ``@``."""
    folded = " ".join(text.split())
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in folded)
    cut = shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"
    marked = _NUMBER.sub(r"\1\\\2", _MARKUP.sub(r"\\\1", cut))
    return marked.replace("@", f"@{_WORD_JOINER}")


def _told(status: str) -> str:
    return status if status == Status.OK.label else f"**{status}**"
