"""Processes that are measured, and the lines of the table that come of it."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# As a person's: modules are compiled once, by a first run that is not counted.
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
ENVIRONMENT["NO_MKDOCS_2_WARNING"] = "1"


@dataclass(frozen=True)
class Sample:
    """Seconds of wall time and peak memory, in MiB, of one process."""

    seconds: float
    peak: float


@dataclass(frozen=True)
class Row:
    """A line of the table: what was measured, the figure, and the bound it is held to."""

    what: str
    figure: float
    bound: float
    unit: str
    detail: str


def measure(command: list[str], folder: Path) -> Sample:
    """Run a command in a folder; fail loudly if it does."""
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=ENVIRONMENT, stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        if os.waitstatus_to_exitcode(status):
            output.seek(0)
            raise SystemExit(f"{' '.join(command)} failed:\n{output.read().decode()[-2000:]}")
    unit = 1024**2 if sys.platform == "darwin" else 1024  # bytes there, else KiB
    return Sample(seconds, usage.ru_maxrss / unit)


def ethogram(*arguments: str) -> list[str]:
    """The `ethogram` command of this checkout, as a process of its own."""
    code = f"import sys; sys.path.insert(0, {str(ROOT / 'hooks')!r}); from ethogram.cli import main"
    return [sys.executable, "-c", f"{code}; main({list(arguments)!r})"]


def median(samples: list[Sample], of: Callable[[Sample], float]) -> float:
    """The median of one figure over samples."""
    return statistics.median(map(of, samples))


FIGURES: tuple[tuple[str, Callable[[Sample], float], str], ...] = (
    ("time", lambda sample: sample.seconds, "s"),
    ("peak memory", lambda sample: sample.peak, "MiB"),
)


def compare(what: str, pairs: list[tuple[Sample, Sample]], bound: float) -> list[Row]:
    """Rows of the ratios of time and of memory within pairs of runs, ours first."""
    rows = []
    for name, of, unit in FIGURES:
        ratio = statistics.median([of(ours) / of(other) for ours, other in pairs])
        a, b = (median([pair[side] for pair in pairs], of) for side in (0, 1))
        detail = f"{a:.2f} {unit} against {b:.2f} {unit}"
        rows.append(Row(f"{what}: {name}", ratio, bound, "x", detail))
    return rows
