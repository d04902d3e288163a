"""What the names of files say: Expressway's diagnostic archives and the members of a CUCM snapshot."""

from __future__ import annotations

import re
from typing import NamedTuple

from certdoctor.evidence.items import Origin

# Administrator Guide X15.5, Diagnostics: <what>_<system host name>_<timestamp>.<ending>
_PARTS = {
    "server": "identity:server",
    "client": "identity:client",
    "ca": "trust:ca",
    "xconf_dump": "xconf",
    "xstat_dump": "xstat",
    "loggingsnapshot": "log",
    "diagnostic_log": "",
}
_EXPRESSWAY = re.compile(
    rf"(?:(?P<part>{'|'.join(_PARTS)})|eth\d+_diagnostic_logging_tcpdump\d*)"
    r"_(?P<host>[A-Za-z0-9][^/!]*?)"
    r"_(?P<taken>\d{4}-?\d\d-?\d\d[_T-]?\d\d[_:.-]?\d\d(?:[_:.-]?\d\d)?)"
    r"(?:[_.-][^/!]*)?"
)
# Our own names for the lists of one certificate-manager snapshot, see snapshot.py
_SNAPSHOT = re.compile(r"snapshot/(?P<host>[^/!]+)/(?P<slot>(?:identity|trust|csr)/[A-Za-z0-9_-]+)\.pem")


class Named(NamedTuple):
    """What a name says; "" where it says nothing."""

    host: str = ""
    taken: str = ""
    slot: str = ""


def named(origin: Origin) -> Named:
    """Return what the names along an origin say; the innermost name that says something wins.

    A member without a host of its own has the host and time of its archive.
    """
    snapshot = _SNAPSHOT.search(origin.member)
    if snapshot:
        kind, service = snapshot["slot"].split("/")
        return Named(snapshot["host"], "", "csr" if kind == "csr" else f"{kind}:{service}")
    host = taken = slot = ""
    for outward, name in enumerate(reversed(re.split(r"[/!]", origin.path))):
        match = _EXPRESSWAY.fullmatch(name)
        if match is None:
            continue
        if not host:
            host, taken = match["host"], match["taken"]
        if outward == 0 and match["part"]:
            slot = _PARTS[match["part"]]
        if host:
            break
    return Named(host, taken, slot)


_LOG_NAME = re.compile(r"\.log(\.\d+)?$|^loggingsnapshot_|^(?:messages|syslog|catalina)\b", re.IGNORECASE)
_LOG_FOLDER = re.compile(r"^logs?$", re.IGNORECASE)


def says_log(origin: Origin) -> bool:
    """Tell whether the name or the folder of a file says that it is a log."""
    *folders, name = re.split(r"[/!]", origin.path)
    return bool(_LOG_NAME.search(name)) or any(_LOG_FOLDER.match(folder) for folder in folders[-1:])
