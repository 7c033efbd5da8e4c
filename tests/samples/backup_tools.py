# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real repositories of restic and borg, and what pgBackRest and barman answered once.

``tool_answers`` holds the JSON of pgBackRest 2.45, restic 0.14, borg 1.2 and barman 3.4, each
asked about a small real repository; ``*-failed-*`` after a backup of it had failed.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PLACE = Path(__file__).with_name("tool_answers")
PASSWORD = "correct-horse-battery"


def captured(name: str) -> str:
    """What a tool answered."""
    return (PLACE / f"{name}.json").read_text(encoding="utf-8")


class Repository:
    """A repository of ``tool``, restic or borg, with backups of a directory with one file."""

    def __init__(self, tool: str, folder: Path) -> None:
        self.tool = tool
        self.path = folder / tool
        self.source = folder / "source"
        self.source.mkdir()
        self.password_file = folder / "password"
        self.password_file.write_text(f"{PASSWORD}\n", encoding="ascii")
        self.environment = {
            "RESTIC_REPOSITORY": str(self.path),
            "RESTIC_PASSWORD": PASSWORD,
            "RESTIC_CACHE_DIR": str(folder / "cache"),
            "BORG_REPO": str(self.path),
            "BORG_PASSPHRASE": PASSWORD,
            "BORG_BASE_DIR": str(folder / "borg-base"),
        }
        self._run("init", *(["--encryption=repokey"] if tool == "borg" else []))

    def options(self, **more: Any) -> dict[str, Any]:
        """The option ``tool`` of the module."""
        password = str(self.password_file)
        return {
            "name": self.tool, "repository": str(self.path), "password_file": password, **more,
        }  # fmt: skip

    def back_up(self, size: int, name: str = "db1") -> None:
        """Back up one file of ``size`` bytes; ``name`` is the host or the archive."""
        (self.source / "file").write_bytes(os.urandom(size))
        if self.tool == "restic":
            self._run("backup", f"--host={name}", "--tag=daily", str(self.source))
        else:
            self._run("create", f"::{name}", str(self.source))

    def damage(self) -> None:
        """Lose a part of what holds the data of the file."""
        for path in (self.path / "data").rglob("*"):
            if path.is_file() and path.stat().st_size > 100_000:
                path.chmod(0o600)
                data = path.read_bytes()
                middle = len(data) // 2
                torn = data[:middle] + b"torn" + data[middle + 4 :]
                path.write_bytes(data[:-500] if self.tool == "restic" else torn)

    def _run(self, *arguments: str) -> None:
        environment: Mapping[str, str] = {**os.environ, **self.environment}
        subprocess.run(
            [self.tool, *arguments], check=True, capture_output=True, env=environment, timeout=60
        )


def stand_in(folder: Path, answers: Mapping[str, str], *, noted: bool = True) -> str:
    """A program that answers with a text by a word of its command line, such as ``check``.

    Its command lines are ``noted`` in a file beside it.
    """
    lines = ["#!/bin/sh", *(['echo "$@" >> "$0.calls"'] if noted else []), 'case " $* " in']
    for word, text in answers.items():
        (folder / f"{word}.answer").write_text(text, encoding="utf-8")
        lines.append(f'*" {word} "*) cat {folder}/{word}.answer ;;')
    lines += ["*) echo unknown command >&2; exit 3 ;;", "esac", ""]
    program = folder / "tool"
    program.write_text("\n".join(lines), encoding="utf-8")
    program.chmod(0o755)
    return str(program)
