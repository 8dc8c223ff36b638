"""When a request may start: so many at once in all and per host, and none while its host pauses.

Rule 3 of guide/links.md: a request that waits, for whatever reason, holds no slot. Each host has
a queue of its own, first come, first served. Hosts that could start a request stand in a line;
whenever a slot is free the first of them starts one and goes to the end. So each wake costs the
same however many hosts or requests there are, and a host that answers slowly, pauses, or has many
links keeps nobody else from being asked.
"""

import asyncio
import math
from collections import deque
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from types import TracebackType


class PausedError(Exception):
    """A host's pause is longer than the request would wait.

    Attributes:
        seconds: how long the pause still is.
        status: that of the answer which asked for it.
    """

    def __init__(self, seconds: float, status: int) -> None:
        super().__init__(f"the host asks to wait for {math.ceil(seconds)} s")
        self.seconds = seconds
        self.status = status


@dataclass(slots=True)
class _Host:
    """What is known of a host; times are the event loop's.

    Attributes:
        busy: its requests under way.
        waiting: its requests that wait, in order; those given up are skipped when their turn comes.
        paused: when its pause is over.
        status: that of the answer which asked for the pause.
        spacing: seconds from the start of one request to the start of the next.
        started: when its last request started.
        lined: whether it stands in the line of hosts.
        timer: what puts it there when its time has come.
    """

    busy: int = 0
    waiting: deque["_Slot"] = field(default_factory=deque)
    paused: float = -math.inf
    status: int = 429
    spacing: float = 0.0
    started: float = -math.inf
    lined: bool = False
    timer: asyncio.TimerHandle | None = None

    def ready_at(self) -> float:
        """When its next request may start, as far as that is a matter of time."""
        return max(self.paused, self.started + self.spacing) if self.spacing else self.paused


class Schedule:
    """Lets requests start, fairly; all of them on one running event loop.

    A host is known by its origin, `scheme://host:port` in lower case with the port always there.
    """

    def __init__(self, in_flight: int = 100, per_host: int = 8) -> None:
        """Set the bounds.

        Args:
            in_flight: the most requests at once; at least 1.
            per_host: the most at once to one host; at least 1.
        """
        self._free = max(in_flight, 1)
        self._per_host = max(per_host, 1)
        self._hosts: dict[str, _Host] = {}
        self._line: deque[_Host] = deque()

    def slot(
        self, origin: str, patience: float = math.inf
    ) -> AbstractAsyncContextManager[None, None]:
        """Wait until a request to a host may start; it is under way while the context lasts.

        Args:
            origin: the host.
            patience: the longest pause of the host, in seconds, that is sat out.

        Raises:
            PausedError: on entry, the host's pause is longer than that, or becomes so meanwhile.
        """
        return _Slot(self, self._host(origin), patience)

    def pause(self, origin: str, seconds: float, status: int = 429) -> None:
        """Let no request to a host start for some time; the longest pause wins.

        Args:
            origin: the host.
            seconds: for how long.
            status: that of the answer which asks for it.
        """
        host = self._host(origin)
        if _now() + seconds > host.paused:
            host.paused, host.status = _now() + seconds, status
        left = host.paused - _now()
        if any(slot.patience < left for slot in host.waiting):
            patient = [slot for slot in host.waiting if not slot.refused(left)]
            host.waiting = deque(patient)

    def space(self, origin: str, seconds: float) -> None:
        """Let requests to a host start one at a time and this far apart; the longest time wins."""
        host = self._host(origin)
        host.spacing = max(host.spacing, seconds)

    def paused(self, origin: str) -> float:
        """How many seconds a host's pause still lasts; 0.0 where there is none."""
        host = self._hosts.get(origin)
        return max(host.paused - _now(), 0.0) if host else 0.0

    def _host(self, origin: str) -> _Host:
        host = self._hosts.get(origin)
        if host is None:
            host = self._hosts[origin] = _Host()
        return host

    def _has_room(self, host: _Host) -> bool:
        return host.busy < (1 if host.spacing else self._per_host)

    def _start(self, host: _Host) -> bool:
        """Start a request that nobody is ahead of, if one may start now.

        While a slot is free nobody stands in line, so there is no other host to be unfair to.
        """
        if not self._free or host.waiting or not self._has_room(host) or host.ready_at() > _now():
            return False
        self._count(host)
        return True

    def _count(self, host: _Host) -> None:
        self._free -= 1
        host.busy += 1
        host.started = _now()

    def _finish(self, host: _Host) -> None:
        """A request is over: its slot is free for whoever is next."""
        self._free += 1
        host.busy -= 1
        self._line_up(host)
        self._serve()

    def _line_up(self, host: _Host) -> None:
        """Put a host in line, now or when its time comes, if it has something to start."""
        while host.waiting and host.waiting[0].given_up():
            host.waiting.popleft()
        if host.lined or host.timer or not host.waiting or not self._has_room(host):
            return
        delay = host.ready_at() - _now()
        if delay > 0:
            loop = asyncio.get_running_loop()
            host.timer = loop.call_later(delay, self._wake, host)
            return
        host.lined = True
        self._line.append(host)

    def _wake(self, host: _Host) -> None:
        """A host's time has come, unless its pause has become longer meanwhile."""
        host.timer = None
        self._line_up(host)
        self._serve()

    def _serve(self) -> None:
        """Start what can be started, one request of each host in line at a time."""
        while self._free and self._line:
            host = self._line.popleft()
            host.lined = False
            # Since it lined up it may have paused, or whoever waited may have given up.
            may = self._has_room(host) and host.ready_at() <= _now()
            slot = self._next(host) if may else None
            if slot:
                self._count(host)
                slot.grant()
            self._line_up(host)

    def _next(self, host: _Host) -> "_Slot | None":
        while host.waiting:
            slot = host.waiting.popleft()
            if not slot.given_up():
                return slot
        return None


class _Slot(AbstractAsyncContextManager[None, None]):
    """A request's place in its host's queue, then one of the slots."""

    __slots__ = ("_host", "_schedule", "_turn", "patience")

    def __init__(self, schedule: Schedule, host: _Host, patience: float) -> None:
        self._schedule = schedule
        self._host = host
        self._turn: asyncio.Future[None] | None = None
        self.patience = patience

    async def __aenter__(self) -> None:
        left = self._host.paused - _now()
        if left > self.patience:
            raise PausedError(left, self._host.status)
        if self._schedule._start(self._host):
            return
        turn = self._turn = asyncio.get_running_loop().create_future()
        self._host.waiting.append(self)
        self._schedule._line_up(self._host)
        self._schedule._serve()
        try:
            await turn
        except asyncio.CancelledError:
            # Canceled in the very moment its turn came: what it was given goes to the next.
            if not turn.cancelled() and turn.exception() is None:
                self._schedule._finish(self._host)
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._schedule._finish(self._host)

    def grant(self) -> None:
        """Tell whoever waits that it is their turn."""
        if self._turn:
            self._turn.set_result(None)

    def given_up(self) -> bool:
        """Whether nobody waits here anymore."""
        return self._turn is None or self._turn.done()

    def refused(self, left: float) -> bool:
        """Send away who would not wait for so many seconds; return whether nobody waits now."""
        if self._turn and not self._turn.done() and self.patience < left:
            self._turn.set_exception(PausedError(left, self._host.status))
        return self.given_up()


def _now() -> float:
    return asyncio.get_running_loop().time()
