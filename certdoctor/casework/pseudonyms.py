"""Names and addresses replaced, each always by the same word.

Replaced are: customer, site, people, node ids, host names, domains, e-mail and IP addresses, and the names in
certificates. Longer names go first, so that no part of one stays behind.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from certdoctor.evidence.certificate import read
from certdoctor.evidence.site import ROLES
from certdoctor.store.sharing import Row, Shared

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]\w)")
_IPV6 = re.compile(r"(?<![\w:])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}(?![\w:])")
_HOST = re.compile(r"(?<![\w@-])(?:[a-zA-Z0-9_](?:[\w-]*\w)?\.)+[a-zA-Z]{2,24}(?![\w-])")
_ATTRIBUTE = re.compile(r"(?:^|[,+])\s*(?:CN|O|OU|L|ST|STREET|E|emailAddress|DC)=((?:\\.|[^,+\\])+)", re.IGNORECASE)
# What looks like a host name and is none: files, and words of the program.
_FILES = frozenset(
    [
        "pem",
        "cer",
        "crt",
        "der",
        "p7b",
        "p7c",
        "p12",
        "pfx",
        "key",
        "csr",
        "crl",
        "txt",
        "log",
        "gz",
        "tar",
        "tgz",
        "zip",
        "yml",
        "yaml",
        "json",
        "xml",
        "pcap",
        "pcapng",
    ]
)
_PRODUCTS = frozenset(["cisco.com", "ciscospark.com", "wbx2.com", "webex.com", "letsencrypt.org"])
# Ids of nodes that name no customer.
_GENERIC = frozenset((*ROLES, "expc", "expe", "imp1", "cucm1", "jabber"))
# Keys whose values are words of the program, not of a customer.
_OURS = frozenset(
    [
        "kind",
        "role",
        "slot",
        "form",
        "state",
        "severity",
        "strength",
        "diagnosis",
        "step",
        "fact",
        "value",
        "sha256",
        "blob",
        "hash",
        "text_hash",
        "verdict",
        "lang",
        "object_id",
        "server_verdict",
        "client_verdict",
        "version",
        "cluster_mode",
        "created",
        "opened",
        "closed",
        "made",
        "at",
        "happened",
        "when",
        "answered",
        "written",
        "added",
        "since",
        "reverted",
        "taken",
    ]
)


@dataclass(slots=True)
class Pseudonyms:
    """A mapping that grows while it replaces."""

    words: dict[str, str] = field(default_factory=dict)  # folded name -> word
    counts: dict[str, int] = field(default_factory=dict)
    _pattern: re.Pattern[str] | None = None

    @classmethod
    def of(cls, shared: Shared) -> Pseudonyms:
        """Return the names that a site is known to hold."""
        names = cls()
        names._add("Customer", [shared.customer])
        names._add("Site", [shared.site])
        rows = shared.rows
        for column in ("who", "reverted_by"):
            names._add("person", (r[column] for table in rows.values() for r in table if r.get(column)))
        for node in rows.get("node", ()):
            for host in (
                *node["names"],
                *node["phone_security_profiles"],
                *node["chat_aliases"],
                node["cluster"] or "",
            ):
                names._host(host)
        for domain in (*shared.domains, *(d for n in rows.get("node", ()) for d in n["federation_domains"])):
            names._host(domain)
        for connection in rows.get("connection", ()):
            names._host(connection["looked_for"] or "")
            names._host(connection["verify_name"] or "")
        names._from_certificates(shared)
        names._nodes(rows.get("node", ()))
        return names

    def _add(self, kind: str, given: Iterable[str]) -> None:
        for name in given:
            if len(name.strip()) > 2 and name.strip().casefold() not in self.words:
                self.counts[kind] = number = self.counts.get(kind, 0) + 1
                self.words[name.strip().casefold()] = f"{kind} {number}" if kind[0].isupper() else f"{kind}{number}"
                self._pattern = None

    def _nodes(self, rows: Iterable[Row]) -> None:
        """The ids of nodes; what stands before the first dot of a name is replaced with the name."""
        self._add("node", (row["name"] for row in rows if row["name"] not in _GENERIC))

    def _host(self, name: str) -> str:
        """The word for a host name or domain; names below one domain stay below one domain."""
        folded = name.strip().rstrip(".").casefold()
        if not folded or folded in self.words:
            return self.words.get(folded, name)
        if any(folded == own or folded.endswith(f".{own}") for own in _PRODUCTS):
            return name
        labels = folded.split(".")
        if len(labels) <= 2:
            self.counts["domain"] = number = self.counts.get("domain", 0) + 1
            word = f"domain{number}.example" if len(labels) == 2 else f"host{number}"
        else:
            self.counts["host"] = number = self.counts.get("host", 0) + 1
            well_known = labels[0] if labels[0] in ("collab-edge", "www", "*") else f"h{number}"
            word = f"{well_known}.{self._host('.'.join(labels[1:]))}"
        self.words[folded] = word
        self._pattern = None
        return word

    def _from_certificates(self, shared: Shared) -> None:
        for der in shared.certificates.values():
            certificate = read(der).certificate
            for host in (*certificate.dns_names, *(certificate.other_names)):
                self._host(host) if "." in host and " " not in host else self._add("name", [host])
            for whole in (certificate.subject, certificate.issuer):
                self._names_in(whole)

    def _names_in(self, subject: str) -> None:
        """The attribute values of a distinguished name (RFC 4514)."""
        for value in _ATTRIBUTE.findall(subject):
            plain = re.sub(r"\\(.)", r"\1", value).strip()
            if _HOST.fullmatch(plain):
                self._host(plain)
            else:
                self._add("Name", [plain, value])

    def _compiled(self) -> re.Pattern[str]:
        if self._pattern is None:
            longest = sorted(self.words, key=len, reverse=True)
            either = "|".join(re.escape(word) for word in longest) or r"(?!)"
            self._pattern = re.compile(rf"(?<![^\W_])(?:{either})(?![^\W_])", re.IGNORECASE)
        return self._pattern

    def text(self, text: str) -> str:
        """Return a text with every known name replaced, and with all that looks like a name or an address."""
        for host in _HOST.findall(_EMAIL.sub(" ", text)):
            if host.rpartition(".")[2].casefold() not in _FILES:
                self._host(host)
        for pattern in (_IPV4, _IPV6):
            for address in pattern.findall(text):
                self._address(address)
        self._add("mail", _EMAIL.findall(text))
        return self._compiled().sub(lambda m: self.words[m[0].casefold()], text)

    def _address(self, text: str) -> None:
        try:
            version = ipaddress.ip_address(text).version
        except ValueError:
            return  # a version number or a time
        if text.casefold() not in self.words:
            self.counts[f"ip{version}"] = number = self.counts.get(f"ip{version}", 0) + 1
            base = ipaddress.ip_address("10.0.0.0" if version == 4 else "2001:db8::")
            self.words[text.casefold()] = str(base + number)
            self._pattern = None

    def replaced(self, value: Any, key: str = "") -> Any:
        """Return JSON with all texts replaced, except words of the program."""
        if isinstance(value, str):
            return value if key in _OURS else self.text(value)
        if isinstance(value, Mapping):
            return {k: self.replaced(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [self.replaced(item, key) for item in value]
        return value
