"""Files written whole or not at all."""

import os
import shutil
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
