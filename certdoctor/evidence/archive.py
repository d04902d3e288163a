"""Archives, read member by member in memory; nothing is unpacked to disk.

What an archive claims about itself is not believed: sizes are counted while reading.
"""

from __future__ import annotations

import gzip
import io
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, NamedTuple

from certdoctor.evidence import wording
from certdoctor.evidence.items import Origin, Problem
from certdoctor.limits import Limits

_CHUNK = 256 * 1024
_BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    EOFError,
    OSError,
    struct.error,
    ValueError,
    OverflowError,
    IndexError,
    KeyError,
    NotImplementedError,
)


class Member(NamedTuple):
    """One file of an archive."""

    name: str
    data: bytes


class _TooMuch(Exception):
    """A bound was passed: reading this archive ends here."""

    def __init__(self, reason: str, remedy: str) -> None:
        self.reason = reason
        self.remedy = remedy
        super().__init__(reason)


class Allowance:
    """What may still be unpacked from one outermost archive, all archives inside it included."""

    def __init__(self, limits: Limits, progress: Callable[[int], None] | None = None) -> None:
        self.limits = limits
        self.progress = progress  # told how many more bytes were unpacked; what it raises ends the reading
        self.members = limits.archive_members
        self.total = limits.archive_total_bytes

    def member(self) -> None:
        self.members -= 1
        if self.members < 0:
            reason = wording.ARCHIVE_MEMBERS.format(limit=self.limits.archive_members)
            raise _TooMuch(reason, wording.ARCHIVE_UNPACK_REMEDY)

    def unpacked(self, count: int) -> None:
        self.total -= count
        if self.progress is not None:
            self.progress(count)
        if self.total < 0:
            reason = wording.ARCHIVE_TOTAL.format(limit=self.limits.archive_total_bytes)
            raise _TooMuch(reason, wording.ARCHIVE_UNPACK_REMEDY)

    def ratio(self, packed: int, unpacked: int) -> None:
        limits = self.limits
        if unpacked > limits.ratio_from_bytes and unpacked > packed * limits.compression_ratio:
            reason = wording.ARCHIVE_RATIO.format(limit=limits.compression_ratio)
            raise _TooMuch(reason, wording.ARCHIVE_RATIO_REMEDY)


def looks_like(head: bytes) -> str:
    """Return what kind of archive begins with these bytes (at least 512): "zip", "tar", "gzip" or ""."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head[257:262] == b"ustar":
        return "tar"
    return ""


def members(
    stream: BinaryIO, origin: Origin, passwords: Sequence[str], allowance: Allowance
) -> Iterator[Member | Problem]:
    """Yield the files of one archive in its order, and what could not be read of it.

    Args:
        stream: the archive, at its beginning; a zip archive must be seekable.
        origin: where it lies.
        passwords: tried for encrypted members of a zip archive.
        allowance: shared by all archives that lie in one another.
    """
    head = stream.read(512)
    stream.seek(0)
    kind = looks_like(head)
    names = {"zip": wording.LOOKS_ZIP, "tar": wording.LOOKS_TAR, "gzip": wording.LOOKS_GZIP}
    found = False
    try:
        reading = (
            _zip(stream, passwords, allowance)
            if kind == "zip"
            else _tar(stream, allowance)
            if kind == "tar"
            else _gzip(stream, origin, allowance)
        )
        used: set[str] = set()
        for item in reading:
            found = True
            if isinstance(item, Member):
                yield item._replace(name=_unique(item.name, used))
                del item  # the next member is read while nothing holds this one
            else:
                place, looks, reason, remedy = item
                yield Problem(_inside(origin, place), looks, reason, remedy)
    except _TooMuch as bound:
        yield Problem(origin, names.get(kind, wording.LOOKS_ARCHIVE), bound.reason, bound.remedy)
        return
    except _BROKEN as error:
        reason = wording.ARCHIVE_BROKEN.format(why=str(error) or type(error).__name__)
        yield Problem(origin, names.get(kind, wording.LOOKS_ARCHIVE), reason, wording.ARCHIVE_BROKEN_REMEDY)
        return
    if not found:
        yield Problem(origin, names[kind], wording.ARCHIVE_EMPTY, wording.EMPTY_REMEDY)


class _Fault(NamedTuple):
    """A member that is not read."""

    name: str
    looks_like: str
    reason: str
    remedy: str


def _inside(origin: Origin, member: str) -> Origin:
    return Origin(origin.source, f"{origin.member}!{member}" if origin.member else member)


def _unique(name: str, used: set[str]) -> str:
    candidate = name
    number = 1
    while candidate in used:
        number += 1
        candidate = f"{name} ({number})"
    used.add(candidate)
    return candidate


def _safe(name: str) -> str | None:
    """The name with forward slashes; None if it leads out of the archive."""
    name = name.replace("\\", "/")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or ".." in parts or re.match(r"[A-Za-z]:", name) or "\0" in name:
        return None
    return "/".join(parts).encode("utf-8", "replace").decode("utf-8")


def _hidden(name: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))


def _limited(stream: BinaryIO, name: str, size: int, limits: Limits) -> bytes | _Fault:
    """All bytes of a member of a tar archive, unless there are too many."""
    if size > limits.file_bytes:
        return _too_large(name, limits)
    return stream.read(size)


def _too_large(name: str, limits: Limits) -> _Fault:
    reason = wording.TOO_LARGE.format(limit=limits.file_bytes, name="file_bytes")
    return _Fault(name, wording.LOOKS_FILE, reason, wording.TOO_LARGE_REMEDY)


def _bad_name(name: str) -> _Fault:
    return _Fault(repr(name)[1:-1], wording.LOOKS_FILE, wording.MEMBER_NAME, wording.MEMBER_NAME_REMEDY)


# --- zip -----------------------------------------------------------------------------------------------------


def _zip(stream: BinaryIO, passwords: Sequence[str], allowance: Allowance) -> Iterator[Member | _Fault]:
    with zipfile.ZipFile(stream) as archive:
        for info in archive.infolist():
            allowance.member()
            if info.is_dir():
                continue
            name = _safe(info.filename)
            if name is None:
                yield _bad_name(info.filename)
            elif _hidden(name):
                continue
            elif stat.S_ISLNK(info.external_attr >> 16):
                yield _Fault(name, wording.LOOKS_LINK, wording.MEMBER_LINK, wording.MEMBER_LINK_REMEDY)
            else:
                yield _zip_member(archive, info, name, passwords, allowance)


def _zip_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, passwords: Sequence[str], allowance: Allowance
) -> Member | _Fault:
    tried: list[bytes | None] = [None]
    if info.flag_bits & 1:
        tried = [password.encode() for password in passwords]
    for password in tried:
        data = bytearray()
        try:
            with archive.open(info, pwd=password) as member:
                while chunk := member.read(_CHUNK):
                    data += chunk
                    allowance.unpacked(len(chunk))
                    allowance.ratio(info.compress_size, len(data))
                    if len(data) > allowance.limits.file_bytes:
                        return _too_large(name, allowance.limits)
        except RuntimeError as error:
            if isinstance(error, NotImplementedError):
                return _Fault(name, wording.LOOKS_FILE, wording.ARCHIVE_METHOD, wording.ARCHIVE_UNPACK_REMEDY)
            continue  # wrong password
        except _BROKEN as error:
            if info.flag_bits & 1:
                continue  # a wrong password that passed the one-byte test
            reason = wording.ARCHIVE_BROKEN.format(why=str(error) or type(error).__name__)
            return _Fault(name, wording.LOOKS_FILE, reason, wording.ARCHIVE_BROKEN_REMEDY)
        return Member(name, bytes(data))
    return _Fault(name, wording.LOOKS_FILE, wording.ARCHIVE_ENCRYPTED, wording.PFX_PASSWORD_REMEDY)


# --- tar and gzip --------------------------------------------------------------------------------------------


def _tar(stream: BinaryIO, allowance: Allowance) -> Iterator[Member | _Fault]:
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for info in archive:
            allowance.member()
            name = _safe(info.name)
            if name is None:
                yield _bad_name(info.name)
            elif info.isdir() or _hidden(name):
                continue
            elif info.issym() or info.islnk():
                yield _Fault(name, wording.LOOKS_LINK, wording.MEMBER_LINK, wording.MEMBER_LINK_REMEDY)
            elif not info.isreg() or info.issparse():
                yield _Fault(name, wording.LOOKS_SPECIAL, wording.MEMBER_SPECIAL, wording.SPECIAL_FILE_REMEDY)
            elif info.size > allowance.limits.file_bytes:
                yield _too_large(name, allowance.limits)
            else:
                member = archive.extractfile(info)
                if member is not None:
                    # In pieces into one buffer: tarfile would hold a long member three times.
                    held = io.BytesIO()
                    while chunk := member.read(_CHUNK):
                        held.write(chunk)
                    if held.tell() < info.size:
                        raise EOFError("it ends in the middle of a member")
                    found = Member(name, held.getvalue())
                    del held
                    yield found
                    del found


class _Counted(io.RawIOBase):
    """The packed bytes, counted."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.count = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self.stream.read(size)
        self.count += len(data)
        return data


class _Unpacked(io.RawIOBase):
    """The unpacked bytes, held against the bounds."""

    def __init__(self, packed: _Counted, allowance: Allowance) -> None:
        self.packed = packed
        self.allowance = allowance
        self.count = 0
        self.broken: Exception | None = None  # what ended it too early; all before that was given out
        self.stream = gzip.GzipFile(fileobj=packed, mode="rb")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        try:
            data = b"" if self.broken else self.stream.read1(len(buffer))
        except (EOFError, OSError, zlib.error) as error:
            data, self.broken = b"", error
        buffer[: len(data)] = data
        self.count += len(data)
        self.allowance.unpacked(len(data))
        self.allowance.ratio(self.packed.count, self.count)
        return len(data)


def _gzip(stream: BinaryIO, origin: Origin, allowance: Allowance) -> Iterator[Member | _Fault]:
    raw = _Unpacked(_Counted(stream), allowance)
    unpacked = io.BufferedReader(raw, _CHUNK)
    if looks_like(unpacked.peek(512)) == "tar":
        try:
            yield from _tar(unpacked, allowance)
        except _BROKEN:
            if raw.broken is None:
                raise
        if raw.broken is not None:
            raise raw.broken
        return
    allowance.member()
    name = re.split(r"[/!]", origin.path)[-1]
    name = re.sub(r"(?i)\.gz$|\.gzip$", "", name) or "content"
    name = re.sub(r"(?i)\.tgz$", ".tar", name)
    data = bytearray()
    while chunk := unpacked.read(_CHUNK):
        data += chunk
        if len(data) > allowance.limits.file_bytes:
            yield _too_large(name, allowance.limits)
            return
    if data or raw.broken is None:
        yield Member(name, bytes(data))
    if raw.broken is not None:
        raise raw.broken
