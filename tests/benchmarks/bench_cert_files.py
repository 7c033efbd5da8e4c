# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""1,000 certificates in files: one task of cert_expiry against a loop of x509_certificate_info.

Both run through ``ansible-playbook -c local``, as in ``bench_cert_expiry``, and what a playbook
costs without a task is taken off both. The loop is measured on a sample of the files and scaled.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / ".ansible/collections")]

from tests.benchmarks.bench_cert_expiry import seconds_of
from tests.samples.certificates import issue

FILES = 1000
SAMPLE = 10


def measure() -> list[dict[str, Any]]:
    """Run both and compare."""
    authority = issue(authority=True, title="benchmark authority")
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        for number in range(FILES):
            made = issue(f"{number}.example", by=authority)
            (directory / f"{number:04}.pem").write_bytes(made.pem)
        ours = {"files": [str(directory / "*.pem")], "fail_on": "warning"}
        sample = [str(directory / f"{number:04}.pem") for number in range(SAMPLE)]
        peer = {"community.crypto.x509_certificate_info": {"path": "{{ item }}"}, "loop": sample}
        idle = seconds_of(directory, [])
        ours_s = seconds_of(directory, [{"runbook.ops.cert_expiry": ours}]) - idle
        sample_s = seconds_of(directory, [peer]) - idle
    peer_s = sample_s * FILES / SAMPLE
    return [
        {
            "name": "cert_expiry, files",
            "ours_s": round(ours_s, 3),
            "peer_s": round(peer_s, 3),
            "ratio": round(peer_s / ours_s, 1),
            "limit": "at least 100",
            "unit": "times as fast",
            "note": f"{FILES} PEM files of one certificate each; the loop of"
            f" community.crypto.x509_certificate_info ran over {SAMPLE} of them and was scaled",
        },
        {
            "name": f"cert_expiry of {FILES} files",
            "ours_s": round(ours_s, 3),
            "peer_s": None,
            "ratio": round(ours_s, 2),
            "limit": "at most 2",
            "unit": "s",
            "note": "the same task, without the start of ansible-playbook",
        },
    ]


if __name__ == "__main__":
    for measured in measure():
        sys.stdout.write(json.dumps(measured) + "\n")
