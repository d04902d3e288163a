"""Nodes, identities, trust lists, connections, and OpenSSL's verdict on each of them."""
