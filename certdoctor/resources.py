"""Where the files that travel with the program are: rules/, kb/ and migrations/.

In a checkout they stand at its top, in an installed wheel under `certdoctor/_data`.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """Return the folder `name` ("rules", "kb" or "migrations").

    Raises:
        FileNotFoundError: the installation is damaged.
    """
    for candidate in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"certdoctor is installed without its folder {name}/; install it again")
