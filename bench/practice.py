"""A practice of 100,000 cases and 2 million uses of certificates: the work of each screen and search against 100 ms."""

from __future__ import annotations

import hashlib
import json
import random
import resource
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.large import a_certificate
from certdoctor.casework.fleet import Asked
from certdoctor.casework.practice import Practice

_NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
_BOUND = 100.0  # ms of work for a screen or a search
_CUSTOMERS, _SITES_EACH, _CASES_EACH, _NODES_EACH = 40, 5, 500, 8
_USES_EACH = 20  # of certificates in a case: an identity of 2, a trust list of 18
_CAS, _LEAVES = 400, 30_000
_ROLES = ("expressway-c", "expressway-e", "cucm", "cucm", "imp", "cuc", "cms", "client")
_FAULTS = ("CHN-01", "MRA-01", "LIF-01", "ZON-04", "CLI-01", "EKU-01")
_WORDS = [
    "zone",
    "login",
    "jabber",
    "certificate",
    "renewal",
    "alarm",
    "tunnel",
    "phone",
    "outside",
    "cluster",
    "upload",
    "refused",
    "expired",
]


def main() -> None:
    """Make the database, then print the time of each call (median of five) and the memory."""
    with tempfile.TemporaryDirectory(prefix="certdoctor-bench-") as place:
        folder = Path(place)
        began = time.perf_counter()
        Practice(folder, lambda: _NOW).close()
        print(f"practice  first start (empty database)            {time.perf_counter() - began:8.2f} s")
        began = time.perf_counter()
        fill(folder / "certdoctor.db")
        size = (folder / "certdoctor.db").stat().st_size / 1e6
        print(f"practice  made {100_000:,} cases, 2,000,000 uses  {time.perf_counter() - began:8.2f} s, {size:,.0f} MB")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.perf_counter()
        practice = Practice(folder, lambda: _NOW)
        print(f"practice  opened                                  {1000 * (time.perf_counter() - began):8.0f} ms")
        slow = [name for name, call in _calls(practice) if not _fits(name, call)]
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        print(f"practice  memory grew by {grown:.0f} MiB at most; over the bound: {', '.join(slow) or 'nothing'}")
        practice.close()


def _fits(name: str, call: Callable[[], object]) -> bool:
    times = []
    for _round in range(5):
        began = time.process_time()  # work, whatever else the machine is doing
        call()
        times.append(1000 * (time.process_time() - began))
    times.sort()
    median = times[2]
    print(f"practice  {name:<40} {median:8.1f} ms  {median / _BOUND:6.2f} of the bound  (worst {times[-1]:.0f})")
    return median <= _BOUND


def _calls(practice: Practice) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield what screens ask for, as they ask for it."""

    def home(words: str) -> Callable[[], object]:
        return lambda: (practice.sites(words, 300), practice.search(words), practice.last_open_case())

    yield "first screen", home("")
    for words in (
        "z",
        "zo",
        "zone",
        "zone ren",
        "customer 7",
        "c-0500",
        "expe1",
        "site3-node2.example7",
        "ab12",
        "xyz",
    ):
        yield f"search as typed: {words!r}", home(words)
    yield "site", lambda: practice.site(77)
    yield "case", lambda: practice.case(38_123)
    yield "timeline of a customer", lambda: practice.timeline("Customer 7")
    yield "what was found before", lambda: practice.recurrence(38_123, "CHN-01")
    yield "certificate of a leaf", lambda: practice.certificate(_sha("leaf", 5))
    yield "certificate of a CA (its uses)", lambda: practice.certificate(_sha("ca", 5))
    yield "fleet: next ends", lambda: practice.fleet(Asked(), 300)
    yield (
        "fleet: presented, before a day",
        lambda: practice.fleet(Asked(before=_NOW + timedelta(days=60), presented_only=True), 300),
    )
    yield "fleet: months", lambda: practice.fleet_months(18)
    yield "fleet: a CA and all below", lambda: practice.fleet(Asked(ca=_sha("ca", 7)), 300)
    yield "fleet: without clientAuth", lambda: practice.fleet(Asked(lacks="clientAuth"), 300)
    yield "fleet: below a version", lambda: practice.fleet(Asked(version="X15.5", presented_only=True), 300)


def _sha(kind: str, number: int) -> str:
    return hashlib.sha256(f"{kind} {number}".encode()).hexdigest()


def fill(file: Path) -> None:
    """Write the rows; every site has the same shape, with other names."""
    chance = random.Random(7)
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous=OFF")
        db.execute("BEGIN")
        _certificates(db, chance)
        case = evidence = 0
        for customer in range(1, _CUSTOMERS + 1):
            db.execute("INSERT INTO customer VALUES (?, ?)", (customer, f"Customer {customer}"))
            for place in range(1, _SITES_EACH + 1):
                site = (customer - 1) * _SITES_EACH + place
                _site(db, customer, site, place)
                for number in range(_CASES_EACH):
                    case += 1
                    _case(db, chance, customer, site, place, case, number == _CASES_EACH - 1)
                    evidence = _evidence(db, chance, site, case, number, evidence)
        db.execute("COMMIT")
        db.execute("ANALYZE")


def _many(db: sqlite3.Connection, table: str, rows: Iterable[dict[str, object]]) -> None:
    held = list(rows)
    names = ", ".join(held[0])
    marks = ", ".join(f":{name}" for name in held[0])
    db.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', held)


def _when(days: float) -> str:
    return (_NOW + timedelta(days=days)).strftime("%Y-%m-%d %H:%M:%S.%f")


def _certificates(db: sqlite3.Connection, chance: random.Random) -> None:
    der = a_certificate()
    rows: list[dict[str, object]] = []
    for kind, count in (("ca", _CAS), ("leaf", _LEAVES)):
        for number in range(count):
            issuer = number % 40 if kind == "ca" else chance.randrange(40, _CAS)
            name = (
                f"Bench CA {number}"
                if kind == "ca"
                else f"site{number % 200}-node{number % 8}.example{number % 40}.com"
            )
            usages = ["1.3.6.1.5.5.7.3.1"] + (["1.3.6.1.5.5.7.3.2"] if number % 3 else [])
            rows.append(
                {
                    "sha256": _sha(kind, number),
                    "der": der,
                    "subject": f"CN={name}",
                    "issuer": f"CN=Bench CA {issuer}",
                    "label": name,
                    "not_before": _when(-300),
                    "not_after": _when(chance.randrange(-900, 900)),
                    "usages": None if kind == "ca" else json.dumps(usages),
                    "is_ca": kind == "ca",
                    "key_id": f"{number:040x}",
                    "issuer_key_id": f"{issuer:040x}",
                }
            )
    _many(db, "certificate", rows)
    _many(
        db,
        "search_entry",
        (
            {
                "kind": "certificate",
                "ref": r["sha256"],
                "words": f"{r['label']} {r['subject']} {r['issuer']} {r['sha256']}",
            }
            for r in rows
        ),
    )
    db.execute("INSERT INTO blob VALUES (?, ?)", (_sha("blob", 0), b"x\x9c\x03\x00\x00\x00\x00\x01"))
    db.execute("INSERT INTO kb_revision VALUES ('h', 'CHN-01', 'diagnosis', '{}')")


def _site(db: sqlite3.Connection, customer: int, site: int, place: int) -> None:
    day = _when(-900)
    db.execute("INSERT INTO site (id, customer_id, name, domains, created) VALUES (?, ?, ?, '[]', ?)",
               (site, customer, f"Site {place}", day))  # fmt: skip
    names = [f"site{site}-node{n}.example{customer}.com" for n in range(_NODES_EACH)]
    _many(
        db,
        "node",
        (
            {
                "id": (site - 1) * _NODES_EACH + n + 1, "site_id": site, "name": f"node{n}", "role": _ROLES[n],
                "version": "X14.3.7", "names": json.dumps([names[n]]), "addresses": "[]", "cluster": None,
                "phone_security_profiles": "[]", "chat_aliases": "[]", "federation_domains": "[]",
            }
            for n in range(_NODES_EACH)
        ),
    )  # fmt: skip
    words = f"customer {customer} site {place} {' '.join(names)}"
    _many(db, "search_entry", [{"kind": "site", "ref": str(site), "words": words}])


def _case(
    db: sqlite3.Connection, chance: random.Random, customer: int, site: int, place: int, case: int, last: bool
) -> None:
    opened = _when(-(100_000 - case) / 100)
    title = " ".join(chance.sample(_WORDS, 4))
    fault = chance.choice(_FAULTS)
    _many(db, "case", [{
        "id": case, "site_id": site, "title": title, "state": "open" if last else "closed", "opened": opened,
        "closed": None if last else opened, "outcome": "" if last else "CA added", "at": None, "verdict": "cause_found",
        "text": title, "symptoms": "[]",
    }])  # fmt: skip
    db.execute("INSERT INTO examination VALUES (?, ?, ?, ?, 'en', 'cause_found')", (case, case, opened, opened))
    _many(db, "finding", ({
        "examination_id": case, "position": n, "key": f"{fault}:{n}", "diagnosis": fault, "title": f"Fault {fault}",
        "summary": f"node{n} does not trust node{n + 1}", "severity": "high", "strength": "decisive", "rank": n + 1,
        "under": "", "params": "{}", "text_hash": "h",
    } for n in range(3)))  # fmt: skip
    _many(db, "connection_verdict", ({
        "examination_id": case, "position": n, "name": f"c{n}", "kind": "uc-https", "client": f"node{n}",
        "server": f"node{n + 1}", "server_verdict": "accepted", "client_verdict": "not_required",
    } for n in range(6)))  # fmt: skip
    kinds = ("case opened", "evidence added", "examined", "step done", "note", "case closed")
    _many(db, "event", ({
        "site_id": site, "case_id": case, "happened": opened, "who": "kim", "kind": kind, "text": title,
    } for kind in kinds))  # fmt: skip
    db.execute(
        "INSERT INTO note (case_id, text, who, written) VALUES (?, ?, 'kim', ?)", (case, f"called {title}", opened)
    )
    db.execute("INSERT INTO step (case_id, finding_key, step, done, who, happened) VALUES (?, ?, 'add', 1, 'kim', ?)",
               (case, f"{fault}:0", opened))  # fmt: skip
    words = f"c-{case:04d} customer {customer} site {place} {title} {fault} fault node0 does not trust node1 called"
    _many(db, "search_entry", [{"kind": "case", "ref": str(case), "words": words}])


def _evidence(db: sqlite3.Connection, chance: random.Random, site: int, case: int, number: int, evidence: int) -> int:
    """An identity and a trust list of one box; the newest of each box are current."""
    node = (site - 1) * _NODES_EACH + number % _NODES_EACH + 1
    current = number >= _CASES_EACH - _NODES_EACH
    for slot, held in (
        ("identity:server", [("leaf", chance.randrange(_LEAVES)), ("ca", chance.randrange(40, _CAS))]),
        ("trust:ca", [("ca", (site + n) % _CAS) for n in range(_USES_EACH - 2)]),
    ):
        evidence += 1
        _many(db, "evidence", [{
            "id": evidence, "site_id": site, "case_id": case, "path": f"node{number % _NODES_EACH}-{slot}.pem",
            "source": "a", "member": "", "kind": "certificates", "form": "pem", "sha256": _sha("blob", 0), "size": 9,
            "blob": _sha("blob", 0), "host": "", "taken": "", "slot": "", "needs_password": False, "remarks": "[]",
            "added": _when(-1), "current": current,
        }])  # fmt: skip
        _many(db, "assignment", [
            {"evidence_id": evidence, "node_id": node, "slot": slot, "current": current}
        ])  # fmt: skip
        _many(db, "certificate_use", (
            {"evidence_id": evidence, "position": position, "sha256": _sha(*item), "place": f"block {position + 1}"}
            for position, item in enumerate(held)
        ))  # fmt: skip
    return evidence
