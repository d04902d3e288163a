"""CAs that bear the names of known ones; their keys are our own."""

from __future__ import annotations

from datetime import UTC, datetime

from tests import pki


def named(common_name: str, organization: str, issuer: pki.Issued | None = None) -> pki.Issued:
    """Return a CA of that name, self-signed without an issuer."""
    private = pki.key(f"{common_name} {organization}")
    end = datetime(2031, 1, 1, tzinfo=UTC)
    return pki.issue(pki.name(common_name, organization), issuer, private=private, is_ca=True, end=end)


X1 = named("ISRG Root X1", "Internet Security Research Group")
R10 = named("R10", "Let's Encrypt", X1)
R12 = named("R12", "Let's Encrypt", X1)
ROOT_YR = named("Root YR", "ISRG", X1)
YR2 = named("YR2", "Let's Encrypt", ROOT_YR)
PUBLIC_SECTOR = named("IdenTrust Public Sector Root CA 1", "IdenTrust")
PUBLIC_SECTOR_ISSUING = named("TrustID Server CA", "IdenTrust", PUBLIC_SECTOR)
COMMERCIAL = named("IdenTrust Commercial Root CA 1", "IdenTrust")
COMMERCIAL_ISSUING = named("Cloud Server CA", "IdenTrust", COMMERCIAL)
QUOVADIS = named("QuoVadis Root CA 2", "QuoVadis Limited")
