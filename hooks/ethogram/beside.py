"""A process beside the build, for what it need not wait for: most machines have a second core."""

import multiprocessing
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import ParamSpec

from ethogram.findings import EthogramError

_Given = ParamSpec("_Given")
_HOOKS = str(Path(__file__).parent.parent)  # another version may be installed, or none


class Beside:
    """Does one thing after the other in a process of its own, which begins with the first.

    Functions, what they are given, and what they raise, must be such as `pickle` takes.
    """

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._waiting: list[Future[None]] = []

    def do(
        self, function: Callable[_Given, None], *args: _Given.args, **kwargs: _Given.kwargs
    ) -> None:
        """Have a function called, when all before it is done."""
        if self._pool is None:
            # Forks would inherit the locks of a preview's threads.
            context = multiprocessing.get_context("spawn")
            if sys.path[0] != _HOOKS:  # which the process takes over: it is to find this package
                sys.path.insert(0, _HOOKS)
            self._pool = ProcessPoolExecutor(1, context, _follow)
        # Pickled at once: a thread of the pool would do it while the build changes what is given.
        call = pickle.dumps((function, args, kwargs), pickle.HIGHEST_PROTOCOL)
        try:
            future: Future[None] = self._pool.submit(_call, call)
        except BrokenProcessPool as error:  # told of when all is waited for
            future = Future()
            future.set_exception(error)
        self._waiting.append(future)

    def wait(self) -> None:
        """Wait until all is done.

        Raises:
            EthogramError: the process has died.
            Exception: whatever one of the functions has raised; the first of them.
        """
        waiting, self._waiting = self._waiting, []
        try:
            for each in waiting:
                each.result()
        except BrokenProcessPool:
            self._pool = None
            message = "The process beside the build has died; was there memory enough? Try again."
            raise EthogramError(message) from None

    def abandon(self) -> None:
        """Begin nothing more, and wait for what is under way, whatever comes of it."""
        for each in self._waiting:
            each.cancel()
        wait(self._waiting)
        self._waiting = []

    def close(self) -> None:
        """End the process; what has not been waited for is abandoned."""
        self.abandon()
        if self._pool:
            self._pool.shutdown()
            self._pool = None


def _follow() -> None:
    """End with the build, not before it: Ctrl-C reaches both, and a kill only the build."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_build, daemon=True).start()


def _end_with_build() -> None:
    if build := multiprocessing.parent_process():
        build.join()
        os._exit(0)


def _call(call: bytes) -> None:
    function, args, kwargs = pickle.loads(call)
    function(*args, **kwargs)
