"""Several archives of one box are kept apart, and the files of one stay together, however they come."""

from __future__ import annotations

from pathlib import Path

from certdoctor.evidence.items import Origin
from certdoctor.evidence.read import read_bytes, read_paths
from certdoctor.evidence.snapshots import by_host
from tests import pki
from tests.evidence.broken_inputs import zipped

_XCONF = '*c xConfiguration SystemUnit Name: "expe1"\n'


def files(time: str, serial: int, host: str = "expe1") -> dict[str, bytes]:
    return {
        f"xconf_dump_{host}_{time}.txt": _XCONF.encode(),
        f"server_{host}_{time}.pem": pki.leaf(serial=serial).pem.encode(),
        f"ca_{host}_{time}.pem": pki.ca().pem.encode(),
        f"loggingsnapshot_{host}_{time}.txt": b'2026-11-20T10:00:00+01:00 expe1 tvcs: Event="x"\n',
    }


FRIDAY, MONDAY = files("2026-11-20_10_00_00", 5), files("2026-11-23_10_00_00", 6)


def test_two_archives_in_one_zip_are_two_snapshots() -> None:
    both = zipped({"friday.zip": zipped(FRIDAY), "monday.zip": zipped(MONDAY)})
    (snapshots,) = by_host(read_bytes(both, Origin("both.zip")).documents).values()
    assert [(s.taken, len(s.documents)) for s in snapshots] == [("2026-11-20_10_00_00", 4), ("2026-11-23_10_00_00", 4)]


def test_the_files_of_an_unpacked_archive_are_one_snapshot(tmp_path: Path) -> None:
    for name, data in FRIDAY.items():
        (tmp_path / name).write_bytes(data)
    (snapshots,) = by_host(read_paths([tmp_path]).documents).values()
    assert [len(s.documents) for s in snapshots] == [4]


def test_two_unpacked_into_one_folder_are_two_snapshots(tmp_path: Path) -> None:
    for name, data in (FRIDAY | MONDAY).items():
        (tmp_path / name).write_bytes(data)
    (snapshots,) = by_host(read_paths([tmp_path]).documents).values()
    assert [(s.taken, len(s.documents)) for s in snapshots] == [("2026-11-20_10_00_00", 4), ("2026-11-23_10_00_00", 4)]


def test_a_log_collected_later_belongs_to_its_archive() -> None:
    log = {"loggingsnapshot_expe1_2026-11-20_11_30_00.txt": FRIDAY["loggingsnapshot_expe1_2026-11-20_10_00_00.txt"]}
    (snapshots,) = by_host(read_bytes(zipped(FRIDAY | log), Origin("a.zip")).documents).values()
    assert len(snapshots) == 1


def test_a_host_name_with_and_without_its_domain_is_one_box() -> None:
    whole = files("2026-11-23_10_00_00", 6, "expe1.example.com")
    inner = {"friday.zip": zipped(FRIDAY), "monday.zip": zipped(whole)}
    found = by_host(read_bytes(zipped(inner), Origin("a.zip")).documents)
    assert {host: len(snapshots) for host, snapshots in found.items()} == {"expe1.example.com": 2}
    other = files("2026-11-23_10_00_00", 6, "expe1.example.net")
    found = by_host(read_bytes(zipped(inner | {"other.zip": zipped(other)}), Origin("a.zip")).documents)
    assert set(found) == {"expe1", "expe1.example.com", "expe1.example.net"}


def test_a_loose_log_belongs_to_the_newest_snapshot(tmp_path: Path) -> None:
    (tmp_path / "friday.zip").write_bytes(zipped(FRIDAY))
    (tmp_path / "ticket.txt").write_text(
        '2026-11-24T10:00:00+01:00 expe1 tvcs: Event="Inbound TLS Negotiation Error"\n'
    )
    (snapshots,) = by_host(read_paths([tmp_path]).documents).values()
    assert [len(s.documents) for s in snapshots] == [5]
