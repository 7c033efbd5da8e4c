# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page in a real browser: for eyes, ears, fingers, keys and paper, and without a network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.report.chromium import Browser, page_address, running_browser
from tests.report.page import render_page
from tests.report.sample import sample

BROKEN = """<!DOCTYPE html><title>x</title><style>p { color: #999; background: #fff; width: 50rem }
</style><p>pale</p><img src="http://127.0.0.1:9/x.png"><a href="#gone">x</a><button></button>
<script>fetch('http://127.0.0.1:9/y')</script>"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    with running_browser() as running:
        yield running


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page after a bad night."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(render_page(*sample()), "utf-8")
    return page_address(path)


@pytest.fixture
def page(browser: Browser, address: str) -> Browser:
    """The browser with a freshly opened page, as wide as that of a desk."""
    browser.show(1280, 900)
    browser.open(address)
    return browser


@pytest.fixture
def broken(browser: Browser, tmp_path: Path) -> Browser:
    """The browser with a page that breaks every rule."""
    path = tmp_path / "broken.html"
    path.write_text(BROKEN, "utf-8")
    browser.show(320, 640)
    browser.open(page_address(path))
    return browser


def requested(browser: Browser) -> list[str]:
    """The addresses that the page asked for, itself left out."""
    sent = [one for one in browser.events if one.get("method") == "Network.requestWillBeSent"]
    return [one["params"]["request"]["url"] for one in sent[1:]]


def complaints(browser: Browser) -> list[str]:
    """What the browser has to say about a page: errors, and what its policy refused."""
    logged = [one for one in browser.events if one.get("method") == "Log.entryAdded"]
    thrown = [one for one in browser.events if one.get("method") == "Runtime.exceptionThrown"]
    return [one["params"]["entry"]["text"] for one in logged] + [str(one) for one in thrown]


def test_page_asks_for_nothing_and_the_browser_has_nothing_to_say(page: Browser) -> None:
    assert requested(page) == []
    assert complaints(page) == []


def test_a_page_that_asks_is_found(broken: Browser) -> None:
    broken.run("new Promise(done => setTimeout(done, 200))")
    assert set(requested(broken)) >= {"http://127.0.0.1:9/x.png", "http://127.0.0.1:9/y"}
    assert complaints(broken)


def test_policy_lets_no_other_script_run(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(render_page(*sample()).replace("</main>", "<script>x = 1</script></main>"))
    browser.open(page_address(path))
    assert browser.run("typeof x") == "undefined"
    assert any("Content Security Policy" in text for text in complaints(browser))


CONTRAST = """(() => {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
  const rgb = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (colour) => {
    const [r, g, b] = rgb(colour).map((one) => one / 255)
      .map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (part) => {
    for (let one = part; one; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if (rgb(colour)[3] === 255) return colour;
    }
    return 'white';
  };
  const ratio = (a, b) => {
    const [low, high] = [light(a), light(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const bad = {};
  let seen = 0;
  for (const part of document.querySelectorAll('body *')) {
    const style = getComputedStyle(part);
    const told = [...part.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
    const drawn = part.matches('.shape, .trend circle');
    if (!(told || drawn) || part.closest('script, style')) continue;
    seen += 1;
    const found = ratio(drawn ? style.fill : style.color, ground(part));
    if (found < (drawn ? 3 : 4.5)) bad[`${part.tagName} ${part.className}`] = found;
  }
  return [seen, bad];
})()"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_contrast_is_enough(browser: Browser, address: str, *, dark: bool) -> None:
    browser.show(1280, 900, dark=dark)
    browser.open(address)
    seen, bad = browser.run(CONTRAST)
    assert bad == {}
    assert seen > 500


def test_contrast_on_paper_is_enough(page: Browser) -> None:
    page.show(794, 1123, dark=True, medium="print")
    assert page.run(CONTRAST)[1] == {}


def test_pale_text_is_found(broken: Browser) -> None:
    assert list(broken.run(CONTRAST)[1]) == ["P "]


WIDTH = "document.documentElement.scrollWidth"


@pytest.mark.parametrize("width", [320, 375, 735, 737, 1024, 2560])
def test_nothing_scrolls_sideways(page: Browser, width: int) -> None:
    page.show(width, 640)
    page.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert page.run(WIDTH) <= width


def test_what_is_too_wide_is_found(broken: Browser) -> None:
    assert broken.run(WIDTH) > 320


def tree(browser: Browser) -> list[tuple[str, str]]:
    """Role and name of everything that a screen reader meets."""
    nodes = browser.ask("Accessibility.getFullAXTree")["nodes"]
    return [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"]
    ]


def nameless(nodes: list[tuple[str, str]]) -> list[str]:
    """What can be used, or is a landmark, and has no name."""
    need = ("button", "link", "checkbox", "combobox", "searchbox", "heading", "table", "region")
    return [role for role, name in nodes if role in need and not name.strip()]


def test_screen_reader_has_landmarks_and_names(page: Browser) -> None:
    nodes = tree(page)
    roles = [role for role, _name in nodes]
    assert nameless(nodes) == []
    assert [roles.count(role) for role in ("banner", "main", "contentinfo", "search")] == [1] * 4
    regions = [name for role, name in nodes if role == "region"]
    assert regions[:3] == ["Overview", "Findings", "What to do first"]
    assert {"All checks", "spotex-prod-1 spotex 2 critical 9 ok"} <= {
        " ".join(name.split()) for name in regions
    }
    assert ("columnheader", "What was seen") in nodes
    assert ("rowheader", "host.disk liyaqa-prod-1, liyaqa") in nodes
    assert "image" not in roles  # whatever is drawn stands there in words as well


def test_what_has_no_name_is_found(broken: Browser) -> None:
    assert nameless(tree(broken)) == ["button"]


def test_tables_stay_tables_on_a_phone(page: Browser) -> None:
    page.show(320, 640)
    roles = [role for role, _name in tree(page)]
    assert ("columnheader" in roles, "row" in roles, "cell" in roles) == (True, True, True)


def test_headings_leave_no_level_out(page: Browser) -> None:
    levels = page.run("[...document.querySelectorAll('h1,h2,h3')].map((one) => +one.tagName[1])")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:]))


GONE = """[...document.querySelectorAll('a[href^="#"]')].map((one) => one.hash.slice(1))
  .filter((one) => !document.getElementById(one))"""
TWICE = """[...document.querySelectorAll('[id]')].map((one) => one.id)
  .filter((one, place, all) => all.indexOf(one) !== place)"""


def test_links_lead_somewhere_and_ids_are_unique(page: Browser) -> None:
    assert page.run(GONE) == []
    assert page.run(TWICE) == []
    assert page.run("document.querySelectorAll('a[href=\"#remedy-disk_full\"]').length") == 2


def test_a_link_to_nowhere_is_found(broken: Browser) -> None:
    assert broken.run(GONE) == ["gone"]


FOCUS = "(document.activeElement.name || document.activeElement.textContent).trim()"
RING = "getComputedStyle(document.activeElement).outlineStyle"


def test_keys_reach_everything_in_the_order_of_the_page(page: Browser) -> None:
    reached = []
    for _press in range(14):
        page.press("Tab")
        reached.append(page.run(FOCUS))
        assert page.run(RING) == "solid", reached
    assert reached[:4] == [
        "Skip to the findings",
        "Skip to all checks",
        "ecommerce-prod-1",
        "equipment-prod-1",
    ]
    assert reached[7:] == ["Filter", "status", "status", "status", "status", "platform", "host"]


SHOWN = """[...document.querySelectorAll('.checks tbody tr')]
  .filter((one) => one.checkVisibility()).length"""
TOLD = "document.getElementById('shown').textContent"


def focus(browser: Browser, selector: str) -> None:
    browser.run(f"document.querySelector('{selector}').focus()")


def test_keys_filter_by_text_and_bring_all_back(page: Browser) -> None:
    assert page.run(SHOWN) == 0
    focus(page, "[name=text]")
    page.write("DISK spotex")
    assert (page.run(SHOWN), page.run(TOLD)) == (1, "Shown: 1 of 56 checks")
    assert page.run("[...document.querySelectorAll('.machine:not([hidden])')].length") == 1
    page.press("Escape")
    page.run("new Promise((done) => setTimeout(done))")
    assert (page.run(SHOWN), page.run(TOLD)) == (0, "")
    assert page.run("document.querySelectorAll('[hidden]').length") == 0


def test_keys_filter_by_status(page: Browser) -> None:
    focus(page, "[name=status][value=critical]")
    page.press("Space")
    assert (page.run(SHOWN), page.run(TOLD)) == (3, "Shown: 3 of 56 checks")
    focus(page, "[name=status][value=warning]")
    page.press("Space")
    assert page.run(SHOWN) == 4


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [("host", "liyaqa-prod-1", 11), ("platform", "equipment", 12), ("platform", "", 0)],
)
def test_filter_by_host_and_platform(page: Browser, name: str, value: str, shown: int) -> None:
    page.run(
        f"(() => {{ const one = document.querySelector('[name={name}]'); one.value = '{value}';"
        " one.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )
    assert page.run(SHOWN) == shown


def test_areas_that_a_reader_opened_stay_open(page: Browser) -> None:
    page.run("document.querySelector('.area').open = true")
    focus(page, "[name=text]")
    page.write("compose")
    page.press("Escape")
    page.run("new Promise((done) => setTimeout(done))")
    assert page.run("document.querySelectorAll('.area[open]').length") == 1


def test_a_filter_that_nothing_matches_says_so(page: Browser) -> None:
    focus(page, "[name=text]")
    page.write("no such thing")
    assert (page.run(SHOWN), page.run(TOLD)) == (0, "Shown: 0 of 56 checks")


def test_page_is_whole_without_its_script(browser: Browser, address: str) -> None:
    browser.show(1280, 900)
    browser.ask("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(address)
    browser.ask("Emulation.setScriptExecutionDisabled", value=False)
    assert browser.run("document.getElementById('filter').hidden") is True
    assert browser.run("document.querySelectorAll('.checks tbody tr').length") == 56


def test_paper_shows_every_check(page: Browser) -> None:
    assert page.run(SHOWN) == 0
    page.show(794, 1123, medium="print")
    assert page.run(SHOWN) == 56
    assert page.run("document.getElementById('filter').checkVisibility()") is False
    sheets = page.paper().count(b"/Type /Page\n")
    assert sheets >= 5


def large() -> tuple[dict[str, Any], dict[str, Any]]:
    """Five hosts with 300 checks each, and 20 runs before."""
    return sample(20, 27)


def test_page_of_many_checks_stays_small() -> None:
    report, history = large()
    assert sum(report["counts"].values()) >= 1500
    assert len(render_page(report, history).encode()) < 2_000_000
