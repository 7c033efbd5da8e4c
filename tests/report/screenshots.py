# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the pictures of ``docs/report.md``.

usage: PYTHONPATH=.ansible/collections python -m tests.report.screenshots
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.report.chromium import page_address, running_browser
from tests.report.page import render_page
from tests.report.sample import sample

IMAGES = Path(__file__).parents[2] / "docs" / "images"
PICTURES = {
    "report-light": (1180, 900, False, "body"),
    "report-dark": (900, 860, True, "#findings"),
    "report-phone": (320, 860, False, "#findings"),
}
"""Width, height, whether it is dark, and what is at the top."""


def main() -> None:
    """Write each picture."""
    with tempfile.TemporaryDirectory() as place, running_browser() as browser:
        path = Path(place) / "report.html"
        path.write_text(render_page(*sample()), "utf-8")
        for name, (width, height, dark, top) in PICTURES.items():
            browser.show(width, height, dark=dark)
            browser.open(page_address(path))
            browser.run(f"document.querySelector('{top}').scrollIntoView()")
            (IMAGES / f"{name}.png").write_bytes(browser.picture())


if __name__ == "__main__":
    main()
