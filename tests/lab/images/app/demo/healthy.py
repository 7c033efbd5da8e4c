# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Health check of the container: ends with an error unless the first route answers."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

config = json.loads(Path("/etc/demo.json").read_text(encoding="utf-8"))
url = f"http://127.0.0.1:{config['port']}{config['routes'][0]['path']}"
with urllib.request.urlopen(url, timeout=3):
    pass
