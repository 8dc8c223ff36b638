"""`beside`: what is done in a process of its own, and how its end is told."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
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


def note_process_and_stay(path: Path) -> None:
    """Leave the number of the process, and go on for a minute."""
    note_process(path)
    time.sleep(60)


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
    """End without a word, as a process that the system kills for want of memory."""
    os.kill(os.getpid(), signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)


@pytest.fixture(params=["copy", "anew"])
def beside(request: pytest.FixtureRequest) -> Iterator[Beside]:
    """One whose processes begin in either way; nothing of them is left."""
    made, over = Beside(), threading.Event()
    thread = threading.Thread(target=over.wait)
    if request.param == "anew":  # as in a preview, which has threads
        thread.start()
    yield made
    made.abandon()
    over.set()
    if thread.ident:
        thread.join()
    assert multiprocessing.active_children() == []


def test_things_are_done_at_once_in_other_processes(beside: Beside, tmp_path: Path) -> None:
    """A preview builds again and again; what is done for one build is done when it has waited."""
    for build in range(2):
        started = time.monotonic()
        beside.do(append, tmp_path / f"a{build}", "a", 0.5)
        beside.do(append, tmp_path / f"b{build}", text="b", seconds=0.1)
        beside.do(note_process, tmp_path / "processes")
        begun = time.monotonic() - started
        beside.wait()
        assert begun < time.monotonic() - started
        assert (tmp_path / f"a{build}").read_text() == "a"
        assert (tmp_path / f"b{build}").read_text() == "b"
    processes = (tmp_path / "processes").read_text().split()
    assert len(set(processes) - {str(os.getpid())}) == 2


def test_what_is_given_may_change_at_once(beside: Beside, tmp_path: Path) -> None:
    """A function gets what it was given, however the build goes on with it."""
    texts = ["a", "b"]
    beside.do(lengths, tmp_path / "number", texts)
    texts.clear()
    beside.wait()
    assert (tmp_path / "number").read_text() == "2"


def test_an_error_arrives_as_it_was_raised(beside: Beside, tmp_path: Path) -> None:
    """With its findings, where all is waited for; the rest is done nevertheless, and told once."""
    finding = Finding.of("dead-link", "a.md", (2, 3), "b leads nowhere", "Mend it.")
    beside.do(fail, finding)
    beside.do(append, tmp_path / "other", "done", 0.2)
    with pytest.raises(EthogramError) as raised:
        beside.wait()
    assert str(raised.value) == "It is wrong in\ntwo lines."
    assert raised.value.findings == (finding,)
    beside.do(append, tmp_path / "other", ", again")
    beside.wait()
    assert (tmp_path / "other").read_text() == "done, again"


def test_a_fault_of_ours_is_not_hidden(beside: Beside, capfd: pytest.CaptureFixture[str]) -> None:
    """The build fails, and says where it was."""
    beside.do(go_wrong)
    with pytest.raises(
        EthogramError, match=r"^A process beside the build has failed: see above\.$"
    ):
        beside.wait()
    said = capfd.readouterr().err
    assert "in go_wrong" in said
    assert "ZeroDivisionError: never" in said


@pytest.mark.parametrize("beside", ["anew"], indirect=True)
def test_what_cannot_be_sent_is_told_at_once(beside: Beside, tmp_path: Path) -> None:
    """The traceback leads to who asked for it, and what was asked before is still done."""
    beside.do(append, tmp_path / "trace", "a")
    with (tmp_path / "open").open("w") as file, pytest.raises(TypeError, match="pickle"):
        beside.do(print, file=file)
    beside.wait()
    assert (tmp_path / "trace").read_text() == "a"


def test_a_process_that_is_killed_is_a_sentence(beside: Beside, tmp_path: Path) -> None:
    """The rest is done, and the next build has processes again."""
    for _ in range(2):
        beside.do(die)
        beside.do(append, tmp_path / "kept", "x")
        with pytest.raises(EthogramError, match=r"^A process beside the build has died; .*\.$"):
            beside.wait()
        beside.do(append, tmp_path / "kept", "x")
        beside.wait()
    assert (tmp_path / "kept").read_text() == "xxxx"


def test_what_is_abandoned_ends_at_once(beside: Beside, tmp_path: Path) -> None:
    """However long it would take; without anything to do there is no process."""
    beside.wait()
    beside.abandon()
    assert multiprocessing.active_children() == []
    beside.do(append, tmp_path / "trace", "x", 60)
    assert len(multiprocessing.active_children()) == 1
    started = time.monotonic()
    beside.abandon()
    assert time.monotonic() - started < 30
    assert multiprocessing.active_children() == []
    assert not (tmp_path / "trace").exists()


def test_what_is_put_off_waits_for_the_word(beside: Beside, tmp_path: Path) -> None:
    """Then one thing is done after the other, and nobody waits; a fault is told."""
    told: list[str] = []
    order = tmp_path / "order"
    beside.do_later(append, order, "a", 0.3)
    beside.do_later(fail, Finding.of("dead-link", "a.md", (2, 3), "b leads nowhere"))
    beside.do_later(append, order, "b")
    beside.wait()
    assert not order.exists()
    beside.begin_later(lambda error: told.append(str(error)))
    deadline = time.monotonic() + 60
    while not order.exists() or order.read_text() != "ab":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    beside.abandon()
    assert told == ["It is wrong in\ntwo lines."]


def test_what_is_put_off_can_be_abandoned(beside: Beside, tmp_path: Path) -> None:
    """Before the word and after it, at any moment; nothing of it is told, and it goes on anew."""
    told: list[EthogramError] = []
    for seconds in (None, 0.0, 0.3, 1.0):
        beside.do_later(append, tmp_path / "a", "a", 60)
        beside.do_later(append, tmp_path / "b", "b", 60)
        if seconds is not None:
            beside.begin_later(told.append)
            time.sleep(seconds)
        beside.abandon()
        assert multiprocessing.active_children() == []
    beside.begin_later(told.append)
    beside.do(append, tmp_path / "c", "c")
    beside.wait()
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["c"]
    assert told == []


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
import sys, threading, time
from pathlib import Path
from ethogram.beside import Beside
import test_beside
if __name__ == "__main__":
    beside, number = Beside(), Path(sys.argv[1])
    if sys.argv[2] == "anew":
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    beside.do(test_beside.note_process_and_stay, number)
    while not number.exists() or not number.read_text():
        time.sleep(0.05)
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
@pytest.mark.parametrize("begun", ["copy", "anew"])
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGKILL])
def test_it_ends_with_the_build(tmp_path: Path, sent: signal.Signals, begun: str) -> None:
    """A build that is ended from outside leaves nothing running."""
    (tmp_path / "busy.py").write_text(BUSY)
    here = Path(__file__).parent
    paths = os.pathsep.join([str(here), str(here.parent / "hooks")])
    number = tmp_path / "number"
    with subprocess.Popen(
        [sys.executable, str(tmp_path / "busy.py"), str(number), begun],
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
