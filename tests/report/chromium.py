# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real browser without a window, asked over a pipe in the DevTools protocol.

https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars", "--force-color-profile=srgb", "--remote-debugging-pipe",
)  # fmt: skip
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


class Browser:
    """One tab. Commands are asked one after the other; events are kept in ``events``."""

    def __init__(self, sending: int, receiving: int) -> None:
        self._sending, self._receiving = sending, receiving
        self._rest = b""
        self._number = 0
        self._session = ""
        self.events: list[dict[str, Any]] = []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        attached = self.ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log", "Accessibility"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **given: Any) -> dict[str, Any]:
        """The result of one command."""
        self._number += 1
        told: dict[str, Any] = {"id": self._number, "method": method, "params": given}
        if self._session:
            told["sessionId"] = self._session
        os.write(self._sending, json.dumps(told).encode() + b"\0")
        while True:
            message = self._receive()
            if message.get("id") != self._number:
                self.events.append(message)
                continue
            assert "error" not in message, (method, message)
            result: dict[str, Any] = message["result"]
            return result

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            assert select.select([self._receiving], [], [], 60)[0], "the browser says nothing"
            part = os.read(self._receiving, 1 << 16)
            assert part, "the browser has ended"
            self._rest += part
        text, _nul, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        return message

    def open(self, address: str) -> None:
        """Load a page, to its end."""
        self.events.clear()
        self.ask("Page.navigate", url=address)
        self._wait_for("Page.loadEventFired")

    def _wait_for(self, method: str) -> None:
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self._receive())

    def run(self, expression: str) -> Any:
        """The value of an expression in the page."""
        done = self.ask(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    def press(self, key: str, *, shift: bool = False) -> None:
        """Press a key that has a name, such as ``Tab``."""
        code = {"Tab": 9, "Escape": 27, "Enter": 13, "Space": 32}[key]
        given = {"key": " " if key == "Space" else key, "code": key, "windowsVirtualKeyCode": code}
        text = {"text": {"Enter": "\r", "Space": " "}[key]} if key in ("Enter", "Space") else {}
        modifiers = 8 if shift else 0
        self.ask("Input.dispatchKeyEvent", type="keyDown", modifiers=modifiers, **given, **text)
        self.ask("Input.dispatchKeyEvent", type="keyUp", modifiers=modifiers, **given)

    def write(self, text: str) -> None:
        """Write where the focus is."""
        self.ask("Input.insertText", text=text)

    def show(self, width: int, height: int, *, dark: bool = False, medium: str = "screen") -> None:
        """Set the window, the reader's colours, and screen or paper."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", media=medium, features=[scheme])
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip

    def picture(self, *, whole: bool = False) -> bytes:
        """What the window shows as PNG, or the whole page."""
        given = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        return base64.b64decode(given["data"])

    def paper(self) -> bytes:
        """The page as PDF, A4."""
        given = self.ask(
            "Page.printToPDF", paperWidth=8.27, paperHeight=11.69, printBackground=False
        )
        return base64.b64decode(given["data"])


def _find_program() -> str:
    """Where Chromium is."""
    return next(filter(None, map(shutil.which, PROGRAMS)))


@contextlib.contextmanager
def running_browser() -> Iterator[Browser]:
    """Run Chromium with an empty profile of its own, and end it."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        commands, answers = os.pipe(), os.pipe()
        arguments = [*OPTIONS, f"--user-data-dir={profile}"]
        # It reads from descriptor 3 and writes to 4.
        script = f'exec "$0" "$@" 3<&{commands[0]} 4>&{answers[1]}'
        browser = subprocess.Popen(
            ["/bin/bash", "-c", script, _find_program(), *arguments],
            pass_fds=(commands[0], answers[1]),
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": profile},
        )
        os.close(commands[0])
        os.close(answers[1])
        try:
            yield Browser(commands[1], answers[0])
        finally:
            os.close(commands[1])  # which ends it, all its processes with it
            os.close(answers[0])
            try:
                browser.wait(10)
            except subprocess.TimeoutExpired:
                browser.kill()
                browser.wait()


def page_address(path: Path) -> str:
    """The address of a file."""
    return path.resolve().as_uri()
