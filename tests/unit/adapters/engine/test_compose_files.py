# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compose files as people write them, and as they should not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.engine import compose_files
from ansible_collections.runbook.ops.plugins.module_utils.adapters.engine.compose_files import (
    read_declared,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.compose.file import Service
from ansible_collections.runbook.ops.plugins.module_utils.core.compose.rule import Declared


def declared(directory: Path, text: str) -> Declared:
    path = directory / "compose.yml"
    path.write_text(text)
    found = read_declared(str(path))
    assert found is not None
    return found


def test_no_file_declares_nothing() -> None:
    assert read_declared(None) is None


def test_services_are_read_with_anchors_and_tags(tmp_path: Path) -> None:
    text = """
    x-base: &base {image: "shop/app:v1", scale: 2}
    services:
      web: {<<: *base, ports: !override ["80:80"], labels: !reset {a: b}, user: !reset null}
      job: {<<: *base, deploy: {replicas: 3}}
      idle: {<<: *base, scale: 0}
      debug: {<<: *base, profiles: [debug]}
    """
    found = declared(tmp_path, text)
    assert (found.failure, found.faults) == (None, ())
    assert found.services == (
        Service("web", "shop/app:v1", replicas=2),
        Service("job", "shop/app:v1", replicas=3),
    )
    assert found.names == frozenset({"web", "job", "idle", "debug"})


def test_a_number_of_containers_is_read_beside_the_compose_file(tmp_path: Path) -> None:
    text = "services: {web: {image: a, deploy: {replicas: '${WEB_REPLICAS:-1}'}}}"
    assert declared(tmp_path, text).services == (Service("web", "a"),)
    (tmp_path / ".env").write_text("WEB_REPLICAS=3\n")
    assert declared(tmp_path, text).services == (Service("web", "a", replicas=3),)


def test_environment_files_are_read_beside_the_compose_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=1\n")
    (tmp_path / "more.env").write_text("B=\n")
    text = """
    services:
      web: {image: a, env_file: [.env, {path: more.env}, {path: none.env, required: false}]}
      db: {image: b, env_file: none.env}
      cache: {image: c}
    """
    found = declared(tmp_path, text)
    assert sorted(found.env_files) == ["db", "web"]
    assert found.env_files["web"].names == {"A", "B"}
    assert found.faults == (
        (
            f"db: Cannot read {tmp_path}/none.env: No such file or directory."
            " Correct the path, or the file."
        ),
    )


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("services: [", "line 1 is no YAML"),
        ("services:\n  db: {image: a, pass: *hunter2}", "line 2 is no YAML"),
        ("services:\n  db: {image: a}\n  db: {image: b}", "line 2 begins a mapping with db twice"),
        ("", "it declares no services"),
        ("[]", "it declares no services"),
        ("services: []", "it declares no services"),
        ("services: {db: a}", "the service db is no mapping"),
        ("services: {db: {restart: always}}", "the service db has no image and no build"),
        ("a: 2024-99-99", "month must be in 1..12"),
        ("[" * 5000, "it is no YAML"),
        ("a: &a [*a]\nservices: *a", "it declares no services"),
        ("? [a, b]\n: c", "line 1 is no YAML"),
    ],
)
def test_what_is_no_compose_file_is_a_fault(tmp_path: Path, text: str, cause: str) -> None:
    found = declared(tmp_path, text)
    assert found.failure is not None
    assert found.failure.code == "bad_compose_file"
    assert found.failure.message.startswith(f"Cannot use the Compose file: {cause}")
    assert "hunter2" not in found.failure.message


def test_a_file_that_grows_when_it_is_read_is_harmless(tmp_path: Path) -> None:
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    found = declared(tmp_path, "\n".join(["a0: &a0 [x]", *levels, "services: {db: {image: a}}"]))
    assert found.services == (Service("db", "a"),)


def test_what_is_no_small_text_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "large").write_bytes(b"#" * (1024 * 1024 + 1))
    causes = []
    for name in ("fifo", "binary", "large", "none", "."):
        found = read_declared(str(tmp_path / name))
        assert found is not None
        assert found.failure is not None
        causes.append(found.failure.message.split(": ")[1].split(".")[0])
    assert causes == [
        "it is no regular file",
        "it is no text in UTF-8",
        "it is larger than 1 MiB",
        "No such file or directory",
        "it is no regular file",
    ]


def test_a_host_without_the_library_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compose_files, "_MISSING", ImportError("yaml"))
    found = declared(tmp_path, "services: {db: {image: a}}")
    assert found.failure is not None
    assert found.failure.message == (
        f"Cannot read {tmp_path}/compose.yml: the Python library PyYAML is missing on the host."
        " Install python3-yaml there, or give services in place of compose_file."
    )
