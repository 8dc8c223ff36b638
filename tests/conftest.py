"""What the tests share: a browser, and a server for the folder that it looks at."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import hypothesis
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from browser import ADVICE, find
from loopback_site import StaticServer

# The same examples in every run, and no time limit: a red run must mean a fault, not a slow or an
# unlucky machine. `pytest --hypothesis-profile=explore` goes looking for new ones.
hypothesis.settings.register_profile("steady", derandomize=True, deadline=None)
hypothesis.settings.register_profile("explore", max_examples=2000, deadline=None)
hypothesis.settings.load_profile("steady")

# A shell that runs the tests behind its back tells them to ignore Ctrl-C, and so would the programs
# that they start, which some tests stop in this way.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

BROWSER_FLAGS = [
    # The browser calls nobody by itself, and finds no host but this machine.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[[Path], str]]:
    """Give a function that serves a folder until the module's tests are done, and its address."""
    with ExitStack() as servers:
        yield lambda folder: servers.enter_context(StaticServer(folder)).url


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Give the executable of a Chromium, Chrome or Edge; a machine without one fails the test."""
    browser = find()
    if browser is None:
        pytest.fail(ADVICE)
    return browser


# For one module, not the session: Playwright keeps an event loop running in the thread that started
# it, and other modules' tests may want to run one of their own.
@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    """Give a running browser without a window, for the tests of one module."""
    # Chromium refuses to sandbox itself for root, which is what a container's user is.
    as_root = sys.platform != "win32" and os.geteuid() == 0
    flags = [*BROWSER_FLAGS, "--no-sandbox"] if as_root else BROWSER_FLAGS
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield running
        running.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Give a fresh page 1280 pixels wide, with no cookie, cache or setting of another test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()
