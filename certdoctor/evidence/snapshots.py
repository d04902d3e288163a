"""Documents that bear the name of their box -> its snapshots, kept apart by archive and by time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from certdoctor.evidence.items import Document, Origin, Snapshot

_SEVERAL = ("", "log")  # slots of which one archive may hold several documents


def by_host(documents: Iterable[Document]) -> Mapping[str, tuple[Snapshot, ...]]:
    """Return the snapshots of each box by its host name in lower case, oldest first.

    An archive is a snapshot; so are the files of an unpacked one, wherever they lie. Where one place holds the same
    file of a box from several times, it holds several snapshots.
    """
    named = [document for document in documents if document.host]
    whole = _whole_names({document.host.lower() for document in named})
    places: dict[tuple[str, str], list[Document]] = {}
    for document in named:
        host = document.host.lower()
        places.setdefault((whole.get(host, host), archive(document.origin)), []).append(document)
    found: dict[str, list[Snapshot]] = {}
    for (host, _place), held in places.items():
        found.setdefault(host, []).extend(Snapshot(host, group) for group in _by_time(held))
    return {host: tuple(_joined(host, sorted(held, key=_order))) for host, held in found.items()}


def _joined(host: str, snapshots: Sequence[Snapshot]) -> Iterator[Snapshot]:
    """What bears no time is one state where nothing stands there twice, and the newest where it is of a log alone."""
    timed = [snapshot for snapshot in snapshots if snapshot.taken]
    untimed: list[list[Document]] = []
    logs: list[Document] = []
    for documents in (snapshot.documents for snapshot in snapshots if not snapshot.taken):
        if all(document.slot in _SEVERAL for document in documents):
            logs += documents
            continue
        held = {document.slot: document.sha256 for document in untimed[-1]} if untimed else {}
        if untimed and all(d.slot in _SEVERAL or held.get(d.slot, d.sha256) == d.sha256 for d in documents):
            untimed[-1] += documents
        else:
            untimed.append(list(documents))
    states = [*(Snapshot(host, tuple(documents)) for documents in untimed), *timed]
    *before, last = states or [Snapshot(host, ())]
    yield from before
    yield Snapshot(host, (*last.documents, *logs))


def _whole_names(hosts: Collection[str]) -> Mapping[str, str]:
    """Return the whole name for each first label that is used for one box alone."""
    found: dict[str, list[str]] = {}
    for host in hosts:
        if "." in host:
            found.setdefault(host.partition(".")[0], []).append(host)
    return {label: names[0] for label, names in found.items() if len(names) == 1}


def archive(origin: Origin) -> str:
    """Return the path of the innermost archive that holds this, "" for a loose file."""
    return origin.path.rpartition("!")[0]


def _order(snapshot: Snapshot) -> tuple[str, str]:
    return snapshot.taken, snapshot.documents[0].origin.path


def _by_time(documents: Iterable[Document]) -> Iterable[tuple[Document, ...]]:
    """A snapshot ends where a file comes again under a later time.

    The files of one archive need not bear the very same time: a log is written when it is collected, a configuration
    when logging began.
    """
    groups: list[list[Document]] = [[]]
    seen: dict[tuple[str, str], str] = {}
    for document in sorted(documents, key=lambda document: document.taken):
        key = (document.slot, document.origin.path.rpartition(".")[2])
        if document.slot not in _SEVERAL and seen.get(key, document.taken) != document.taken:
            groups.append([])
            seen = {}
        seen[key] = document.taken
        groups[-1].append(document)
    return (tuple(sorted(group, key=lambda document: document.origin.path)) for group in groups)
