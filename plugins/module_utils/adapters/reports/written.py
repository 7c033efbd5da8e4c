# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a report, on the control node."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..backups.sinks import disk_error
from ..files.replacing import replace_text
from ..writing import writes

if TYPE_CHECKING:
    from collections.abc import Mapping

_MODES = {False: (0o750, 0o640), True: (0o755, 0o644)}
"""Of a directory that is made and of a file, by whether every user may read them."""


@writes
def write_files(directory: str, files: Mapping[str, Any], *, public: bool) -> list[str]:
    """Write each of ``files`` whole or not at all, and return their paths.

    What is no text is written as JSON.

    Raises ``OpsError`` ``disk_failed``.
    """
    place = Path(directory)
    for_directory, for_file = _MODES[public]
    try:
        if not place.is_dir():
            place.mkdir(parents=True)
            place.chmod(for_directory)  # whatever the umask takes away
    except OSError as error:
        raise disk_error(directory, error) from error
    paths = [str(place / name) for name in files]
    for path, content in zip(paths, files.values()):
        text = content if isinstance(content, str) else _as_json(content)
        replace_text(path, text, mode=for_file)
    return paths


@writes
def link_latest(directory: str) -> None:
    """Let the link ``latest`` beside ``directory`` lead to it; it is never missing meanwhile.

    Raises ``OpsError`` ``disk_failed``.
    """
    latest = Path(directory).parent / "latest"
    aside = latest.with_name(".latest.part")
    try:
        with contextlib.ExitStack() as stack:
            stack.callback(aside.unlink, missing_ok=True)
            aside.unlink(missing_ok=True)
            aside.symlink_to(Path(directory).name)
            aside.replace(latest)
    except OSError as error:
        raise disk_error(str(latest), error) from error


def _as_json(value: Any) -> str:
    return json.dumps(value, indent=4, ensure_ascii=False) + "\n"
