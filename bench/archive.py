"""Reading a diagnostic archive that unpacks to 200 MB, beside gzip and tar alone; listing 10,000 certificates."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from bench.logs import sample

_MEGABYTES = 200
# ru_maxrss would be at least that of the process that started this one.
_PEAK = """
def peak():
    return next(int(line.split()[1]) // 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
"""
_READ = """
import sys, time
from pathlib import Path
from certdoctor.evidence.read import read_paths
began = time.perf_counter()
evidence = read_paths([Path(sys.argv[1])])
assert not evidence.problems, evidence.problems
print(f"{time.perf_counter() - began:.1f} s, {peak()} MiB")
"""
_RAW = """
import sys, tarfile, time
began = time.perf_counter()
with tarfile.open(sys.argv[1], "r|gz") as archive:
    for member in archive:
        held = archive.extractfile(member)
        while held is not None and held.read(262144):
            pass
print(f"{time.perf_counter() - began:.1f} s, {peak()} MiB")
"""


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "diagnostic_log_expe1_2026-11-23.tar.gz"
        _write(path)
        print(f"a diagnostic archive of {_MEGABYTES} MB, {path.stat().st_size / 1_000_000:.1f} MB packed")
        print(f"   read in {_run(_READ, path)} at most; gzip and tar alone {_run(_RAW, path)}")
        bundle = Path(folder) / "bundle.pem"
        _bundle(bundle)
        print(f"   10,000 certificates in one file: {_run(_READ, bundle)}")


def _write(path: Path) -> None:
    with tarfile.open(path, "w:gz", compresslevel=6) as archive:
        for number in range(4):
            data = sample(_MEGABYTES // 4)
            info = tarfile.TarInfo(f"loggingsnapshot_expe1_{number}.txt")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


def _bundle(path: Path) -> None:
    """Ten thousand different self-signed certificates of one key."""
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding

    key = ec.generate_private_key(ec.SECP256R1())
    day = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    with path.open("wb") as file:
        for number in range(10_000):
            name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"n{number}.example.com")])
            builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            builder = builder.serial_number(number + 1).not_valid_before(day)
            made = builder.not_valid_after(day + datetime.timedelta(days=365)).sign(key, hashes.SHA256())
            file.write(made.public_bytes(Encoding.PEM))


def _run(code: str, path: Path) -> str:
    made = subprocess.run([sys.executable, "-c", _PEAK + code, str(path)], capture_output=True, text=True, check=True)
    return made.stdout.strip()
