"""The way in: files, folders, archives, bytes and pasted text -> Evidence."""

from __future__ import annotations

import difflib
import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from certdoctor.evidence import archive, document, hosts, roots, site_file, vos, wording
from certdoctor.evidence.items import Document, Evidence, Origin, Problem
from certdoctor.limits import DEFAULT, Limits


def read_paths(
    paths: Sequence[Path],
    passwords: Sequence[str] = (),
    limits: Limits = DEFAULT,
    progress: Callable[[int], None] | None = None,
) -> Evidence:
    """Read files, folders (with all below them) and archives, in the order given.

    Names in the evidence: see `roots`. Nothing that is wrong with a file raises an error; each such file becomes
    a problem and the rest is read all the same. A faulty site file is a document of kind SITE without a `site`.

    Args:
        paths: what the user gave.
        passwords: tried on PFX files and encrypted zip members, then forgotten.
        limits: the bounds on what is read.
        progress: told often how many bytes were read so far, unpacked; it may raise `Stopped` to end the reading.
    """
    reading = _Reading(passwords, limits, progress)
    for item in roots.inputs(paths, limits):
        if isinstance(item, Problem):
            reading.problems.append(item)
        else:
            reading.file(item.path, item.origin)
    return reading.evidence()


def read_bytes(data: bytes, origin: Origin, passwords: Sequence[str] = (), limits: Limits = DEFAULT) -> Evidence:
    """Read one file's bytes, an archive's bytes, pasted text, or what `Document.stored` kept.

    Arguments and errors as for `read_paths`. Files that a site file names are not looked for.
    """
    reading = _Reading(passwords, limits)
    if archive.looks_like(data[:512]):
        reading.archive(io.BytesIO(data), origin, archive.Allowance(limits), 1)
    elif len(data) > limits.file_bytes:
        reading.problems.append(_too_large(origin, limits))
    else:
        reading.bytes(data, origin)
    return Evidence(tuple(hosts.with_hosts(reading.documents, ())), tuple(reading.problems))


def read_text(text: str, source: str, passwords: Sequence[str] = (), limits: Limits = DEFAULT) -> Evidence:
    """Read pasted text; `source` is what it is called in the evidence ("pasted 2")."""
    return read_bytes(text.encode("utf-8", "replace"), Origin(source), passwords, limits)


def _too_large(origin: Origin, limits: Limits) -> Problem:
    reason = wording.TOO_LARGE.format(limit=limits.file_bytes, name="file_bytes")
    return Problem(origin, wording.LOOKS_FILE, reason, wording.TOO_LARGE_REMEDY)


class _Reading:
    """One run of the readers over any number of inputs."""

    def __init__(self, passwords: Sequence[str], limits: Limits, progress: Callable[[int], None] | None = None) -> None:
        self.passwords = passwords
        self.limits = limits
        self.progress = progress
        self.count = 0  # bytes
        self.documents: list[Document] = []
        self.problems: list[Problem] = []

    def allowance(self) -> archive.Allowance:
        return archive.Allowance(self.limits, self.went_on)

    def went_on(self, count: int) -> None:
        self.count += count
        if self.progress is not None:
            self.progress(self.count)

    def file(self, path: Path, origin: Origin) -> None:
        try:
            with path.open("rb") as stream:
                if archive.looks_like(stream.peek(512)[:512]):
                    self.archive(stream, origin, self.allowance(), 1)
                    return
                data = stream.read(self.limits.file_bytes + 1)
        except OSError as error:
            reason = wording.NOT_PERMITTED.format(why=error.strerror or type(error).__name__)
            self.problems.append(Problem(origin, wording.LOOKS_FILE, reason, wording.NOT_PERMITTED_REMEDY))
            return
        if len(data) > self.limits.file_bytes:
            self.problems.append(_too_large(origin, self.limits))
            return
        self.went_on(len(data))
        self.bytes(data, origin)

    def bytes(self, data: bytes, origin: Origin) -> None:
        documents, problems = document.read(data, origin, self.passwords, self.limits)
        self.documents += documents
        self.problems += problems

    def archive(self, stream: BinaryIO, origin: Origin, allowance: archive.Allowance, depth: int) -> None:
        if depth > self.limits.archive_depth:
            reason = wording.ARCHIVE_DEEP.format(limit=self.limits.archive_depth)
            self.problems.append(Problem(origin, wording.LOOKS_ARCHIVE, reason, wording.ARCHIVE_UNPACK_REMEDY))
            return
        for item in archive.members(stream, origin, self.passwords, allowance):
            if isinstance(item, Problem):
                self.problems.append(item)
                continue
            self.went_on(0)
            member = Origin(origin.source, f"{origin.member}!{item.name}" if origin.member else item.name)
            if archive.looks_like(item.data[:512]):
                self.archive(io.BytesIO(item.data), member, allowance, depth + 1)
            else:
                self.bytes(item.data, member)
            del item  # the next member is read while nothing holds this one

    def evidence(self) -> Evidence:
        self._one_site()
        named = {path for item in self.documents if item.site for path in site_file.paths(item.site)}
        self.documents = hosts.with_hosts(vos.joined_lists(self.documents, named), named)
        self._missing_files()
        return Evidence(tuple(self.documents), tuple(self.problems))

    def _one_site(self) -> None:
        """Keep the first site description that could be read."""
        first: Document | None = None
        for position, item in enumerate(self.documents):
            if item.site is None:
                continue
            if first is None:
                first = item
                continue
            self.documents[position] = replace(item, site=None)
            reason = wording.SITE_SECOND.format(first=first.origin.path)
            self.problems.append(Problem(item.origin, wording.LOOKS_SITE, reason, wording.SITE_SECOND_REMEDY))

    def _missing_files(self) -> None:
        """Report the files that the site description names and that are not there."""
        described = next((item for item in self.documents if item.site is not None), None)
        if described is None or described.site is None:
            return
        present = {item.origin.path for item in self.documents}
        reported: set[str] = set()
        for key, path in site_file.named_paths(described.site):
            if path in present or path in reported:
                continue
            reported.add(path)
            origin = described.origin.at(described.site.place(key))
            reason = wording.SITE_NO_FILE.format(value=path)
            remedy = wording.SITE_NO_FILE_REMEDY
            close = difflib.get_close_matches(path, sorted(present), n=1, cutoff=0.8)
            if close:
                remedy = wording.SITE_NEAREST.format(nearest=close[0])
            self.problems.append(Problem(origin, wording.LOOKS_SITE, reason, remedy))
