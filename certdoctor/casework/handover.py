"""Files of a pack onto the disk, as a new folder or one zip. Nothing that is there is ever overwritten."""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from certdoctor.errors import CertdoctorError
from certdoctor.language import _
from certdoctor.treatment.files import Artefact


def hand_over(target: Path, files: Sequence[Artefact], made: datetime) -> tuple[Path, ...]:
    """Write files to `target`: one archive where its name ends in .zip, else a folder. Readable by the user alone.

    All of it is written beside the target first and then renamed: a pack is whole, or not there.

    Raises:
        CertdoctorError: the target is there already (an empty folder may be), or cannot be written.
    """
    check_free(target)
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as beside:
            if is_zip(target):
                packed = Path(beside) / "pack.zip"
                _zip(packed, files, made)
                os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))  # the name is ours now
                packed.replace(target)
                return (target,)
            folder = Path(beside) / "pack"
            folder.mkdir(mode=0o700)
            for artefact in files:
                path = folder / artefact.path
                path.parent.mkdir(mode=0o700, exist_ok=True, parents=True)
                with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    file.write(artefact.data)
            folder.rename(target)  # only an empty folder may be there
        return tuple(target / artefact.path for artefact in files)
    except OSError as error:
        text = _("The files cannot be written to {folder}: {why}.")
        raise CertdoctorError(text.format(folder=target, why=error.strerror or error)) from error


def check_free(target: Path) -> None:
    """Check that nothing would be overwritten.

    Raises:
        CertdoctorError: the target is there, and is no empty folder.
    """
    if target.is_symlink() or (target.exists() and (is_zip(target) or not target.is_dir())):
        raise CertdoctorError(_("{target} is there already; name a new folder or zip.").format(target=target))
    if target.is_dir() and any(target.iterdir()):
        raise CertdoctorError(_("{folder} is not empty; name a new folder for the files.").format(folder=target))


def is_zip(target: Path) -> bool:
    """Tell whether the name asks for one archive instead of a folder."""
    return target.suffix.lower() == ".zip"


def _zip(path: Path, files: Sequence[Artefact], made: datetime) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for artefact in files:
            entry = zipfile.ZipInfo(artefact.path, made.timetuple()[:6])
            entry.external_attr = 0o600 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, artefact.data)
