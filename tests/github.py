"""The workflows, taken apart, and a machine that runs their scripts as GitHub does.

Only GitHub itself is played: a `gh` on the PATH writes down what it is asked and answers what it is
told to. What it makes of the data with a filter is held against what it is said to make of it,
where `jq` is there.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
GITHUB = ROOT / ".github"
FILES = sorted((GITHUB / "workflows").glob("*.yml"))
NAMES = [file.name for file in FILES]
EXPRESSION = re.compile(r"\$\{\{.*?\}\}")


def read(name: str) -> dict[str, Any]:
    """A workflow; every value is text, as `on` would be a truth value else."""
    text = (GITHUB / "workflows" / name).read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.load(text, yaml.BaseLoader)
    return found


@dataclass(frozen=True)
class Step:
    """A step of a workflow, and the job that it belongs to."""

    workflow: str
    job: str
    given: dict[str, Any]

    def __str__(self) -> str:
        """Return where it is."""
        return f"{self.workflow}/{self.job}/{self.given.get('name') or self.given.get('uses')}"

    @property
    def script(self) -> str:
        """What it runs; empty where it uses an action."""
        return str(self.given.get("run", ""))

    @property
    def uses(self) -> str:
        """The action; empty where it runs a script."""
        return str(self.given.get("uses", ""))


def jobs() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each job, with its workflow and its name."""
    for name in NAMES:
        for job, given in read(name)["jobs"].items():
            yield name, job, given


STEPS = [Step(name, job, step) for name, job, given in jobs() for step in given["steps"]]
SCRIPTS = [step for step in STEPS if step.script]


# -- a machine -------------------------------------------------------------------------------

GH = """\
#!{python}
import json, os, shutil, subprocess, sys
folder = os.path.dirname(os.path.abspath(__file__))
words = sys.argv[1:]
with open(f"{{folder}}/asked.jsonl", "a") as file:
    print(json.dumps(words), file=file)
for start, data, said in json.load(open(f"{{folder}}/replies.json")):
    if " ".join(words).startswith(start):
        if data and "--jq" in words and shutil.which("jq"):
            command = ["jq", "-r", words[words.index("--jq") + 1]]
            told = subprocess.run(command, input=data, capture_output=True, text=True, check=True)
            if told.stdout.strip() != said.strip():
                sys.exit(f"the filter gives {{told.stdout!r}}, not {{said!r}}")
        if said.startswith("file:"):
            sys.stdout.buffer.write(open(said[5:], "rb").read())
        elif said:
            print(said)
        break
"""


@dataclass
class Machine:
    """What GitHub gives a job: a checkout, a folder for what is passed on, and `gh`."""

    checkout: Path
    temp: Path
    fake: Path
    variables: dict[str, str] = field(default_factory=dict)

    @classmethod
    def new(cls, folder: Path, checkout: Path, **variables: str) -> "Machine":
        """Set one up; `.venv/bin/ethogram` is the real command."""
        folder.mkdir()
        (checkout / ".venv/bin").mkdir(parents=True, exist_ok=True)
        hooks, python = ROOT / "hooks", sys.executable
        program = f'#!/bin/sh\nPYTHONPATH="{hooks}" exec "{python}" -m ethogram.cli "$@"\n'
        machine = cls(checkout, folder / "temp dir", folder / "fake", variables)
        machine.temp.mkdir()
        machine.fake.mkdir()
        for path, text in (
            (checkout / ".venv/bin/ethogram", program),
            (machine.fake / "gh", GH.format(python=sys.executable)),
        ):
            path.write_text(text)
            path.chmod(0o755)
        machine.reply()
        return machine

    def reply(self, *replies: tuple[str, object, str]) -> None:
        """Set what `gh` answers: start of its words, data if any, what a filter makes of it."""
        told = [
            (start, "" if data is None else json.dumps(data), said) for start, data, said in replies
        ]
        (self.fake / "replies.json").write_text(json.dumps(told))
        (self.fake / "asked.jsonl").write_text("")

    def asked(self) -> list[list[str]]:
        """What `gh` was asked so far."""
        return [json.loads(line) for line in (self.fake / "asked.jsonl").read_text().splitlines()]

    def run(self, step: str, fails: bool = False, **variables: str) -> str:
        """Run a step's script, named `file/job/step`, as GitHub does; return what it says.

        What its `env` takes from an expression has to be given.
        """
        (found,) = [each for each in SCRIPTS if str(each) == step]
        given = {**self.variables, **variables}
        for name, value in found.given.get("env", {}).items():
            assert name in given or not EXPRESSION.search(value), f"{name} is not given"
            given.setdefault(name, value)
        script = self.temp.parent / "script.sh"
        script.write_text(found.script)
        (self.temp.parent / "output").touch()
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", script],
            cwd=self.checkout,
            env={
                "PATH": f"{self.fake}:{os.environ['PATH']}",
                "HOME": str(self.temp.parent),
                "RUNNER_TEMP": str(self.temp),
                "GITHUB_WORKSPACE": str(self.checkout),
                "GITHUB_OUTPUT": str(self.temp.parent / "output"),
                "SOURCE_DATE_EPOCH": "1795219200",  # 2026-11-21
                **given,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode != 0) is fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def outputs(self) -> dict[str, str]:
        """What the steps gave on."""
        lines = (self.temp.parent / "output").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)


def git(folder: Path, *words: str) -> str:
    """Run Git as somebody; return what it prints."""
    who = ("-c", "user.name=Anyone", "-c", "user.email=anyone@example.org")
    done = subprocess.run(
        ["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout
