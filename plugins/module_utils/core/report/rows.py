# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of a page as rows of HTML tables.

A template of Ansible looks at each value that it prints, which takes seconds for a thousand checks;
a row that is one text costs it nothing. What comes in was escaped by ``describe_page``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .trend import HEIGHT, WIDTH

if TYPE_CHECKING:
    from collections.abc import Mapping


def describe_rows(page: Mapping[str, Any]) -> dict[str, Any]:
    """``page`` with text in the place of checks: ``findings``, and ``rows`` of each area."""
    many = len(page["names"]) > 1
    platforms = [
        {**platform, "hosts": [_fold_host(host) for host in platform["hosts"]]}
        for platform in page["platforms"]
    ]
    findings = "".join(_finding(check, many=many) for check in page["findings"])
    return {**page, "platforms": platforms, "findings": findings}


def shape(word: str) -> str:
    """The sign of a status."""
    return (
        f'<svg class="shape {word}" viewBox="0 0 16 16" aria-hidden="true">'
        f'<use href="#{word}"/></svg>'
    )


def _fold_host(host: Mapping[str, Any]) -> dict[str, Any]:
    areas = [
        {**{key: value for key, value in area.items() if key != "checks"}, "rows": _rows(area)}
        for area in host["areas"]
    ]
    return {**{key: value for key, value in host.items() if key != "checks"}, "areas": areas}


def _rows(area: Mapping[str, Any]) -> str:
    return "".join(
        f'<tr role="row" class="{check["status"]}">{_status(check)}'
        f'<th role="rowheader" scope="row">'
        f"<code>{check['id']}</code>{_time(check['observed_at'])}</th>{_seen(check)}</tr>\n"
        for check in area["checks"]
    )


def _finding(check: Mapping[str, Any], *, many: bool) -> str:
    platform = f", {check['platform']}" if many and check["platform"] else ""
    return (
        f'<tr role="row" class="{check["status"]}" data-host="{check["host"]}"'
        f' data-platform="{check["platform"]}">{_status(check)}<th role="rowheader" scope="row">'
        f'<code>{check["id"]}</code><span class="host"><a href="#{check["anchor"]}">{check["host"]}'
        f"</a>{platform}</span></th>{_seen(check)}</tr>\n"
    )


def _status(check: Mapping[str, Any]) -> str:
    word = check["status"]
    return f'<td role="cell"><span class="status {word}">{shape(word)} {word}</span></td>'


def _time(time: str) -> str:
    if not time:
        return ""
    told = time.replace("T", " ").replace("Z", " UTC")
    return f'<time class="host" datetime="{time}">{told}</time>'


def _seen(check: Mapping[str, Any]) -> str:
    """What was seen, and beside it the value with its thresholds and its past."""
    subject = check["subject"]
    told = f'<strong class="subject" dir="auto">{subject}</strong>' if subject else ""
    told += f'<span class="summary" dir="auto">{check["summary"]}</span>{_remedy(check)}'
    value = f'<span class="number" dir="auto">{check["measure"]}</span>' if check["measure"] else ""
    drawn = _bar(check["bar"]) if check["bar"] else ""
    limits = "".join(
        f'<span class="limit">{limit["word"]} {limit["text"]}</span> ' for limit in check["limits"]
    )
    measure = f"{value}{drawn}{limits}{_trend(check['trend'])}"
    return f'<td role="cell">{told}</td><td role="cell">{measure}</td>'


def _remedy(check: Mapping[str, Any]) -> str:
    name, title = check["remedy"], check["cure"]
    if title:
        link = f'<a href="#remedy-{name}">{title}</a>'
        return f'<span class="remedy">What to do first: {link}</span>'
    return f'<span class="remedy">Remedy: <code>{name}</code></span>' if name else ""


def _bar(drawn: Mapping[str, Any]) -> str:
    zones = "".join(
        f'<rect class="zone {zone["word"]}" x="{zone["start"]}" width="{zone["width"]}"'
        ' height="10"/>'
        for zone in drawn["zones"]
    )
    return (
        '<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        f'{zones}<rect class="value" y="3" width="{drawn["value"]}" height="4"/></svg>'
    )


def _trend(trend: Mapping[str, Any] | None) -> str:
    """The line of the earlier runs, and the same in words, which stand for it to who hears it."""
    if trend is None:
        return ""
    words = f'<span class="since">{trend["text"]}</span>'
    drawn = trend["drawn"]
    if drawn is None:
        return words
    limits = "".join(
        f'<path class="{limit["word"]}" d="M0 {limit["y"]}H{WIDTH}"/>' for limit in drawn["limits"]
    )
    marks = "".join(
        f'<circle class="{mark["word"]}" cx="{mark["x"]}" cy="{mark["y"]}" r="4"/>'
        for mark in drawn["marks"]
    )
    line = f'<path d="{drawn["line"]}"/>'
    return (
        f'<svg class="trend" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">'
        f"{limits}{line}{marks}</svg>{words}"
    )
