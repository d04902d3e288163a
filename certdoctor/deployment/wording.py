"""Every sentence that the deployment says to a person, in one place so that it can be translated."""

from __future__ import annotations

NAMES_DIFFER = "{node}: its names are given as {given}, its configuration says {found}"
VERSION_DIFFERS = "{node}: its version is given as {given}, its files say {found}"
CLUSTER_DIFFERS = "{node}: its cluster is given as {given}, its files say {found}"
PEER_ASSUMED = "the peer address {peer} is taken to mean {node}: no node has that name"
NO_OPENSSL = "OpenSSL was not found (neither libcrypto nor the program); install the package openssl."
NO_MEMORY = "OpenSSL could not begin a verification (out of memory?)."
