"""How far a check of links has come: a few lines on a terminal, plain ones elsewhere.

Nothing is said of a run that is over within a second.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable
from heapq import nlargest
from typing import TYPE_CHECKING, Self, TextIO

from ethogram.findings import visible
from ethogram.links.verdicts import Verdict

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

QUIET = 1.0
"""Seconds in which a run says nothing."""

PACE = 5.0
"""Seconds between two plain lines."""

_SLOWEST = 3
_COLORS = {Verdict.OK: "green", Verdict.DEAD: "bold red", Verdict.SUSPECT: "yellow"}


class Progress:
    """Tells of links as they are done, from `with` to its end.

    Attributes:
        total: how many links there are.
        counts: how many are done, by verdict.
        slowest: the hosts that took longest for one link, the slowest first, with the seconds.
    """

    def __init__(
        self,
        total: int,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin to count.

        Args:
            total: how many links there are.
            stream: where to write; by default standard error.
            clock: tells the time in seconds.
        """
        self.total = total
        self.counts = Counter(dict.fromkeys(Verdict, 0))  # all: its size must not change (_view)
        self.slowest: tuple[tuple[str, float], ...] = ()
        self._stream = stream if stream is not None else sys.stderr
        self._terminal = self._stream.isatty()
        self._clock = clock
        self._started = self._last = clock()
        self._live: Live | None = None

    def __enter__(self) -> Self:
        self._started = self._last = self._clock()
        return self

    def told(self, verdict: Verdict, host: str, seconds: float) -> None:
        """Count a link that is done.

        Args:
            verdict: what was found of it.
            host: whom it leads to.
            seconds: how long it took.
        """
        self.counts[verdict] += 1
        self._remember(host, seconds)
        now = self._clock()
        if self._terminal:
            if self._live is None and now - self._started >= QUIET:
                self._live = self._started_live()
        elif now - self._last >= PACE:
            self._say(now)

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()
        elif not self._terminal and self._clock() - self._started >= QUIET:
            self._say(self._clock())

    def _remember(self, host: str, seconds: float) -> None:
        """Keep the slowest hosts; a tuple, as the display's thread may read it at any time."""
        longest = dict(self.slowest)
        longest[host] = max(seconds, longest.get(host, 0.0))
        known = ((name, took) for name, took in longest.items() if name and took > 0)
        self.slowest = tuple(nlargest(_SLOWEST, known, key=lambda each: each[1]))

    @property
    def _done(self) -> str:
        return f"{self.counts.total()} of {self.total} links"

    def _slowest(self) -> str:
        return ", ".join(f"{visible(host)} {seconds:.1f} s" for host, seconds in self.slowest)

    # -- plain lines -------------------------------------------------------------------------

    def _say(self, now: float) -> None:
        self._last = now
        counts = ", ".join(f"{self.counts[each]} {each}" for each in Verdict if self.counts[each])
        said = f"{self._done}: {counts}" if counts else self._done
        slowest = f"; slowest: {self._slowest()}" if self.slowest else ""
        print(f"{said}{slowest}", file=self._stream, flush=True)

    # -- a terminal --------------------------------------------------------------------------

    def _started_live(self) -> "Live":
        from rich.console import Console  # only now: most runs are short, or have no terminal
        from rich.live import Live

        console = Console(file=self._stream)
        live = Live(console=console, get_renderable=self._view, transient=True)
        live.start(refresh=True)
        return live

    def _view(self) -> "Table":
        """What the terminal shows; called by the display's own thread, too."""
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text  # text, not markup: a host's name is an outsider's

        counts = [(f"{self.counts[each]} {each}  ", _COLORS.get(each, "")) for each in Verdict]
        view = Table.grid()
        view.add_row(ProgressBar(self.total or 1, self.counts.total(), width=40))
        view.add_row(Text(self._done))
        view.add_row(Text.assemble(*counts))
        if self.slowest:
            view.add_row(Text(f"slowest: {self._slowest()}", overflow="ellipsis", no_wrap=True))
        return view
