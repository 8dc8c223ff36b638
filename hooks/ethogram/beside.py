"""Processes beside the build, for what it need not wait for: most machines have a second core."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, ParamSpec

from ethogram.findings import EthogramError

_Given = ParamSpec("_Given")
_HOOKS = str(Path(__file__).parent.parent)  # another version may be installed, or none


class Beside:
    """Does things in processes of their own, each of which begins at once.

    Where such a process is no copy of this one, functions and what they are given must be such as
    `pickle` takes.
    """

    def __init__(self) -> None:
        self._under_way: list[tuple[BaseProcess, Connection]] = []

    def do(
        self, function: Callable[_Given, None], *args: _Given.args, **kwargs: _Given.kwargs
    ) -> None:
        """Begin to call a function, with what it is given as it is now."""
        context = _context()
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(  # type: ignore[attr-defined]  # each context has one
            target=_call, args=(theirs, function, args, kwargs), daemon=True
        )
        with theirs:  # closed here, so that the process's end ends it
            process.start()
        self._under_way.append((process, ours))

    def wait(self) -> None:
        """Wait until all is done.

        Raises:
            EthogramError: one of the functions has raised it, or its process has ended early; the
                first of them is told.
        """
        under_way, self._under_way = self._under_way, []
        errors = [error for each in under_way if (error := _outcome(*each))]
        if errors:
            raise errors[0]

    def abandon(self) -> None:
        """End what is under way, finished or not."""
        under_way, self._under_way = self._under_way, []
        for process, end in under_way:
            process.terminate()
            process.join()
            end.close()


def _context() -> BaseContext:
    """How a process begins: as a copy of this one, which is quick, or anew.

    A copy has the locks of all threads, and nobody to release them; so a preview, which has some,
    makes none. On a Mac the system's own libraries have threads (https://bugs.python.org/issue33725).
    """
    if sys.platform == "linux" and threading.active_count() == 1:
        return multiprocessing.get_context("fork")
    if sys.path[0] != _HOOKS:  # which the process takes over: it is to find this package
        sys.path.insert(0, _HOOKS)
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
