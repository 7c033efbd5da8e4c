# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file of an upstream: what it holds, and what it must not hold."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.scaling.upstream import (
    Wish,
    plan_upstream,
    read_upstream_wish,
    render_upstream,
    summarise_upstream,
)

GIVEN: dict[str, Any] = {
    "path": "/opt/shop/nginx/upstream.conf",
    "upstream": "api",
    "servers": ["api:3000"],
    "resolve_anew": False,
    "container": "nginx-lb",
    "test": ["nginx", "-t"],
    "reload": ["nginx", "-s", "reload"],
}
TEXT = """\
# Written by runbook.ops.nginx_upstream; changes here are lost.
upstream api {
    zone api 64k;
    server api:3000;
}
"""


def wish(**given: Any) -> Wish:
    return read_upstream_wish({**GIVEN, **given})


@pytest.mark.parametrize(
    "servers", [["api:3000"], ["10.0.0.1:80", "shop-api-1"], ["[fd00::1]:3000"]]
)
def test_names_and_addresses_are_taken(servers: list[str]) -> None:
    assert wish(servers=servers).servers == tuple(servers)


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        ({"servers": []}, "Cannot use servers: it is empty."),
        ({"servers": ["a;} server {"]}, "Cannot use servers a;} server {: it is no name"),
        ({"servers": ["a\nb"]}, "it is no name or address with a port"),
        ({"upstream": "api {"}, "Cannot use upstream api {: it is no name."),
    ],
)
def test_what_would_be_configuration_is_refused(given: dict[str, Any], cause: str) -> None:
    with pytest.raises(OpsError) as caught:
        wish(**given)
    assert caught.value.code == "bad_option"
    assert cause in caught.value.message


@pytest.mark.parametrize(
    ("text", "given", "changes"),
    [
        (TEXT, {}, False),
        (TEXT, {"resolve_anew": True}, True),
        (TEXT, {"servers": ["10.0.0.1:3000"]}, True),
        (None, {}, True),
        ("upstream api { server api:3000; }  # by hand\n", {}, True),
        ("# a {\nupstream api { server web:1 weight=2; }", {}, True),
    ],
)
def test_change_is_planned(text: str | None, given: dict[str, Any], changes: bool) -> None:
    plan = plan_upstream(text, wish(**given))
    assert plan.changes is changes
    assert plan.subject == "nginx in nginx-lb"


@pytest.mark.parametrize(
    "text",
    [
        "upstream web { server web:1; }",
        f"{TEXT}upstream web {{ server web:1; }}",
        f"{TEXT}server {{ listen 80; }}",
        "",
    ],
)
def test_file_of_others_is_refused(text: str) -> None:
    with pytest.raises(OpsError) as caught:
        plan_upstream(text, wish())
    assert caught.value.code == "not_ours"


def test_text_and_sentence() -> None:
    assert render_upstream(wish()) == TEXT
    done = plan_upstream(None, wish(container=None))
    assert summarise_upstream(done, rehearsed=True) == "nginx would ask api:3000."
    assert summarise_upstream(done, rehearsed=False) == "nginx asks api:3000."
    same = plan_upstream(TEXT, wish())
    assert summarise_upstream(same, rehearsed=True) == "nginx in nginx-lb asks api:3000."
