"""Which files the given paths mean, and what each is called in the evidence.

One given folder: its files are called by their paths relative to it. One given file: by its name. Several:
each is prefixed with the name of its root, and with as many of the folders above as keep them apart. A site file
given by itself stands for its folder, because what lies beside it is evidence too. The paths inside a site file
count from that file (site_file.parse), so they are found whatever the prefix is.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath
from typing import NamedTuple

from certdoctor.evidence import wording
from certdoctor.evidence.items import Origin, Problem
from certdoctor.limits import Limits

SITE_NAMES = ("site.yml", "site.yaml")


class Input(NamedTuple):
    """One file to read."""

    path: Path
    origin: Origin


def inputs(paths: Sequence[Path], limits: Limits) -> Iterator[Input | Problem]:
    """Yield the files that the paths mean, each once: folders with all that is below them, in sorted order.

    Hidden files are left out, links that lead out of a given folder are reported and not followed.
    """
    roots: list[Path] = []
    for path in paths:
        whole = Path(os.path.abspath(path))
        if whole.name.lower() in SITE_NAMES and whole.is_file():
            whole = whole.parent
        if whole not in roots:
            roots.append(whole)
    roots = [root for root in roots if not any(_covers(other, root) for other in roots)]
    names = labels(roots)
    seen: set[Path] = set()
    count = 0
    for root in roots:
        label = names[root]
        for item in _walk(root, label):
            if isinstance(item, Input):
                if item.path in seen:
                    continue
                seen.add(item.path)
                count += 1
                if count > limits.archive_members:
                    reason = wording.TOO_MANY_FILES.format(limit=limits.archive_members, name="archive_members")
                    yield Problem(item.origin, wording.LOOKS_FOLDER, reason, wording.TOO_MANY_FILES_REMEDY)
                    return
            yield item


def _covers(folder: Path, path: Path) -> bool:
    """Whether reading the folder reads the path too."""
    if folder == path or not path.is_relative_to(folder) or not folder.is_dir():
        return False
    return not path.is_symlink() and not any(part.startswith(".") for part in path.relative_to(folder).parts)


def labels(roots: Sequence[Path]) -> dict[Path, str]:
    """Return the prefix of each root: "" for a single one, else distinct names none of which begins another."""
    if len(roots) == 1:
        return {roots[0]: "" if roots[0].is_dir() else roots[0].name}
    lengths = dict.fromkeys(roots, 1)

    def label(root: Path) -> PurePath:
        return PurePath(*root.parts[-lengths[root] :])

    while True:
        clashing = [
            root
            for root in roots
            if any(
                label(other) == label(root)
                or label(other) in label(root).parents
                or label(root) in label(other).parents
                for other in roots
                if other != root
            )
            and lengths[root] < len(root.parts) - 1
        ]
        if not clashing:
            return {root: label(root).as_posix().strip("/") for root in roots}
        for root in clashing:
            lengths[root] += 1


def _walk(root: Path, label: str) -> Iterator[Input | Problem]:
    try:
        mode = root.stat().st_mode
    except OSError as error:
        origin = Origin(label or str(root))
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            yield Problem(origin, wording.LOOKS_FILE, wording.NO_SUCH_FILE, wording.NO_SUCH_FILE_REMEDY)
        else:
            yield _not_permitted(origin, error)
        return
    if stat.S_ISDIR(mode):
        yield from _folder(root, root.resolve(), label)
    elif stat.S_ISREG(mode):
        yield Input(root, Origin(_text(label or root.name)))
    else:
        yield Problem(Origin(label), wording.LOOKS_SPECIAL, wording.SPECIAL_FILE, wording.SPECIAL_FILE_REMEDY)


def _text(name: str) -> str:
    """A file name that is not valid in the locale, as text that can be written anywhere."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _not_permitted(origin: Origin, error: OSError) -> Problem:
    reason = wording.NOT_PERMITTED.format(why=error.strerror or type(error).__name__)
    return Problem(origin, wording.LOOKS_FILE, reason, wording.NOT_PERMITTED_REMEDY)


def _folder(folder: Path, root: Path, label: str) -> Iterator[Input | Problem]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield _not_permitted(Origin(_text(label or folder.name)), error)
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        path = folder / entry.name
        name = f"{label}/{entry.name}" if label else entry.name
        origin = Origin(_text(name))
        try:
            if entry.is_symlink():
                target = path.resolve()
                if not target.is_relative_to(root):
                    yield Problem(origin, wording.LOOKS_LINK, wording.LINK_LEAVES, wording.LINK_LEAVES_REMEDY)
                    continue
                if target.is_dir():
                    yield Problem(origin, wording.LOOKS_LINK, wording.LINK_FOLDER, wording.LINK_FOLDER_REMEDY)
                    continue
            mode = path.stat().st_mode
        except (OSError, RuntimeError) as error:
            yield _not_permitted(origin, error if isinstance(error, OSError) else OSError(str(error)))
            continue
        if stat.S_ISDIR(mode):
            yield from _folder(path, root, name)
        elif stat.S_ISREG(mode):
            yield Input(path, origin)
        else:
            yield Problem(origin, wording.LOOKS_SPECIAL, wording.SPECIAL_FILE, wording.SPECIAL_FILE_REMEDY)
