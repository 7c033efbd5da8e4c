# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Visits to mail servers where the resolver does not answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.mail.smtp import visit_servers
from ansible_collections.runbook.ops.plugins.module_utils.core.mail.server import MailServer


@pytest.fixture(name="over")
def over_fixture() -> Iterator[threading.Event]:
    """Give an event that is set when the test is over."""
    event = threading.Event()
    yield event
    event.set()


def test_a_resolver_that_hangs_is_given_up_on(over: threading.Event) -> None:
    def hang(*dummy: Any, **_more: Any) -> list[Any]:
        over.wait()
        return []

    server = MailServer("relay", "mail.example", 25, "none")
    (visit,) = visit_servers([server], seconds=0.1, resolve=hang)
    assert visit.fault == ("smtp.reachable", "has no address: no name server answers in 0.1 s")
