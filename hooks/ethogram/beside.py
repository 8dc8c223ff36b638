"""Processes beside the build, for what it need not wait for: most machines have a second core."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, ParamSpec

from ethogram.findings import EthogramError

_Given = ParamSpec("_Given")
_HOOKS = str(Path(__file__).parent.parent)  # another version may be installed, or none


class Beside:
    """Does things in processes of their own, while the build goes on or after it.

    Where such a process is no copy of this one, functions and what they are given must be such as
    `pickle` takes.
    """

    def __init__(self) -> None:
        self._under_way: list[tuple[BaseProcess, Connection]] = []
        self._later: list[Callable[[], None]] = []
        self._thread: threading.Thread | None = None
        self._abandoned = False

    def do(
        self, function: Callable[_Given, None], *args: _Given.args, **kwargs: _Given.kwargs
    ) -> None:
        """Begin to call a function, with what it is given as it is now."""
        context = _context()
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(  # type: ignore[attr-defined]  # each context has one
            target=_call, args=(theirs, function, args, kwargs), daemon=True
        )
        with theirs, _deaf():  # the pipe is closed here, so that the process's end ends it
            process.start()
        self._under_way.append((process, ours))

    def wait(self) -> None:
        """Wait until all is done.

        Raises:
            EthogramError: one of the functions has raised it, or its process has ended early; the
                first of them is told.
        """
        errors = [error for each in self._under_way if (error := _outcome(*each))]
        self._under_way = []
        if errors:
            raise errors[0]

    def do_later(
        self, function: Callable[_Given, None], *args: _Given.args, **kwargs: _Given.kwargs
    ) -> None:
        """Have a function called once `begin_later` says so, in a process as well."""
        self._later.append(partial(self.do, function, *args, **kwargs))

    def begin_later(self, tell: Callable[[EthogramError], None]) -> None:
        """Begin with what was put off, one thing after the other, and wait for none of it.

        Args:
            tell: called, from a thread, with what went wrong.
        """
        later, self._later = self._later, []

        def begin() -> None:
            for each in later:
                if not self._abandoned:
                    each()
                if self._abandoned:  # perhaps in the meantime
                    return self._terminate()
                try:
                    self.wait()
                except EthogramError as error:
                    if not self._abandoned:
                        tell(error)
            return None

        self._thread = threading.Thread(target=begin, daemon=True)
        self._thread.start()

    def abandon(self) -> None:
        """End what is under way, finished or not, and forget what was put off."""
        self._later, self._abandoned = [], True
        self._terminate()
        if self._thread:
            self._thread.join()
        for each in self._under_way:
            _outcome(*each)
        self._under_way, self._thread, self._abandoned = [], None, False

    def _terminate(self) -> None:
        for process, _ in self._under_way:
            process.terminate()


@contextmanager
def _deaf() -> Iterator[None]:
    """Begin a process that Ctrl-C does not reach, even before it can say so."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _context() -> BaseContext:
    """How a process begins: as a copy of this one, which is quick, or anew.

    A copy has the locks of all threads, and nobody to release them; so a preview, which has some,
    makes none. On a Mac the system's own libraries have threads (https://bugs.python.org/issue33725).
    """
    if sys.platform == "linux" and threading.active_count() == 1:
        return multiprocessing.get_context("fork")
    if sys.path[0] != _HOOKS:  # which the process takes over: it is to find this package
        sys.path.insert(0, _HOOKS)
    if sys.platform != "win32":
        resource_tracker.ensure_running()  # later it would unblock what `_deaf` has blocked
    return multiprocessing.get_context("spawn")


def _outcome(process: BaseProcess, end: Connection) -> EthogramError | None:
    """Wait for a process; return what was wrong, if anything."""
    try:
        with end:
            error: EthogramError | None = end.recv()
    except EOFError:
        process.join()
        killed = process.exitcode and process.exitcode < 0
        why = "has died; was there memory enough? Try again" if killed else "has failed: see above"
        error = EthogramError(f"A process beside the build {why}.")
    process.join()
    return error


def _call(
    end: Connection, function: Callable[..., None], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    """Call a function in the process, and send what was wrong; any other fault ends it aloud."""
    _follow()
    error = None
    try:
        function(*args, **kwargs)
    except EthogramError as raised:
        error = raised
    with end:
        end.send(error)


def _follow() -> None:
    """End with the build, not before it: Ctrl-C reaches both, and a kill only the build."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_build, daemon=True).start()


def _end_with_build() -> None:
    if build := multiprocessing.parent_process():
        build.join()
        os._exit(0)
