# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``cert_renew`` with a real certbot, a real ACME server and a real nginx."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.runbook.ops.plugins.modules import cert_renew

from tests.samples.certificates import issue
from tests.servers import starttls_servers
from tests.servers.acme import LINEAGE, NAMES, Acme, limited, running_acme
from tests.servers.tls_servers import HOST

Run = Callable[..., dict[str, Any]]
STATUS = "status.liyaqa.example"


@pytest.fixture(scope="module", name="acme")
def acme_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Acme]:
    home = tmp_path_factory.mktemp("acme")
    with pytest.MonkeyPatch.context() as patch, running_acme(home) as acme:
        patch.setenv("REQUESTS_CA_BUNDLE", str(home / "acme.crt"))
        patch.setenv("XDG_CONFIG_HOME", str(home / "letsencrypt-user"))
        patch.setenv("PATH", f"{os.environ['PATH']}:/usr/sbin:/usr/bin")
        acme.issue(*NAMES)
        acme.issue(STATUS, by_dns=True)
        yield acme


@pytest.fixture(name="run")
def run_fixture(run_module: Run, acme: Acme, tmp_path: Path) -> Run:
    """Run the module on the first lineage, which nginx serves from a copy."""

    def with_options(**given: Any) -> dict[str, Any]:
        copies = [
            {
                "lineage": LINEAGE,
                "certificate": str(acme.home / "served.crt"),
                "key": str(acme.home / "served.key"),
            }
        ]
        options = {
            "config_dir": str(acme.config_dir),
            "lineages": [LINEAGE],
            "install": copies,
            "reload": {"test": [*acme.nginx, "-t"], "command": [*acme.nginx, "-s", "reload"]},
            "endpoints": [
                {"host": HOST, "port": acme.https_port, "server_name": name} for name in NAMES
            ],
            "journal_path": str(tmp_path / "journal.jsonl"),
            "operator": "amal",
            "timeout": 60,
        }
        return run_module(cert_renew, **{**options, **given})

    return with_options


@pytest.fixture(autouse=True)
def healthy(acme: Acme, run: Run) -> Iterator[None]:
    """Begin with a lineage that is not due, and is served."""
    acme.answer("set-default-ipv4", ip=HOST)
    yield
    (acme.home / "extra.conf").unlink(missing_ok=True)
    acme.answer("set-default-ipv4", ip=HOST)
    result = run()
    assert result.get("failed") is None, result


def words(result: dict[str, Any]) -> dict[str, str]:
    """The words of the checks that are not ok, by their id."""
    return {one["id"]: one["value"] for one in result["checks"] if one["status"] != "ok"}


def outcomes(result: dict[str, Any]) -> list[tuple[str, str]]:
    return [(entry["action"], entry["outcome"]) for entry in result["entries"]]


def served(acme: Acme) -> str:
    """The fingerprint that nginx serves, asked by other means than the module's."""
    pem = ssl.get_server_certificate((HOST, acme.https_port))
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


def test_a_due_certificate_is_rehearsed_renewed_installed_and_served(
    acme: Acme, run: Run, tmp_path: Path
) -> None:
    old = acme.make_due(LINEAGE, *NAMES)
    acme.serve(old)
    rehearsed = run(check_mode=True)
    assert (rehearsed["changed"], rehearsed["entries"], words(rehearsed)) == (True, [], {})
    assert rehearsed["summary"] == "Would renew 1 of 1 lineages; would deploy what clients see."
    assert [one["value"] for one in rehearsed["checks"]] == [
        "rehearsed", "rehearsed", "current", "current", "proven",
    ]  # fmt: skip
    before = hashlib.sha256(old.der).hexdigest()
    assert served(acme) == before
    assert not (tmp_path / "journal.jsonl").exists()
    assert rehearsed["diff"]["before"].startswith(f"{LINEAGE}: ends 20")
    assert rehearsed["diff"]["after"].startswith(f"{LINEAGE}: renewed\n")

    done = run()
    assert done["diff"] == rehearsed["diff"]
    assert done["summary"] == "Renewed 1 of 1 lineages; deployed what clients see."
    assert [one["value"] for one in done["checks"]] == [
        "renewed", "deployed", "current", "current", "proven",
    ]  # fmt: skip
    assert outcomes(done) == [
        ("cert_renew", "started"), ("cert_renew", "done"),
        ("cert_deploy", "started"), ("cert_deploy", "done"),
    ]  # fmt: skip
    (lineage,) = done["lineages"]
    assert 89 < lineage["days_left"] <= 90
    assert served(acme) == lineage["sha256"] != before
    assert (acme.home / "served.key").stat().st_mode & 0o777 == 0o600
    assert list(acme.home.glob(".served*")) == []
    assert "PRIVATE" not in json.dumps(done) + (tmp_path / "journal.jsonl").read_text("utf-8")

    again = run()
    assert (again["changed"], again["entries"], again["status"]) == (False, [], "ok")
    assert again["summary"] == "Renewed 0 of 1 lineages; nothing to deploy."


def test_a_lineage_by_dns_is_renewed_with_its_own_hooks(acme: Acme, run: Run) -> None:
    acme.make_due(STATUS)
    given: dict[str, Any] = {"lineages": [STATUS], "endpoints": [], "reload": None}
    rehearsed = run(**given, check_mode=True)
    assert (rehearsed["changed"], words(rehearsed)) == (True, {})
    done = run(**given)
    assert [(one["id"], one["value"]) for one in done["checks"]] == [
        ("renewal.lineage", "renewed"), ("renewal.deployment", "current"),
    ]  # fmt: skip


def test_a_stale_server_is_reloaded_and_nothing_is_renewed(acme: Acme, run: Run) -> None:
    acme.serve(issue(*NAMES))
    (acme.home / "served.crt").write_bytes(
        (acme.config_dir / "live" / LINEAGE / "fullchain.pem").read_bytes()
    )
    (acme.home / "served.key").write_bytes(
        (acme.config_dir / "live" / LINEAGE / "privkey.pem").read_bytes()
    )
    rehearsed = run(check_mode=True)
    assert words(rehearsed) == {"renewal.served": "stale"}
    done = run()
    assert outcomes(done) == [("cert_deploy", "started"), ("cert_deploy", "done")]
    assert done["diff"] == rehearsed["diff"]
    assert (done["status"], served(acme)) == ("ok", done["lineages"][0]["sha256"])


def test_a_broken_configuration_leaves_the_old_certificate_served(acme: Acme, run: Run) -> None:
    before = served(acme)
    copies = (acme.home / "served.crt").read_bytes()
    acme.make_due(LINEAGE, *NAMES)
    (acme.home / "extra.conf").write_text("no_such_directive on;\n", "utf-8")
    rehearsed = run(check_mode=True)
    assert words(rehearsed)["renewal.deployment"] == "config_broken"
    result = run()
    assert (result["failed"], result["code"]) == (True, "checks_failed")
    assert words(result) == {"renewal.deployment": "config_broken", "renewal.served": "stale"}
    (told,) = [one for one in result["checks"] if one["id"] == "renewal.deployment"]
    assert 'unknown directive "no_such_directive"' in told["summary"]
    assert "the old certificate stays served: mend what it names" in told["summary"]
    assert outcomes(result)[-1] == ("cert_deploy", "failed")
    assert served(acme) == before
    assert (acme.home / "served.crt").read_bytes() == copies
    assert list(acme.home.glob(".served*")) == []


def test_a_failing_challenge_is_told_and_the_other_lineage_goes_on(acme: Acme, run: Run) -> None:
    acme.make_due(LINEAGE, *NAMES)
    acme.make_due(STATUS)
    acme.answer("set-default-ipv4", ip="127.0.0.9")  # nobody listens there
    given: dict[str, Any] = {"lineages": []}
    for check_mode in (True, False):
        result = run(**given, check_mode=check_mode)
        told = {one["subject"]: one for one in result["checks"] if one["id"] == "renewal.lineage"}
        assert told[LINEAGE]["value"] == "challenge_failed"
        assert f'{NAMES[1]}: connection: Get "http://{NAMES[1]}:' in told[LINEAGE]["summary"]
        assert told[STATUS]["value"] == ("rehearsed" if check_mode else "renewed")
    assert result["summary"].startswith("Renewed 1 of 2 lineages, 1 failed")
    assert ("cert_renew", "failed") in outcomes(result)


def test_a_limit_of_the_server_is_told(acme: Acme, run: Run) -> None:
    acme.make_due(LINEAGE, *NAMES)
    with limited(acme) as port:
        acme.configure(LINEAGE, f":{acme.acme_port}", f":{port}")
        result = run()
        acme.configure(LINEAGE, f":{port}", f":{acme.acme_port}")
    assert words(result)["renewal.lineage"] == "rate_limited"
    assert "too many certificates already issued, retry after 2026-02-01" in result["msg"]
    assert "Do not force it" in result["msg"]


def test_a_server_that_is_down_and_one_that_forgot_us_are_told_apart(acme: Acme, run: Run) -> None:
    acme.make_due(LINEAGE, *NAMES)
    accounts = acme.config_dir / "accounts"
    (accounts / "localhost:9").symlink_to(f"localhost:{acme.acme_port}")
    acme.configure(LINEAGE, f":{acme.acme_port}", ":9")
    down = run()
    (accounts / "localhost:9").unlink()
    forgotten = run()
    acme.configure(LINEAGE, ":9/", f":{acme.acme_port}/")
    assert words(down)["renewal.lineage"] == "server_unreachable"
    assert words(forgotten)["renewal.lineage"] == "account_unknown"


def test_an_address_that_does_not_serve_it_is_not_proven(acme: Acme, run: Run) -> None:
    endpoints = [{"host": HOST, "port": acme.https_port, "server_name": NAMES[0]}]
    (acme.home / "served.crt").unlink()
    quiet = {"test": ["true"], "command": ["true"]}
    gone = [{"host": HOST, "port": 9, "server_name": NAMES[1]}]
    result = run(endpoints=endpoints + gone, reload=quiet, wait=0.3)
    assert words(result) == {"renewal.deployment": "not_proven", "renewal.served": "unreachable"}
    assert "127.0.0.1:9 (api.liyaqa.example) serves no certificate: Connection refused" in str(
        result["checks"]
    )


def test_a_mail_server_has_to_serve_it_too(run: Run, tmp_path: Path) -> None:
    with starttls_servers.smtp(issue(*NAMES), tmp_path) as port:
        endpoints = [
            {"host": HOST, "port": port, "server_name": name, "starttls": "smtp"} for name in NAMES
        ]
        result = run(endpoints=endpoints, wait=0.3)
    assert words(result) == {"renewal.deployment": "not_proven", "renewal.served": "stale"}
    assert f"{HOST}:{port} ({NAMES[0]}) still serves another certificate than" in result["msg"]


def test_a_lineage_with_hooks_is_not_rehearsed(acme: Acme, run: Run) -> None:
    acme.make_due(LINEAGE, *NAMES)
    mark = acme.home / "hook-ran"
    acme.configure(LINEAGE, "[renewalparams]", f"[renewalparams]\npre_hook = touch {mark}")
    rehearsed = run(check_mode=True)
    assert words(rehearsed)["renewal.lineage"] == "not_rehearsed"
    assert not mark.exists()
    assert run()["checks"][0]["value"] == "renewed"
    assert mark.exists()
    acme.configure(LINEAGE, f"pre_hook = touch {mark}\n", "")


def test_a_lineage_that_is_held_is_told(acme: Acme, run: Run) -> None:
    acme.make_due(LINEAGE, *NAMES)
    acme.configure(LINEAGE, "[renewalparams]", "[renewalparams]\nautorenew = False")
    result = run()
    acme.configure(LINEAGE, "autorenew = False\n", "")
    assert words(result)["renewal.lineage"] == "held"
    assert "autorenew = False" in result["checks"][0]["summary"]


@contextmanager
def another_certbot(acme: Acme) -> Iterator[Callable[[], None]]:
    """The lock that a certbot at work holds; call what this yields to let it go."""
    with (acme.config_dir / ".certbot.lock").open("w") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        yield lambda: fcntl.lockf(lock, fcntl.LOCK_UN)


def test_another_certbot_is_waited_for(acme: Acme, run: Run) -> None:
    acme.make_due(LINEAGE, *NAMES)
    with another_certbot(acme) as end:
        end_of_the_other = threading.Timer(3, end)
        end_of_the_other.start()
        assert run()["checks"][0]["value"] == "renewed"
        assert not end_of_the_other.is_alive()


def test_another_certbot_that_does_not_end_is_told(acme: Acme, run: Run) -> None:
    acme.make_due(LINEAGE, *NAMES)
    with another_certbot(acme):
        result = run(timeout=4)
    assert words(result)["renewal.lineage"] == "already_running"
    assert "Wait until the other certbot has ended" in result["checks"][0]["summary"]


def test_certbot_that_takes_too_long_is_ended(acme: Acme, run: Run) -> None:
    acme.make_due(LINEAGE, *NAMES)
    assert words(run(timeout=0.1))["renewal.lineage"] == "command_timeout"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"lineages": ["nope"]}, "no_such_lineage"),
        ({"config_dir": "/nonexistent"}, "no_lineages"),
        ({"renew_before": 0}, "bad_renew_before"),
        ({"reload": {"test": []}}, "bad_reload"),
        ({"endpoints": [{"host": "a b"}]}, "bad_endpoint"),
        ({"install": [{"lineage": LINEAGE, "certificate": "/a", "key": "/b", "mode": "0644"}]},
         "bad_mode"),
    ],
)  # fmt: skip
def test_bad_options_are_refused(run: Run, given: dict[str, Any], code: str) -> None:
    refused = run(**given)
    assert (refused["failed"], refused["code"]) == (True, code)
    assert refused["msg"].startswith("Cannot ")
