"""Every bound on hostile input, in one place.

Sizes are bytes, counts are items. An input over a bound is reported with the bound's name, never cut silently.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds that readers keep; tests and the command line may pass others."""

    file_bytes: int = 512 * 1024 * 1024
    archive_depth: int = 4
    archive_members: int = 20_000
    archive_total_bytes: int = 2 * 1024 * 1024 * 1024
    compression_ratio: int = 200
    ratio_from_bytes: int = 8 * 1024 * 1024  # less than this unpacked is never a bomb
    certificates_per_document: int = 20_000
    certificate_bytes: int = 256 * 1024
    capture_packets: int = 5_000_000
    capture_connections: int = 20_000
    capture_stream_bytes: int = 256 * 1024  # of each direction of a connection; handshakes are far shorter
    capture_total_bytes: int = 256 * 1024 * 1024  # of payload held while a capture is read
    capture_names: int = 2_000  # acceptable CAs of one request for a certificate
    line_bytes: int = 64 * 1024
    searched_line_bytes: int = 8 * 1024  # of a line in which signatures are looked for: longer ones cost too much
    yaml_bytes: int = 1024 * 1024
    kdf_iterations: int = 10_000_000  # rounds of key derivation that a PFX may ask for
    display_characters: int = 4_000


DEFAULT = Limits()
