# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role ``tls`` lays, by Ansible, and run as certbot and cron run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.runbook.ops.plugins.modules import cert_expiry

from tests.samples.certificates import issue

ROOT = Path(__file__).parents[3]
TEMPLATES = ROOT / "roles/tls/templates"
LINEAGE = "a.example"


def read_yaml(path: str) -> Any:
    return yaml.safe_load((ROOT / "roles" / path).read_text("utf-8"))


def certificates_spec() -> dict[str, Any]:
    """What the platform may say of its certificates."""
    spec = read_yaml("platform/meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    given: dict[str, Any] = spec["ops_certificates"]
    return given


def lay(directory: Path, template: Path = TEMPLATES / "deploy-hook.sh.j2", **renewal: Any) -> Path:
    """The hook, or another template, for a platform whose certificates are renewed like this."""
    laid = directory / template.stem
    subprocess.run(
        [
            sys.executable, "-m", "ansible", "adhoc", "localhost", "--connection", "local",
            "--module-name", "ansible.builtin.template",
            "--args", f"src={template} dest={laid} mode=0755",
            "--extra-vars", json.dumps({"tls_certificates": {"renewal": renewal}}),
        ],
        check=True, capture_output=True, timeout=60,
        env={**os.environ, "ANSIBLE_HOME": str(directory), "ANSIBLE_LOCALHOST_WARNING": "false"},
    )  # fmt: skip
    return laid


def run(hook: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    live = str(hook.parent / "live" / LINEAGE)
    return subprocess.run(
        [hook], capture_output=True, text=True, check=False, timeout=30,
        env={**os.environ, "RENEWED_LINEAGE": live, **environment},
    )  # fmt: skip


@pytest.fixture(name="place")
def place_fixture(tmp_path: Path) -> Path:
    """Give a new lineage, and a copy of the old certificate without its key."""
    live = tmp_path / "live" / LINEAGE
    live.mkdir(parents=True)
    (live / "fullchain.pem").write_text("new certificate", "utf-8")
    (live / "privkey.pem").write_text("new key", "utf-8")
    (tmp_path / "copies").mkdir()
    (tmp_path / "copies/a.crt").write_text("old certificate", "utf-8")
    return tmp_path


def copies(place: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in (place / "copies").iterdir()}


def renewal(place: Path, test: str, **install: str) -> dict[str, Any]:
    paths = {"certificate": f"{place}/copies/a.crt", "key": f"{place}/copies/a.key"}
    return {
        "install": [
            {"lineage": LINEAGE, **paths, **install},
            {"lineage": "b.example", "certificate": "/none/b.crt", "key": "/none/b.key"},
        ],
        "reload": {"test": [test], "command": ["touch", f"{place}/reloaded it"]},
    }


def test_copies_are_placed_and_the_server_is_reloaded(place: Path) -> None:
    done = run(lay(place, **renewal(place, "true", mode="0640")))
    assert (done.returncode, done.stderr) == (0, "")
    assert copies(place) == {"a.crt": "new certificate", "a.key": "new key"}
    assert (place / "copies/a.key").stat().st_mode & 0o777 == 0o640
    assert (place / "reloaded it").exists()


def test_a_path_may_have_spaces(place: Path) -> None:
    wish = renewal(place, "false", certificate=f"{place}/copies/a  b.crt")
    assert run(lay(place, **wish)).returncode == 1
    assert copies(place) == {"a.crt": "old certificate"}
    assert (
        run(lay(place, **{**wish, "reload": {"test": ["true"], "command": ["true"]}})).stderr == ""
    )
    assert set(copies(place)) == {"a.crt", "a  b.crt", "a.key"}


@pytest.mark.parametrize(
    ("install", "reload", "step"),
    [
        ({"key": "/none/a.key"}, {}, "the placing of its copies"),
        ({"group": "no-such-group"}, {}, "the placing of its copies"),
        ({}, {"test": ["false"]}, "the test of the server"),
        ({}, {"command": ["false"]}, "the reload of the server"),
    ],
)
def test_what_fails_puts_everything_back(
    place: Path, install: dict[str, str], reload: dict[str, Any], step: str
) -> None:
    wish = renewal(place, "true", **install)
    hook = lay(place, **{**wish, "reload": {**wish["reload"], **reload}})
    for former in ({"a.crt": "old certificate"}, {"a.crt": "old certificate", "a.key": "old key"}):
        for name, content in former.items():
            (place / "copies" / name).write_text(content, "utf-8")
        done = run(hook)
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1] == (
            f"Cannot deploy a.example: {step} failed, see above. The old certificate stays served:"
            " mend that, and run runbook.ops.tls."
        )
        assert copies(place) == former
        assert not (place / "reloaded it").exists()


def test_a_hook_that_is_ended_puts_everything_back(place: Path) -> None:
    wish = renewal(place, "true")
    end = {"test": ["sh", "-c", "kill -TERM $PPID"], "command": ["true"]}
    assert run(lay(place, **{**wish, "reload": end})).returncode == 1
    assert copies(place) == {"a.crt": "old certificate"}


@pytest.mark.parametrize(
    ("mode", "taken"),
    [
        ('"0640"', True), ('"0400"', True), ('"0644"', False), ("0640", False), ("0600", False),
    ],
)  # fmt: skip
def test_a_key_that_others_may_read_is_refused(mode: str, taken: bool) -> None:
    copy = f"{{lineage: a.example, certificate: /a.crt, key: /a.key, mode: {mode}}}"
    given = yaml.safe_load(f"ops_certificates: {{renewal: {{install: [{copy}]}}}}")
    validator = ArgumentSpecValidator({"ops_certificates": certificates_spec()})
    told = validator.validate(given).error_messages
    assert [one.startswith("value of mode must be one of: 0400, 0440,") for one in told] == (
        [] if taken else [True]
    )


@pytest.mark.parametrize("path", ["health/tasks/certificates.yml", "tls/tasks/review.yml"])
def test_all_that_the_platform_says_of_certificates_is_looked_at(path: str) -> None:
    (block,) = read_yaml(path)
    passed = block["block"][0]["runbook.ops.cert_expiry"]
    said = set(certificates_spec()["options"]) - {"renewal"}
    assert said <= set(passed) & set(cert_expiry.ARGUMENT_SPEC)
    assert {"pkcs12_password", "expected_count", "fractions"} <= said
    assert certificates_spec()["options"]["pkcs12_password"]["no_log"] is True


def test_each_endpoint_is_proven_also_with_starttls(tmp_path: Path) -> None:
    endpoints = [
        {"host": "a.example", "file": "/a.pem", "addresses": "all"},
        {"host": "a.example", "port": 25, "server_name": "mail.a.example", "starttls": "smtp"},
    ]
    (block,) = [task for task in read_yaml("tls/tasks/renew.yml") if "block" in task]
    proofs = block["block"][0]["vars"]["tls_proofs"]
    template = tmp_path / "proofs.j2"
    given = json.dumps({"endpoints": endpoints})
    template.write_text(f"{{% set tls_certificates = {given} %}}{proofs}", "utf-8")
    laid = yaml.safe_load(lay(tmp_path, template).read_text("utf-8"))
    assert laid == [{"host": "a.example"}, endpoints[1]]


def test_while_the_module_deploys_the_hook_does_nothing(place: Path) -> None:
    hook = lay(place, **renewal(place, "true"))
    assert run(hook, RUNBOOK_OPS_CERT_RENEW="1").returncode == 0
    assert copies(place) == {"a.crt": "old certificate"}


def test_a_server_that_reads_the_lineage_itself_is_only_reloaded(place: Path) -> None:
    command = {"test": ["true"], "command": ["touch", f"{place}/reloaded it"]}
    assert run(lay(place, reload=command)).returncode == 0
    assert (place / "reloaded it").exists()


def test_a_server_in_a_container_is_told_there(place: Path) -> None:
    hook = lay(place, reload={"container": "web"})
    text = hook.read_text("utf-8")
    assert "\ndocker exec web nginx -t\n" in text
    assert "\ndocker exec web nginx -s reload\n" in text


CERTBOT = """#!/bin/sh
echo "$*" >>"${0%/*}/calls"
case "$*" in *refused.example*) exit 1 ;; esac
"""


@pytest.fixture(name="etc")
def etc_fixture(tmp_path: Path) -> Path:
    """Give the directory of certbot, a certbot that only notes its calls, and no wait."""
    for name, content in {"bin/certbot": CERTBOT, "cron/shuf": "#!/bin/sh\necho 0\n"}.items():
        program = tmp_path / name
        program.parent.mkdir()
        program.write_text(content, "utf-8")
        program.chmod(0o755)
    (tmp_path / "etc/renewal-hooks").mkdir(parents=True)
    (tmp_path / "etc/renewal").mkdir()
    return tmp_path / "etc"


def keep(etc: Path, name: str, left: float, lifetime: float) -> None:
    """Keep a lineage of so many days, of which so many are left."""
    chain = etc / "live" / name / "fullchain.pem"
    chain.parent.mkdir(parents=True)
    chain.write_bytes(issue(name, begin=left - lifetime, end=left).chain_pem)
    settings = f"version = 2.1.0\ncert = /none\nfullchain = {chain}\n[renewalparams]\n"
    (etc / "renewal" / f"{name}.conf").write_text(settings, "utf-8")


def run_job(etc: Path, **renewal: Any) -> subprocess.CompletedProcess[str]:
    """Run what cron runs, as cron runs it; certbot is where only the job itself looks for it."""
    tasks = read_yaml("tls/tasks/schedule.yml")
    (entry,) = [task for task in tasks if "ansible.builtin.cron" in task]
    (script,) = [task for task in tasks if "renew-due" in str(task.get("ansible.builtin.template"))]
    job = etc / "job.j2"
    lines = [entry["ansible.builtin.cron"]["job"], script["ansible.builtin.template"]["dest"]]
    dirs = entry["vars"]["tls_config_dir"]
    job.write_text(
        "{% set tls_config_dir = " + dirs.strip("{}") + " %}" + "\n".join(lines), "utf-8"
    )
    wish = {"config_dir": str(etc), **renewal}
    command, path = lay(etc, job, **wish).read_text("utf-8").split("\n")
    laid = lay(etc, TEMPLATES / "renew-due.sh.j2", **wish).replace(path)
    text = laid.read_text("utf-8")
    assert "/usr/local/sbin" in text
    laid.write_text(text.replace("/usr/local/sbin", str(etc.parent / "bin"), 1), "utf-8")
    return subprocess.run(
        ["env", "-i", f"PATH={etc.parent}/cron:/usr/bin:/bin", "sh", "-c", command],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def renewed(etc: Path) -> list[str]:
    """The lineages that certbot was asked for."""
    calls = etc.parent / "bin/calls"
    told = calls.read_text("utf-8").splitlines() if calls.exists() else []
    for call in told:
        assert call.startswith("renew --quiet --no-random-sleep-on-renew --cert-name ")
        assert call.endswith(f" --config-dir {etc}")
    return [call.split()[4] for call in told]


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, ["d47l10", "d6l1", "d90l29", "over"]),
        ({"renew_before": 5.5}, ["d6l1", "over"]),
        ({"lineages": ["d90l29", "d47l20"]}, ["d90l29"]),
    ],
)
def test_cron_renews_what_has_less_than_a_third_of_its_life_left(
    etc: Path, given: dict[str, Any], names: list[str]
) -> None:
    keep(etc, "d398l45", 45, 398)
    keep(etc, "d90l29", 29, 90)
    keep(etc, "d90l31", 31, 90)
    keep(etc, "d47l20", 20, 47)
    keep(etc, "d47l10", 10, 47)
    keep(etc, "d6l3", 3, 6)
    keep(etc, "d6l1", 1, 6)
    keep(etc, "over", -1, 90)
    done = run_job(etc, **given)
    assert (done.returncode, done.stderr) == (0, "")
    assert renewed(etc) == names


def test_a_lineage_that_fails_does_not_stop_the_others(etc: Path) -> None:
    for name in ("broken.example", "refused.example", "whole.example"):
        keep(etc, name, 1, 90)
    (etc / "live/broken.example/fullchain.pem").write_text("damaged", "utf-8")
    done = run_job(etc)
    assert done.returncode == 1
    assert renewed(etc) == ["refused.example", "whole.example"]
    for name in ("broken.example", "refused.example"):
        assert (
            f"Cannot renew the certificate {name}: see above. Run runbook.ops.tls, which says what"
            " to do.\n"
        ) in done.stderr


def test_without_a_lineage_cron_is_silent(etc: Path) -> None:
    done = run_job(etc)
    assert (done.returncode, done.stdout, done.stderr, renewed(etc)) == (0, "", "", [])
