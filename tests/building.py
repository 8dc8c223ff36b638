"""Building sites as a person would: in a process of its own, with the network cut."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
SITE = ROOT / "tests/site"

REFUSED = """\
import socket
def refuse(*_): raise OSError("the network is cut")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
"""
MKDOCS = """\
import sys
from mkdocs.__main__ import cli
cli(sys.argv[1:])
"""


def copy_site(folder: Path) -> Path:
    """Copy the shared site, with the real taxonomy, looks, scripts and hook, into a folder."""
    shutil.copytree(SITE, folder)
    shutil.copy(ROOT / "bib/taxonomy.yml", folder / "bib/taxonomy.yml")
    shutil.copy(ROOT / "docs/assets/ethogram.css", folder / "docs/assets")
    shutil.copytree(ROOT / "docs/assets/js", folder / "docs/assets/js")
    settings = (SITE / "mkdocs.yml").read_text(encoding="utf-8")
    settings = settings.replace("../../hooks", (ROOT / "hooks").as_posix())
    (folder / "mkdocs.yml").write_text(settings, encoding="utf-8")
    return folder


def build(folder: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Build the site of a folder; the output is one stream.

    Every socket is refused, unless the variables say that links are to be asked.
    """
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1795219200", **variables}  # 2026-11-21
    start = "" if "ETHOGRAM_LINKS" in variables else REFUSED
    return subprocess.run(
        [sys.executable, "-c", f"{start}{MKDOCS}", "build", *options],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
