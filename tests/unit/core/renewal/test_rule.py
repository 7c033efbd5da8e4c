# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person wants of a renewal: options in, a wish or a refusal out."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.judgement import (
    Endpoint,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.renewal.rule import (
    Install,
    Rule,
    Server,
    read_rule,
)

GIVEN: dict[str, Any] = {
    "lineages": ["a", "b", "a"],
    "renew_before": 30.0,
    "install": [{"lineage": "a", "certificate": "/a.crt", "key": "/a.key", "mode": "0640"}],
    "reload": {"container": "web", "test": ["t"], "command": ["r"]},
    "endpoints": [{"host": "a.example", "port": 443, "server_name": None}],
}


def test_the_options_are_a_wish() -> None:
    wish = read_rule(GIVEN)
    assert wish == Rule(
        names=("a", "b"),
        renew_before=30.0,
        installs=(Install("a", "/a.crt", "/a.key", mode=0o640),),
        server=Server("web", ("t",), ("r",)),
        endpoints=wish.endpoints,
    )
    assert isinstance(wish.endpoints[0], Endpoint)
    assert wish.deploys


def test_without_copies_and_server_there_is_no_deployment() -> None:
    assert read_rule({**GIVEN, "install": [], "reload": None}).deploys is False


@pytest.mark.parametrize("mode", ["0644", "640", "0777", "u=rw", "0o600", ""])
def test_a_key_that_others_may_read_is_refused(mode: str) -> None:
    with pytest.raises(OpsError) as refused:
        read_rule({**GIVEN, "install": [{**GIVEN["install"][0], "mode": mode}]})
    assert refused.value.code == "bad_mode"
    assert refused.value.message == (
        f"Cannot keep a private key with the mode {mode!r}: it is not one of 0400, 0440, 0600,"
        " 0640. Give mode as such a string; let the server read the key through its group."
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"renew_before": -1.0},
         ("Cannot renew -1 days before the end: the number is not above 0."
          " Give renew_before in days, such as 30.")),
        ({"reload": {"test": ["t"], "command": []}},
         ("Cannot reload the server: reload has an empty test or command."
          " Give both as lists of words, such as [nginx, -t] and [nginx, -s, reload].")),
    ],
)  # fmt: skip
def test_a_wish_that_cannot_be_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(OpsError) as refused:
        read_rule({**GIVEN, **given})
    assert refused.value.message == message
