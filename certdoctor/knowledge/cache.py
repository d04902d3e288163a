"""Keeps the loaded knowledge in the user's cache, since reading many hundred YAML files takes seconds.

Nothing depends on the cache: what is damaged, from another version or open to others is ignored and made anew,
and a cache that cannot be written is done without.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec
import platformdirs

from certdoctor import __version__, form
from certdoctor.deployment import kinds
from certdoctor.facts import authorities, dated, signatures
from certdoctor.knowledge import forms, model
from certdoctor.knowledge.model import Knowledge

# The program's own code decides the form of what is kept.
_CODE = (form, kinds, authorities, dated, signatures, forms, model)


class _Kept(msgspec.Struct):
    key: str
    knowledge: Knowledge


def place() -> Path:
    """Return the file that holds the cache."""
    return Path(platformdirs.user_cache_dir("certdoctor")) / "knowledge.msgpack"


def key(rules: Path, kb: Path, files: Sequence[Path]) -> str:
    """Return what names this state of the files: names, sizes, times, and the program itself."""
    digest = hashlib.sha256(f"{__version__} {sys.version_info[:2]} {rules.absolute()} {kb.absolute()}\n".encode())
    for path in (*(Path(str(module.__file__)) for module in _CODE), *files):
        status = path.stat()
        digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def get(wanted: str) -> Knowledge | None:
    """Return the knowledge kept under this key, or None."""
    try:
        with place().open("rb") as file:
            status = os.fstat(file.fileno())
            if hasattr(os, "getuid") and (status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) & 0o077):
                return None
            kept = msgspec.msgpack.decode(file.read(), type=_Kept)
    except (OSError, msgspec.DecodeError, ValueError, RecursionError):
        return None
    return kept.knowledge if kept.key == wanted else None


def put(wanted: str, knowledge: Knowledge) -> None:
    """Keep the knowledge; what was kept before is replaced at once or not at all."""
    target = place()
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".knowledge-")  # made with mode 0600
    except OSError:
        return
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.msgpack.encode(_Kept(wanted, knowledge)))
        os.replace(name, target)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(name)
