"""Examining files without a database: what the command line does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from certdoctor.casework.described import checked
from certdoctor.casework.examination import Examination, Treatable
from certdoctor.casework.examine import examine
from certdoctor.casework.loose import by_themselves
from certdoctor.errors import CertdoctorError
from certdoctor.evidence.items import Evidence, Kind
from certdoctor.evidence.read import read_paths
from certdoctor.evidence.site import SiteDescription
from certdoctor.knowledge.load import shipped
from certdoctor.language import _
from certdoctor.reasoning.engine import Engine
from certdoctor.treatment.files import Artefact, artefacts, cleaned


def description_of(evidence: Evidence) -> SiteDescription:
    """Return the one site description in the evidence; without one, what the files say by themselves.

    Raises:
        CertdoctorError: there are several.
    """
    found = [document for document in evidence.documents if document.site is not None]
    if len(found) > 1:
        names = ", ".join(document.origin.path for document in found)
        text = _("There is more than one site.yml ({names}); examine one site at a time.")
        raise CertdoctorError(text.format(names=names))
    if found:
        return found[0].site or SiteDescription()
    # A site file that is faulty is set right, not guessed at.
    faulty = any(document.kind == Kind.SITE for document in evidence.documents)
    return SiteDescription() if faulty else by_themselves(evidence)


def examine_paths(
    paths: Sequence[Path], *, passwords: Sequence[str], at: datetime | None, now: datetime, lang: str
) -> Examination:
    """Read files, folders and archives and examine the site they describe."""
    knowledge = shipped()
    # The worker starts while the files are read.
    with Engine(knowledge) as engine:
        evidence = checked(read_paths(paths, passwords), knowledge)
        return examine(evidence, description_of(evidence), knowledge, engine, now=now, at=at, lang=lang)


def cure_files(examination: Examination) -> tuple[Artefact, ...]:
    """Return the files that cure all findings, and each file of certificates that was read with remarks as strict PEM.

    Equal ones stand there once, different ones of one name under numbered names.
    """
    found: dict[str, Artefact] = {}
    made = [artefact for finding in examination.findings for artefact in finding_files(examination, finding)]
    remarked = [d for d in examination.evidence.documents if d.kind == Kind.CERTIFICATES and d.remarks]
    made += [artefact for document in remarked if (artefact := cleaned(document)) is not None]
    for artefact in made:
        stem, dot, ending = artefact.name.rpartition(".")
        name, number = artefact.name, 2
        while name in found and found[name].data != artefact.data:
            name, number = f"{stem}-{number}{dot}{ending}", number + 1
        found.setdefault(name, replace(artefact, name=name))
    return tuple(found.values())


def finding_files(examination: Examination, finding: Treatable) -> tuple[Artefact, ...]:
    """Return the files that one finding's fix steps ask for."""
    return artefacts(
        [step.artefact for step in finding.fix if step.artefact],
        finding.params,
        finding.connections,
        finding.subject_side,
        examination.deployment,
        examination.judgements,
        examination.evidence,
        finding.subject_id if finding.subject_kind == "certificate" else "",
    )
