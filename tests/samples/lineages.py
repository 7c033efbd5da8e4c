# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lineage of certbot on disk."""

from __future__ import annotations

from pathlib import Path

from tests.samples.certificates import issue

ROOT = issue(authority=True, title="root")
MIDDLE = issue(by=ROOT, authority=True, title="middle")
ONE = issue("one.example", by=MIDDLE, title="one")
FILES = {
    "cert": ONE.pem,
    "chain": MIDDLE.pem,
    "fullchain": ONE.chain_pem,
    "privkey": ONE.key_pem,
}


def keep(directory: Path, name: str = "one.example", settings: str = "") -> Path:
    """Lay out a lineage as certbot does: links of live/ into archive/, settings in renewal/."""
    archive, live = directory / "archive" / name, directory / "live" / name
    for path in (archive, live, directory / "renewal"):
        path.mkdir(parents=True, exist_ok=True)
    paths = []
    for file, content in FILES.items():
        (archive / f"{file}1.pem").write_bytes(content)
        (archive / f"{file}1.pem").chmod(0o600)
        (live / f"{file}.pem").symlink_to(f"../../archive/{name}/{file}1.pem")
        paths.append(f"{file} = {live / file}.pem\n")
    (directory / "renewal" / f"{name}.conf").write_text(
        "".join(paths) + f"[renewalparams]\n{settings}", encoding="utf-8"
    )
    return live
