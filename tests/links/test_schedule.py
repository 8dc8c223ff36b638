"""`links.schedule`: rule 3 of the links, in virtual time, so that every second is exact."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import pytest

from ethogram.links.schedule import PausedError, Schedule

A, B, C = "http://a.test:80", "http://b.test:80", "http://c.test:80"


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop that does not wait but sets its clock forward."""

    def __init__(self) -> None:
        self.now = 0.0
        super().__init__(_Skipping(self))

    def time(self) -> float:
        """What the clock says."""
        return self.now


class _Skipping(selectors.SelectSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self.loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.loop.now += timeout or 0.0
        return super().select(0)


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> float:
    """Run a coroutine in virtual time; return how many seconds it took."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(main())
        return runner.get_loop().time()


class Log:
    """Requests under a schedule, each noted with the time of its start, and the most at once."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.starts: list[tuple[float, str]] = []
        self.busy = self.peak = 0

    async def request(self, origin: str, seconds: float, name: str = "") -> None:
        """Make one that takes so long."""
        async with self.schedule.slot(origin):
            self.starts.append((asyncio.get_running_loop().time(), name or origin))
            self.busy += 1
            self.peak = max(self.peak, self.busy)
            try:
                await asyncio.sleep(seconds)
            finally:
                self.busy -= 1

    def names(self) -> list[str]:
        """What was started, in order."""
        return [name for _, name in self.starts]

    def times(self) -> list[float]:
        """When, to the millisecond."""
        return [round(time, 3) for time, _ in self.starts]


async def both(*requests: Coroutine[Any, Any, None]) -> None:
    """Wait for all of them."""
    await asyncio.gather(*requests)


def seconds(origins: Sequence[str], in_flight: int = 100) -> float:
    """How long requests of 50 ms take, those of one host after those of the other."""

    async def main() -> None:
        log = Log(Schedule(in_flight))
        await both(*(log.request(origin, 0.05) for origin in origins))

    return run(main)


def test_two_hosts_take_as_long_as_one() -> None:
    """400 links each, 50 ms, 8 per host: even 16 slots in all are enough, as waiting needs none."""
    one = seconds([A] * 400)
    assert one == pytest.approx(400 / 8 * 0.05)
    assert seconds([A] * 400 + [B] * 400, in_flight=16) == pytest.approx(one)


def test_there_are_never_more_at_once_than_allowed() -> None:
    """Neither in all nor to one host; and no fewer, while there is something to do."""

    async def main() -> None:
        crowded, narrow = Log(Schedule(in_flight=5)), Log(Schedule(per_host=3))
        await both(*(crowded.request(f"http://{n % 7}.test:80", 0.01) for n in range(70)))
        await both(*(narrow.request(A, 0.01) for _ in range(20)))
        assert (crowded.peak, narrow.peak) == (5, 3)

    assert run(main) == pytest.approx(0.01 * (70 / 5 + 7))


def test_a_host_serves_who_came_first() -> None:
    """The queue of a host is in order."""

    async def main() -> None:
        log = Log(Schedule(per_host=2))
        names = [str(number) for number in range(50)]
        await both(*(log.request(A, 0.01, name) for name in names))
        assert log.names() == names

    run(main)


def test_hosts_take_turns() -> None:
    """A host with few links is not kept waiting by one with many that came before it."""

    async def main() -> None:
        log = Log(Schedule(in_flight=1))
        await both(*(log.request(origin, 1) for origin in [A] * 4 + [B] * 2 + [C] * 2))
        assert log.names() == [A, A, B, C, A, B, C, A]

    run(main)


def test_a_pause_holds_its_host_back_and_nobody_else() -> None:
    """Who waits for a pause to end holds no slot."""

    async def main() -> None:
        schedule = Schedule(in_flight=1)
        log = Log(schedule)
        schedule.pause(A, 30)
        await both(*(log.request(origin, 1) for origin in [A, A, B, B]))
        assert list(zip(log.times(), log.names(), strict=True)) == [
            (0, B),
            (1, B),
            (30, A),
            (31, A),
        ]

    run(main)


def test_nobody_gets_ahead_at_the_end_of_a_pause() -> None:
    """While a busy event loop has yet to wake those who waited for it, who comes is behind them."""

    async def main() -> None:
        schedule = Schedule(per_host=1)
        log = Log(schedule)
        schedule.pause(A, 30)
        waiting = asyncio.create_task(log.request(A, 1, "early"))
        await asyncio.sleep(0)
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        loop.now = 31
        await both(log.request(A, 1, "late"), wait(waiting))
        assert log.names() == ["early", "late"]

    run(main)


def test_a_pause_costs_one_timer_however_many_wait() -> None:
    """A host with thousands of links is woken once."""

    async def main() -> None:
        schedule = Schedule(per_host=1000)
        log = Log(schedule)
        schedule.pause(A, 30)
        woken = 0
        wake = schedule._wake

        def counting(host: Any) -> None:
            nonlocal woken
            woken += 1
            wake(host)

        schedule._wake = counting  # type: ignore[method-assign]
        await both(*(log.request(A, 0) for _ in range(1000)))
        assert (woken, set(log.times())) == (1, {30})

    run(main)


def test_the_longest_pause_wins() -> None:
    """Nothing shortens a pause; a longer one that comes while requests wait lengthens it."""

    async def main() -> None:
        schedule = Schedule()
        log = Log(schedule)
        schedule.pause(A, 20)
        schedule.pause(A, 5)
        assert schedule.paused(A) == 20
        waiting = asyncio.create_task(log.request(A, 1))
        await asyncio.sleep(10)
        schedule.pause(A, 40)
        await waiting
        assert (log.times(), schedule.paused(A), schedule.paused(B)) == ([50], 0, 0)

    run(main)


def test_a_pause_holds_for_a_host_that_stands_in_line() -> None:
    """A pause counts from when it is told, also for requests that only wait for a slot."""

    async def main() -> None:
        schedule = Schedule(in_flight=1)
        log = Log(schedule)
        running = [asyncio.create_task(log.request(each, 2)) for each in (A, B, C)]
        await asyncio.sleep(1)
        schedule.pause(B, 9)
        await both(*map(wait, running))
        assert list(zip(log.times(), log.names(), strict=True)) == [(0, A), (2, C), (10, B)]

    run(main)


async def wait(task: asyncio.Task[None]) -> None:
    """Wait for a task."""
    await task


def test_who_is_less_patient_than_the_pause_is_told_so_at_once() -> None:
    """On entry, and while waiting for a shorter pause; the others stay where they are."""

    async def main() -> None:
        schedule = Schedule()
        log = Log(schedule)
        schedule.pause(A, 10)
        patient = asyncio.create_task(log.request(A, 0))

        async def impatient() -> None:
            async with schedule.slot(A, patience=60):
                pytest.fail("it started")

        waiting = asyncio.create_task(impatient())
        await asyncio.sleep(1)
        schedule.pause(A, 100, status=503)
        schedule.pause(A, 50, status=429)  # shorter: it is the other that is told
        for each in (waiting, asyncio.create_task(impatient())):
            with pytest.raises(PausedError) as refused:
                await each
            assert (refused.value.seconds, refused.value.status) == (100, 503)
        assert asyncio.get_running_loop().time() == 1
        await patient
        assert log.times() == [101]

    run(main)


def test_a_crawl_delay_keeps_requests_apart() -> None:
    """One at a time and so far apart, a slow answer or not; other hosts go on."""

    async def main() -> None:
        schedule = Schedule()
        log = Log(schedule)
        await log.request(A, 0)  # robots.txt itself
        schedule.space(A, 5)
        schedule.space(A, 1)
        slow = log.request(A, 7)
        await both(slow, log.request(A, 1), log.request(A, 1), log.request(B, 1))
        times = list(zip(log.times(), log.names(), strict=True))
        assert times == [(0, A), (0, B), (5, A), (12, A), (17, A)]

    run(main)


def test_a_canceled_request_takes_nothing_with_it() -> None:
    """Whether it waits, runs, or gets its turn in that very moment, its slot goes to the next."""

    async def main() -> None:
        schedule = Schedule(in_flight=2, per_host=2)
        log = Log(schedule)
        tasks = [asyncio.create_task(log.request(A, 1)) for _ in range(9)]
        await asyncio.sleep(0.5)
        for number in (0, 3, 4):
            tasks[number].cancel()  # the first runs, so that the third is granted its slot ...
        tasks[2].add_done_callback(lambda _: None)
        await asyncio.sleep(0)
        tasks[2].cancel()  # ... and is canceled before it knows
        await asyncio.gather(*tasks, return_exceptions=True)
        assert [task.cancelled() for task in tasks].count(True) == 4
        peak = Log(schedule)
        await both(*(peak.request(B, 1) for _ in range(6)))
        assert peak.peak == 2

    run(main)


def test_cancellation_at_any_moment_loses_no_slot() -> None:
    """The same at each step of the event loop."""

    async def main() -> None:
        for steps in range(12):
            schedule = Schedule(in_flight=1)
            log = Log(schedule)
            tasks = [asyncio.create_task(log.request(each, 0)) for each in (A, A, B, A)]
            for _ in range(steps):
                await asyncio.sleep(0)
            for task in tasks[1:3]:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            async with asyncio.timeout(1):
                await both(log.request(A, 0), log.request(B, 0))
            assert log.peak == 1

    run(main)


def test_a_wake_costs_the_same_however_many_hosts_wait() -> None:
    """No host is looked at but the one whose turn it is: ten times the hosts, the same per link."""

    async def steps(hosts: int) -> float:
        schedule = Schedule(in_flight=1)
        looked = 0
        line_up = schedule._line_up

        def counting(host: Any) -> None:
            nonlocal looked
            looked += 1
            line_up(host)

        schedule._line_up = counting  # type: ignore[method-assign]
        log = Log(schedule)
        await both(*(log.request(f"http://{n}.test:80", 0) for n in range(hosts)))
        return looked / hosts

    async def main() -> None:
        assert await steps(1000) == pytest.approx(await steps(100), rel=0.05)

    run(main)
