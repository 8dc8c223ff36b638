"""Files written whole or not at all."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path


def replace(path: Path, data: bytes) -> bool:
    """Put data in place of a file, all of it or nothing; say whether anything changed.

    The new file has one name, as there is one writer: what a killed process leaves behind is
    written over by the next. The mode is kept, and where a name leads elsewhere, the file there
    is meant.

    Args:
        path: the file; its folder must exist.
        data: all that it is to hold.

    Raises:
        OSError: it cannot be written.
    """
    target = path.resolve()
    if target.exists() and target.read_bytes() == data:
        return False
    new = target.with_name(f".{target.name}.new")
    with new.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if target.exists():
        shutil.copymode(target, new)
    new.replace(target)
    return True


def publish(folder: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Write the files of a site, which is made anew at every build.

    Args:
        folder: the site's; folders below it are made as they are needed.
        files: each with its path below that folder, with forward slashes.

    Raises:
        OSError: one cannot be written.
    """
    top, made = str(folder), set[str]()
    for path, data in files:
        name = f"{top}/{path}"
        parent = name.rpartition("/")[0]
        if parent not in made:
            Path(parent).mkdir(parents=True, exist_ok=True)
            made.add(parent)
        with open(name, "wb", buffering=0) as file:  # noqa: PTH123  thousands, and Path takes longer
            file.write(data)
