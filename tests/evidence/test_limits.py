"""Every bound on archives and documents has a message that names it, and a long read can be stopped."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from certdoctor.errors import Stopped
from certdoctor.evidence.items import Origin
from certdoctor.evidence.read import read_bytes, read_paths
from certdoctor.limits import Limits
from tests import pki
from tests.evidence.broken_inputs import tarred, zipped

ONE = pki.leaf().pem.encode()
BOUNDS: dict[str, tuple[Limits, bytes]] = {
    "archive_depth": (Limits(archive_depth=2), zipped({"a.zip": zipped({"b.zip": zipped({"c.pem": ONE})})})),
    "archive_members": (Limits(archive_members=3), tarred({f"{n}.pem": ONE for n in range(4)})),
    "archive_total_bytes": (Limits(archive_total_bytes=1000), zipped({"a.txt": b"x y\n" * 1000})),
    "compression_ratio": (Limits(compression_ratio=10, ratio_from_bytes=1000), gzip.compress(b"\n" * 100_000)),
    "file_bytes": (Limits(file_bytes=1000), ONE * 5),
    "certificates_per_document": (Limits(certificates_per_document=2), pki.bundle(*pki.leaf().chain).encode()),
    "certificate_bytes": (Limits(certificate_bytes=100), ONE),
    "kdf_iterations": (Limits(kdf_iterations=1), pki.pfx(pki.leaf())),
}


@pytest.mark.parametrize("name", BOUNDS)
def test_a_bound_is_named_where_it_is_passed(name: str) -> None:
    limits, data = BOUNDS[name]
    problems = read_bytes(data, Origin("input"), ("secret",), limits).problems
    assert [p for p in problems if f"limit {name}" in p.reason and p.remedy], problems


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_reading_tells_how_far_it_is_and_can_be_stopped(pack: object, tmp_path: Path) -> None:
    assert callable(pack)
    (tmp_path / "a.arc").write_bytes(pack({f"{n}.txt": bytes(range(256)) * 8000 for n in range(3)}))
    told: list[int] = []
    read_paths([tmp_path / "a.arc"], progress=told.append)
    assert told == sorted(told)
    assert told[-1] >= 3 * 256 * 8000

    def stop(count: int) -> None:
        if count > 1_000_000:
            raise Stopped

    with pytest.raises(Stopped):
        read_paths([tmp_path / "a.arc"], progress=stop)
