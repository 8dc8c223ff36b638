"""`beside`: what is done in a process of its own, and how its end is told."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ethogram.beside import Beside
from ethogram.findings import EthogramError, Finding

# The process calls these by their names, so they stand at the top of this module.


def append(path: Path, text: str, seconds: float = 0) -> None:
    """Leave a trace, after a while."""
    time.sleep(seconds)
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def note_process(path: Path) -> None:
    """Leave the number of the process."""
    append(path, f"{os.getpid()}\n")


def lengths(path: Path, texts: list[str]) -> None:
    """Leave the number of what was given."""
    append(path, str(len(texts)))


def fail(finding: Finding) -> None:
    """Fail as the engine does."""
    raise EthogramError("It is wrong in\ntwo lines.", finding)


def go_wrong() -> None:
    """Fail as only a fault of ours does."""
    raise ZeroDivisionError("never")


def die() -> None:
    """End without a word, as a process that the system kills."""
    os._exit(9)


@pytest.fixture
def beside() -> Iterator[Beside]:
    """A process beside this one; nothing of it is left."""
    made = Beside()
    yield made
    made.close()
    assert multiprocessing.active_children() == []


def test_things_are_done_in_order_in_one_other_process(beside: Beside, tmp_path: Path) -> None:
    """What takes long is not overtaken; one process does it all, and it is not ours."""
    order, processes = tmp_path / "order", tmp_path / "processes"
    for build in range(2):
        beside.do(append, order, "a", 0.3)
        beside.do(append, order, text="b")
        beside.do(append, order, "c", seconds=0.1)
        beside.do(note_process, processes)
        beside.wait()
        assert order.read_text() == "abc" * (build + 1)
    first, second = processes.read_text().split()
    assert first == second != str(os.getpid())


def test_what_is_given_may_change_at_once(beside: Beside, tmp_path: Path) -> None:
    """A function gets what it was given, however the build goes on with it."""
    texts = ["a", "b"]
    beside.do(append, tmp_path / "slow", "", 0.2)
    beside.do(lengths, tmp_path / "number", texts)
    texts.clear()
    beside.wait()
    assert (tmp_path / "number").read_text() == "2"


def test_an_error_arrives_as_it_was_raised(beside: Beside, tmp_path: Path) -> None:
    """With its findings, where all is waited for; what comes after it is done, and told once."""
    finding = Finding.of("dead-link", "a.md", (2, 3), "b leads nowhere", "Mend it.")
    beside.do(fail, finding)
    beside.do(append, tmp_path / "after", "done", 0.2)
    with pytest.raises(EthogramError) as raised:
        beside.wait()
    assert str(raised.value) == "It is wrong in\ntwo lines."
    assert raised.value.findings == (finding,)
    beside.do(append, tmp_path / "after", ", again")
    beside.wait()
    assert (tmp_path / "after").read_text() == "done, again"


def test_a_fault_of_ours_is_not_hidden(beside: Beside) -> None:
    """It is no sentence for the reader, and says where it was."""
    beside.do(go_wrong)
    with pytest.raises(ZeroDivisionError) as raised:
        beside.wait()
    assert "go_wrong" in str(raised.value.__cause__)


def test_what_cannot_be_sent_is_told_at_once(beside: Beside, tmp_path: Path) -> None:
    """The traceback leads to who asked for it, and what was asked before is still done."""
    beside.do(append, tmp_path / "trace", "a")
    with (tmp_path / "open").open("w") as file, pytest.raises(TypeError, match="pickle"):
        beside.do(print, file=file)
    beside.wait()
    assert (tmp_path / "trace").read_text() == "a"


def test_a_process_that_dies_is_a_sentence(beside: Beside, tmp_path: Path) -> None:
    """Whatever was still to be done; and the next build has a process again."""
    for _ in range(2):
        beside.do(die)
        beside.do(append, tmp_path / "lost", "x")
        with pytest.raises(EthogramError, match=r"^The process beside the build has died.*\.$"):
            beside.wait()
        assert not (tmp_path / "lost").exists()
        beside.do(append, tmp_path / "kept", "x")
        beside.wait()
    assert (tmp_path / "kept").read_text() == "xx"


def test_one_that_has_died_is_asked_in_vain_until_all_is_waited_for(
    beside: Beside, tmp_path: Path
) -> None:
    """The build goes on to its end, and is then told."""
    beside.do(die)
    deadline = time.monotonic() + 30
    while multiprocessing.active_children():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    beside.do(append, tmp_path / "lost", "x")
    with pytest.raises(EthogramError, match="has died"):
        beside.wait()
    assert not (tmp_path / "lost").exists()


def test_closing_ends_the_process_when_all_is_done(tmp_path: Path) -> None:
    """Even what nobody waits for; without anything to do there is none; it can be used again."""
    beside = Beside()
    beside.wait()
    beside.close()
    assert multiprocessing.active_children() == []
    for _ in range(2):
        beside.do(append, tmp_path / "trace", "x", 0.2)
        assert len(multiprocessing.active_children()) == 1
        beside.close()
        assert multiprocessing.active_children() == []
    assert (tmp_path / "trace").read_text() == "xx"


HOOKED = """\
import sys
if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    from ethogram.beside import Beside
    sys.path.remove(sys.argv[1])  # as MkDocs does, once it has a hook
    beside = Beside()
    beside.do(print, "done", flush=True)
    beside.wait()
"""


def test_the_process_runs_the_version_that_started_it(tmp_path: Path) -> None:
    """Whichever is installed, as where one's own checkout is and a site brings another's hook."""
    (tmp_path / "other/ethogram").mkdir(parents=True)
    (tmp_path / "other/ethogram/__init__.py").touch()
    (tmp_path / "hooked.py").write_text(HOOKED)
    result = subprocess.run(
        [sys.executable, str(tmp_path / "hooked.py"), str(Path(__file__).parent.parent / "hooks")],
        env={**os.environ, "PYTHONPATH": str(tmp_path / "other")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout) == (0, "done\n")


BUSY = """\
import sys, time
from pathlib import Path
from ethogram.beside import Beside
import test_beside
if __name__ == "__main__":
    beside = Beside()
    beside.do(test_beside.note_process, Path(sys.argv[1]))
    beside.wait()
    beside.do(time.sleep, float(sys.argv[2]))
    print("ready", flush=True)
    time.sleep(60)
"""


def is_running(process: int) -> bool:
    """Whether there is a process of that number."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("seconds", [0, 60], ids=["idle", "busy"])
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGKILL])
def test_it_ends_with_the_build(tmp_path: Path, sent: signal.Signals, seconds: int) -> None:
    """A build that is ended from outside leaves nothing running, whatever is being done."""
    (tmp_path / "busy.py").write_text(BUSY)
    here = Path(__file__).parent
    paths = os.pathsep.join([str(here), str(here.parent / "hooks")])
    number = tmp_path / "number"
    with subprocess.Popen(
        [sys.executable, str(tmp_path / "busy.py"), str(number), str(seconds)],
        env={**os.environ, "PYTHONPATH": paths},
        stdout=subprocess.PIPE,
    ) as build:
        assert build.stdout and build.stdout.readline() == b"ready\n"
        build.send_signal(sent)
        build.wait(10)
    child = int(number.read_text())
    deadline = time.monotonic() + 10
    try:
        while is_running(child):
            assert time.monotonic() < deadline, "it is still there"
            time.sleep(0.05)
    finally:
        if is_running(child):
            os.kill(child, signal.SIGKILL)
