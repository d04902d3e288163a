"""The files of the database: who may read them, where they lie, and who opens them at the moment."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

if sys.platform != "win32":
    import fcntl

DATABASE = "certdoctor.db"
LOCK = "certdoctor.lock"
BACKUPS = "backups"

# Write-ahead logging needs memory that all readers share; these file systems lie on other machines or may.
_REMOTE = ("nfs", "cifs", "smb", "9p", "afs", "ceph", "gluster", "lustre", "beegfs", "ncpfs", "fuse", "virtiofs")
_LOCAL_FUSE = ("fuseblk", "fuse.fuse-overlayfs")


def prepare(folder: Path) -> Path:
    """Make the folder (0700) and an empty database file (0600) where they are missing; return the file.

    SQLite gives its -wal and -shm the mode of the database. Files and folder of ours that others may read
    are closed to them, except a folder that is everybody's (/tmp).
    """
    os.umask(0o077)
    file = folder / DATABASE
    ours = file.exists()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    if ours:
        _close_to_others(folder, 0o700)
    for suffix in ("", "-wal", "-shm"):
        _close_to_others(Path(f"{file}{suffix}"), 0o600)
    return file


def _close_to_others(path: Path, mode: int) -> None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return
    shared = status.st_mode & stat.S_ISVTX
    if status.st_mode & 0o077 and not shared and status.st_uid == os.geteuid():
        path.chmod(mode)


def is_remote(path: Path, mounts: str | None = None) -> bool:
    """Whether `path` lies on a network or FUSE file system, as far as the system tells.

    Args:
        path: an existing file.
        mounts: the text of /proc/self/mountinfo (proc(5)); read from there if None. Where there is none,
            the answer is False.
    """
    if mounts is None:
        try:
            mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return False
    real = path.resolve()
    best, kind = -1, ""
    for line in mounts.splitlines():
        head, _, tail = line.partition(" - ")
        fields, types = head.split(), tail.split()
        if len(fields) < 5 or not types:
            continue
        point = Path(fields[4].encode("latin-1", "surrogateescape").decode("unicode_escape"))
        depth = len(point.parts)
        if depth >= best and real.is_relative_to(point):
            best, kind = depth, types[0]
    return kind.startswith(_REMOTE) and kind not in _LOCAL_FUSE


@contextmanager
def opening(folder: Path) -> Iterator[None]:
    """Hold the right to check, migrate or replace the database; a second process waits."""
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if sys.platform != "win32":
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def stamp(now: datetime) -> str:
    """Return a time as it stands in file names: 20261123T210000Z."""
    return now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def free_name(path: Path) -> Path:
    """Return `path`, or it with -2, -3 ... where that exists."""
    free, number = path, 1
    while free.exists():
        number += 1
        free = path.with_name(f"{path.name}-{number}")
    return free
