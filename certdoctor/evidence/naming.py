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
# Our own names for the parts of a certificate manager snapshot or a terminal session, see vos.py
_PART = re.compile(
    r"(?:^|!)(?:snapshot|show)(?:/(?P<host>[^/!]+))?"
    r"/(?:(?P<kind>identity|trust|csr)/(?P<service>[a-z0-9_-]+)\.pem(?: \(\d+\))?|session\.log)$"
)
# Folders that bear the name of a trust list of CUCM and its relatives: tomcat-trust/, CallManager-trust/
_TRUST_FOLDER = re.compile(r"(?P<service>[a-z][a-z0-9_-]*)-trust", re.IGNORECASE)


class Named(NamedTuple):
    """What a name says; "" where it says nothing."""

    host: str = ""
    taken: str = ""
    slot: str = ""


def named(origin: Origin) -> Named:
    """Return what the names along an origin say; the innermost name that says something wins.

    A member without a host of its own has the host and time of its archive.
    """
    part = _PART.search(origin.member)
    if part:
        if part["kind"] is None:
            return Named(part["host"] or "", "", "log")
        known = part["kind"] != "csr" and part["service"] != "unknown"
        slot = f"{part['kind']}:{part['service']}" if known else "csr" if part["kind"] == "csr" else ""
        host = part["host"] or ""
        return Named("" if host == "unknown" else host, "", slot)
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
    if not slot:
        slot = trust_list(trust_folder(origin) or origin)
    return Named(host, taken, slot)


def trust_list(folder: Origin) -> str:
    """Return the slot of the trust list that a folder bears the name of, "" where it bears none."""
    trust = _TRUST_FOLDER.fullmatch(re.split(r"[/!]", folder.path)[-1])
    return f"trust:{trust['service'].lower()}" if trust else ""


_OWN = re.compile(
    r"(?P<service>(?:tomcat|callmanager|cup|cup-xmpp|cup-xmpp-s2s)(?:-ecdsa)?|ipsec|tvs|capf|itlrecovery|authz)"
    r"\.(?:pem|der|cer|crt|(?P<request>csr))",
    re.IGNORECASE,
)


def own_slot(origin: Origin) -> str:
    """Return the slot of a certificate or request that bears the name of its service, as CUCM hands it out."""
    own = _OWN.fullmatch(re.split(r"[/!]", origin.path)[-1])
    return "" if own is None else "csr" if own["request"] else f"identity:{own['service'].lower()}"


def is_part(origin: Origin) -> bool:
    """Tell whether this is a part of a snapshot or session already."""
    return bool(_PART.search(origin.member))


def trust_folder(origin: Origin) -> Origin | None:
    """Return the folder that a file lies in, if that bears the name of a trust list (tomcat-trust/)."""
    folder, slash, _ = (origin.member or origin.source).rpartition("/")
    if not slash or not _TRUST_FOLDER.fullmatch(re.split(r"[/!]", folder)[-1]):
        return None
    return Origin(origin.source, folder) if origin.member else Origin(folder)


_LOG_NAME = re.compile(r"\.log(\.\d+)?$|^loggingsnapshot_|^(?:messages|syslog|catalina)\b", re.IGNORECASE)
_LOG_FOLDER = re.compile(r"^logs?$", re.IGNORECASE)


def says_log(origin: Origin) -> bool:
    """Tell whether the name or the folder of a file says that it is a log."""
    *folders, name = re.split(r"[/!]", origin.path)
    return bool(_LOG_NAME.search(name)) or any(_LOG_FOLDER.match(folder) for folder in folders[-1:])
