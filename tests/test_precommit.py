"""The hooks for pre-commit: each passes what is good, and stops what is not, with a mend."""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
SHARED = (".github", ".vscode", "bib", "docs", "hooks", "scripts", "pyproject.toml")
"""What the hooks look at."""


def hooks() -> dict[str, dict[str, Any]]:
    """The hooks by their ids."""
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    (repo,) = yaml.safe_load(text)["repos"]
    assert repo["repo"] == "local"
    return {hook["id"]: hook for hook in repo["hooks"]}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, with its .venv."""
    folder = tmp_path_factory.mktemp("tree")
    leave = shutil.ignore_patterns("__pycache__", "*.jsonl")
    for name in SHARED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=leave)
        else:
            shutil.copy(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


def run(hook: Mapping[str, Any], tree: Path, *changed: str) -> subprocess.CompletedProcess[str]:
    """Run a hook as pre-commit does: its entry, with the files that it is for, without a shell."""
    given = [] if hook.get("pass_filenames") is False else [*changed]
    command = [*shlex.split(hook["entry"]), *hook.get("args", ()), *given]
    environment = {**os.environ, "PYTHONPATH": str(tree / "hooks"), "RUFF_NO_CACHE": "true"}
    return subprocess.run(
        command, cwd=tree, env=environment, capture_output=True, text=True, check=False
    )


def is_for(hook: Mapping[str, Any], path: str) -> bool:
    """Whether a change of a file starts a hook."""
    types = hook.get("types_or")
    return bool(re.search(hook.get("files", ""), path)) and (not types or path.endswith(".py"))


def test_each_hook_is_one_of_ours() -> None:
    """No hook comes from elsewhere, and none has to be installed: a commit needs no network."""
    found = hooks()
    assert [*found] == ["ethogram-check", "derive", "ruff", "ruff-format"]
    for hook in found.values():
        assert hook["language"] == "system"
        program, *_ = shlex.split(hook["entry"])
        assert program.startswith(".venv/bin/")
        assert (ROOT / program).exists()
        assert hook.keys() <= {
            *("id", "name", "description", "entry", "language", "files", "types_or"),
            "pass_filenames",
        }


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("docs/security/backdoor.md", {"ethogram-check"}),
        ("bib/arxiv.bib", {"ethogram-check"}),
        ("bib/taxonomy.yml", {"ethogram-check", "derive"}),
        (".github/ISSUE_TEMPLATE/suggest-a-paper.yml", {"derive"}),
        (".vscode/ethogram.code-snippets", {"derive"}),
        ("hooks/ethogram/cards.py", {"derive", "ruff", "ruff-format"}),
        ("tests/test_cards.py", {"ruff", "ruff-format"}),
        ("README.md", set()),
        ("requirements.lock", set()),
    ],
)
def test_a_change_starts_the_hooks_that_it_concerns(path: str, expected: set[str]) -> None:
    """And no other: whoever adds a card does not wait for what looks at Python."""
    assert {name for name, hook in hooks().items() if is_for(hook, path)} == expected


@pytest.mark.parametrize("name", [*hooks()])
def test_what_is_good_passes(name: str, tree: Path) -> None:
    """The project as it is, and in silence where nothing is to be done."""
    done = run(hooks()[name], tree, "scripts/derive.py", "hooks/ethogram/moves.py")
    assert done.returncode == 0, done.stdout + done.stderr


BAD = {
    "ethogram-check": (
        "docs/bad.md",
        '# Bad\n\n!!! note "[A](https://arxiv.org/abs/1706.03762)\n    Words.\n',
        "docs/bad.md:3:1: unclosed-quote",
        "Put a",
    ),
    "derive": (
        ".vscode/ethogram.code-snippets",
        "{}\n",
        ".vscode/ethogram.code-snippets does not follow bib/taxonomy.yml",
        "Run `make derive`.",
    ),
    "ruff": ("scripts/bad.py", '"""Bad."""\n\nimport os\n', "F401", "Remove unused import"),
    "ruff-format": ("scripts/bad.py", "x = [1,2]\n", "-x = [1,2]", "+x = [1, 2]"),
}
"""For each hook a file that it stops, and what it says of it: what is wrong, and the mend."""


@pytest.mark.parametrize("name", [*BAD])
def test_what_is_bad_is_stopped(name: str, tree: Path) -> None:
    """With what is wrong and the mend, and without changing anything by itself."""
    path, text, wrong, mend = BAD[name]
    file = tree / path
    before = file.read_bytes() if file.exists() else None
    file.write_text(text, encoding="utf-8")
    try:
        done = run(hooks()[name], tree, path)
        said = done.stdout + done.stderr
        assert done.returncode == 1, said
        assert wrong in said and mend in said
        assert file.read_text(encoding="utf-8") == text
    finally:
        file.unlink() if before is None else file.write_bytes(before)


def test_every_hook_has_its_bad_example() -> None:
    """A hook that is added is shown to stop something."""
    assert BAD.keys() == hooks().keys()
