# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Renewal for real: certbot, an ACME server, nginx in a container, and clients in front of it."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any

import pytest

from tests.acceptance.conftest import HOST, ROOT, PlayBook, Run, broken, on_host

FAR_HOUR = (datetime.now(timezone.utc).hour + 12) % 24
"""When cron may renew: it must not be faster than a test."""
JOURNAL = "/var/lib/runbook.ops/journal.jsonl"
CLIENT = """
import json, socket, ssl, sys, threading
over = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
context = ssl.create_default_context()
name = "api.liyaqa.com"
seen = {"answers": 0, "failures": [], "serials": []}
while not over.is_set():
    try:
        with socket.create_connection(("127.0.0.1", 443), 5) as plain:
            with context.wrap_socket(plain, server_hostname=name) as client:
                serial = client.getpeercert()["serialNumber"]
                client.sendall(b"GET /api/health HTTP/1.0\\r\\nHost: api.liyaqa.com\\r\\n\\r\\n")
                if b" 200 " not in client.recv(65536):
                    raise OSError("no answer")
        seen["answers"] += 1
        if serial not in seen["serials"]:
            seen["serials"].append(serial)
    except OSError as error:
        seen["failures"].append(str(error))
print(json.dumps(seen))
"""  # every answer counts, and each handshake verifies chain, validity and name


@pytest.fixture(name="tls")
def tls_fixture(playbook: PlayBook) -> PlayBook:
    return lambda *arguments: playbook("tls", "-e", f"tls_schedule_hours={FAR_HOUR}", *arguments)


@contextmanager
def client() -> Iterator[dict[str, Any]]:
    """A client on the host that asks one request after the other; what it saw, behind the block."""
    variables = json.loads(
        subprocess.run(
            ["ansible-inventory", "-i", "inventories/lab", "--host", HOST],
            cwd=ROOT, capture_output=True, check=True, timeout=60,
        ).stdout
    )  # fmt: skip
    argv = [
        "ssh", "-p", str(variables["ansible_port"]), "-i", str(ROOT / ".lab/id_ed25519"),
        "-o", f"UserKnownHostsFile={ROOT / '.lab/known_hosts'}", "-o", "IdentitiesOnly=yes",
        "-o", "IdentityAgent=none", f"ops@{variables['ansible_host']}",
        f"python3 -c {shlex.quote(CLIENT)}",
    ]  # fmt: skip
    seen: dict[str, Any] = {}
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield seen
        seen.update(json.loads(process.communicate(timeout=30)[0]))


def renewal(run: Run) -> dict[str, tuple[str, str]]:
    """Status and word of each check of the renewal that is not ok, by its id."""
    return {
        check["id"]: (check["status"], check["value"])
        for check in run.checks
        if check["id"].startswith("renewal.") and check["status"] != "ok"
    }


def summary_of(run: Run, check_id: str) -> str:
    """What the first check of this id says that is not ok."""
    checks = [one for one in run.checks if one["id"] == check_id and one["status"] != "ok"]
    return str(checks[0]["summary"])


def diff_of(run: Run) -> list[str]:
    return [line for line in run.output.splitlines() if line[:1] in "+-" and "liyaqa" in line]


def served() -> str:
    """The certificate that nginx serves, asked by other means than the collection's."""
    asked = "echo | openssl s_client -connect 127.0.0.1:443 -servername api.liyaqa.com 2>/dev/null"
    return on_host(
        "ansible.builtin.shell", f"{asked} | openssl x509 -noout -serial -fingerprint -sha256"
    ).partition("serial=")[2]


def journal_size() -> str:
    return on_host("ansible.builtin.shell", f"cat {JOURNAL} 2>/dev/null | wc -c")


def test_a_due_certificate_is_renewed_and_no_client_notices(tls: PlayBook) -> None:
    with broken("due_certificate"):
        old, size = served(), journal_size()
        rehearsed = tls("--check", "--diff")
        assert renewal(rehearsed) == {}
        assert "-liyaqa.com: ends 20" in rehearsed.output
        assert "+liyaqa-nginx: tested and reloaded" in rehearsed.output
        assert (served(), journal_size()) == (old, size)

        with client() as seen:
            run = tls("--diff", "-e", "report_fail_on=warning")
        assert run.status == 0, run.output
        assert diff_of(run) == diff_of(rehearsed) != []
        assert [entry["action"] for entry in run.report["entries"]] == ["cert_renew", "cert_deploy"]
        assert seen["failures"] == []
        assert seen["answers"] > 20
        assert len(seen["serials"]) == 2
        new = served()
        assert new != old

        again = tls()
        assert "changed=0" in again.output
        assert (again.not_ok(), again.report["entries"], served()) == ({}, [], new)


@pytest.mark.parametrize(
    ("scenario", "word", "cause"),
    [
        ("failing_challenge", "challenge_failed", "api.liyaqa.com: unauthorized"),
        ("acme_rate_limit", "rate_limited", "too many certificates (5) already issued"),
    ],
)
def test_a_renewal_that_fails_is_a_finding_that_says_why(
    tls: PlayBook, scenario: str, word: str, cause: str
) -> None:
    with broken(scenario):
        old = served()
        for arguments in (("--check",), ()):
            run = tls(*arguments, "-e", "report_fail_on=critical")
            assert run.status != 0
            assert renewal(run) == {"renewal.lineage": ("critical", word)}
            assert cause in summary_of(run, "renewal.lineage")
            assert "Traceback" not in run.output
        assert served() == old


def test_a_broken_nginx_keeps_the_old_certificate_until_it_is_mended(tls: PlayBook) -> None:
    with broken("nginx_config_broken"):
        old = served()
        rehearsed = tls("--check")
        assert renewal(rehearsed) == {"renewal.deployment": ("critical", "config_broken")}
        run = tls()
        assert renewal(run) == {
            "renewal.deployment": ("critical", "config_broken"),
            "renewal.served": ("critical", "stale"),
        }
        told = summary_of(run, "renewal.deployment")
        assert 'unknown directive "no_such_directive"' in told
        assert "the old certificate stays served" in told
        assert served() == old


def test_what_cron_renews_is_deployed_by_the_hook(tls: PlayBook) -> None:
    tls()
    entry = on_host("ansible.builtin.command", "grep renew /etc/cron.d/runbook-ops-tls")
    entry = entry.strip().splitlines()[-1]
    assert f" {FAR_HOUR} * * * " in entry
    wait, dummy, script = entry.partition(" && ")
    assert wait.endswith('sleep "$(shuf -i 0-480 -n 1)"')
    text = on_host("ansible.builtin.command", f"cat {script}")
    assert "certbot renew --quiet" in text
    assert "force" not in text
    as_cron = f"env -i HOME=/root PATH=/usr/bin:/bin sh -c {shlex.quote(script)}"
    with broken("due_certificate"):
        old = served()
        on_host("ansible.builtin.command", as_cron)
        new = served()
        assert new != old
        on_host("ansible.builtin.command", as_cron)
        assert served() == new
        assert "changed=0" in tls().output


def test_a_review_changes_nothing(tls: PlayBook) -> None:
    size = journal_size()
    run = tls("-e", "tls_task=review", "-e", "report_fail_on=warning")
    assert run.status == 0, run.output
    assert "tls.expiry" in {check["id"] for check in run.checks}
    assert journal_size() == size
