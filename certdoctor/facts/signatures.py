"""Log signatures: the form in which kb/signatures writes them."""

from __future__ import annotations

from typing import Literal

from certdoctor.form import Form


class SignatureForm(Form, frozen=True, kw_only=True):
    """A log pattern and what it means.

    Named groups of `pattern`: code (OpenSSL error code, hex), reason (text), verify (X509_V_ERR number), name
    (looked for), address and port (of the server), way ("Inbound" or "Outbound"). `contains` is a literal that
    every match holds: the fast test before the pattern. `means`: "openssl" (code or text decides), "refused" (this
    node refused the peer's certificate), "was_refused" (the peer refused this node's), "accepted" (this node
    accepted the CAs of the peer's chain), "trouble" (see `reason`), "own_key" and "peer_key" (the key does not
    belong to the certificate), "message" (tells of the node itself: the fact `message.<reason>`).
    """

    pattern: str
    contains: str
    means: Literal["openssl", "refused", "was_refused", "accepted", "trouble", "own_key", "peer_key", "message"]
    acting: Literal["", "client", "server"] = ""  # role of the log's own node in that handshake, if the line tells
    reason: str = ""  # token, where the line does not carry one
    kinds: list[str] = []  # of the connections that the line can be about; empty: any
    sources: list[str]


class SignaturesForm(Form, frozen=True, kw_only=True):
    """kb/signatures/<topic>.yml"""

    schema: Literal["certdoctor/signatures@1"]
    signatures: dict[str, SignatureForm]


class ReasonsForm(Form, frozen=True, kw_only=True):
    """kb/signatures/reasons.yml: what libraries write -> the token of log.refusal or log.trouble."""

    schema: Literal["certdoctor/reasons@1"]
    texts: dict[str, list[str]]  # token -> pieces of text, lower case; the first token that fits wins
    alerts: dict[str, str]  # TLS alert number -> token
    codes: dict[str, str]  # low 12 bits of an OpenSSL error code, hex -> token
    verify: dict[str, str]  # X509_V_ERR number -> token
    troubles: list[str]  # tokens that are values of log.trouble, most telling first
    refusals: list[str]  # tokens that are values of log.refusal, most telling first
    key_faults: list[str]  # tokens that mean: the peer's key does not belong to its certificate
    sources: list[str]
