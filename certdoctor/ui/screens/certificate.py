"""One certificate: its fields, its chain, and where else it is used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from certdoctor.language import _
from certdoctor.sentences import told, told_place
from certdoctor.ui import keys, words
from certdoctor.ui.places import place_text
from certdoctor.ui.screens.frame import Frame
from certdoctor.ui.spans import Cell, Item, Line, block, fit, gap, heading, line, row, text_block, wrap
from certdoctor.ui.widgets.rows import Rows

if TYPE_CHECKING:
    from certdoctor.casework.examination import Examination
    from certdoctor.evidence.items import Certificate
    from certdoctor.store.records import CertificateRecord

LONGEST_CHAIN = 12


def chain_of(certificate: Certificate, examination: Examination) -> tuple[tuple[Certificate, ...], bool]:
    """Return the chain from this certificate up, and whether it ends in a self-signed one.

    The chain that OpenSSL built in a judgement comes first; without one, issuers are looked for by name (and key
    identifier, where both have one) among all certificates of the site. This shows, it does not judge.
    """
    for judgement in examination.judgements:
        for at, member in enumerate(judgement.chain):
            if member.sha256 == certificate.sha256 and len(judgement.chain) > at + 1:
                chain = judgement.chain[at:]
                return chain, chain[-1].self_signed
    by_subject: dict[str, list[Certificate]] = {}
    for found in _all(examination).values():
        by_subject.setdefault(found.subject_key, []).append(found)
    chain = (certificate,)
    while not chain[-1].self_signed and len(chain) < LONGEST_CHAIN:
        wanted = chain[-1].authority_key_id
        fitting = [
            other
            for other in by_subject.get(chain[-1].issuer_key, [])
            if not (wanted and other.subject_key_id) or wanted == other.subject_key_id
        ]
        if not fitting or fitting[0] in chain:
            return chain, False
        chain = (*chain, fitting[0])
    return chain, chain[-1].self_signed


def _all(examination: Examination) -> Mapping[str, Certificate]:
    found = {sha: places[0].certificate for sha, places in examination.deployment.certificates.items() if places}
    for sha, places in examination.evidence.certificates().items():
        found.setdefault(sha, places[0].certificate)
    return found


def fields_of(certificate: Certificate) -> list[tuple[str, str]]:
    """Return the decoded fields as (caption, text), in the order of interest."""
    none = _("(no such extension)")
    purposes = certificate.extended_key_usage
    usage = certificate.key_usage
    ca = {True: _("yes"), False: _("no"), None: none}[certificate.is_ca]
    if certificate.path_length is not None:
        ca += ", " + _("at most {n} CAs below").format(n=certificate.path_length)
    signed = _("{key}, signed with {hash}").format(
        key=f"{certificate.key_type.upper()} {certificate.key_bits}",
        hash=certificate.signature_hash or certificate.signature_algorithm,
    )
    out = [
        (_("Subject"), certificate.subject),
        (_("Issuer"), certificate.issuer),
        (_("Names"), ", ".join((*certificate.names, *certificate.other_names)) or _("(none: no SAN)")),
        (_("Roles"), none if purposes is None else ", ".join(words.word(words.PURPOSE, p) for p in purposes)),
        (_("Key usage"), none if usage is None else ", ".join(each.replace("_", " ") for each in usage)),
        (_("CA"), ca),
        (_("Key"), signed),
        (_("Serial"), certificate.serial),
        (_("Key id"), certificate.subject_key_id or none),
        (_("Key id of CA"), certificate.authority_key_id or none),
        ("SHA-256", certificate.sha256),
    ]
    out += [(_("CA issuer"), url) for url in certificate.ca_issuer_urls]
    out += [("OCSP", url) for url in certificate.ocsp_urls]
    out += [("CRL", url) for url in certificate.crl_urls]
    if certificate.unreadable:
        out.append((_("Not decoded"), ", ".join(told(part) for part in certificate.unreadable)))
    return out


class CertificateScreen(Frame):
    """One certificate of an examination, or without one as the database holds it."""

    PLACE = "certificate"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("certificate")]

    def __init__(self, sha256: str, examination: Examination | None = None) -> None:
        super().__init__()
        self.sha256 = sha256
        self.examination = examination
        self.record: CertificateRecord | None = None
        self.certificate = _all(examination).get(sha256) if examination else None

    def compose_body(self) -> ComposeResult:
        yield Rows()

    def path(self) -> tuple[str, ...]:
        return (_("certificate"), self.certificate.label if self.certificate else self.sha256[:16])

    def on_mount(self) -> None:
        self._draw()
        self.query_one(Rows).focus()
        self.ask(lambda p: p.certificate(self.sha256), self._loaded, group="certificate")

    def _loaded(self, record: CertificateRecord | None) -> None:
        self.record = record
        if self.certificate is None and record is not None:
            self.certificate = record.decoded
            self.title_bar.set_path("certdoctor", *self.path())
        self._draw()

    def _draw(self) -> None:
        certificate = self.certificate
        if certificate is None:
            self.query_one(Rows).show(self._short())
            return
        items = [self._validity(certificate)]
        fields = fields_of(certificate)
        said = self.examination.known_cas.get(self.sha256, "") if self.examination is not None else ""
        if said:
            fields.insert(2, (_("Known as"), said))
        items += [self._field(number, *each) for number, each in enumerate(fields)]
        items += self._chain(certificate)
        items += self._places(certificate)
        items += self._uses()
        self.query_one(Rows).show(items)

    def _short(self) -> list[Item]:
        """What is known without its content."""
        record = self.record
        if record is None:
            return [text_block("", _("This certificate is not kept in this database."), indent=1)]
        pairs = [
            (_("Subject"), record.subject),
            (_("Issuer"), record.issuer),
            (_("Valid"), f"{words.day(record.not_before)} – {words.day(record.not_after)}"),
            ("SHA-256", record.sha256),
        ]
        return [self._field(number, *each) for number, each in enumerate(pairs)] + self._uses()

    @staticmethod
    def _field(number: int, caption: str, text: str) -> Item:
        def render(width: int) -> list[Line]:
            return wrap(((fit(caption, 12) + " ", "dim"), *line(text)), width, hang=13)

        return Item(f"field-{number}", render, None)

    def _validity(self, certificate: Certificate) -> Item:
        now = self.doctor.options.clock()
        text, role = words.left(certificate.not_after, now)
        if certificate.not_before > now:
            text, role = _("NOT YET VALID"), "bad"
        dates = f"{words.minute(certificate.not_before)} – {words.minute(certificate.not_after)} UTC"
        return block("valid", ((_("Valid").ljust(12) + " ", "dim"), (dates, ""), ("  ", ""), (text, role)), hang=13)

    def _chain(self, certificate: Certificate) -> list[Item]:
        if self.examination is None:
            return []
        chain, complete = chain_of(certificate, self.examination)
        items = [gap(), heading(_("Chain"))]
        for depth, member in enumerate(chain):
            mark = "" if depth == 0 else "  " * (depth - 1) + "└ "
            until = words.left(member.not_after, self.doctor.options.clock())
            items.append(
                row(
                    f"chain {member.sha256}",
                    Cell(mark + member.label, 0, "strong" if depth == 0 else ""),
                    Cell(_("self-signed") if member.self_signed else "", 14, "dim"),
                    Cell(until[0], 22, until[1] or "dim"),
                )
            )
        if not complete:
            last = chain[-1].issuer
            items.append(
                text_block("gap", _("… its issuer is not in the evidence: {name}").format(name=last), "warn",
                           indent=2 * len(chain), selectable=True)
            )  # fmt: skip
        return items

    def _places(self, certificate: Certificate) -> list[Item]:
        held = self.examination.evidence.certificates() if self.examination else {}
        places = held.get(certificate.sha256, ())
        if not places:
            return []
        items = [gap(), heading(_("In the evidence"))]
        return items + [
            text_block(f"place-{n}", told_place(str(f.origin)), selectable=True) for n, f in enumerate(places)
        ]

    def _uses(self) -> list[Item]:
        if self.record is None or not self.record.uses:
            return []
        items = [gap(), heading(_("Used in this database"))]
        for number, use in enumerate(self.record.uses):
            items.append(
                row(
                    f"use-{number}",
                    Cell(f"{use.customer} / {use.site}", 26),
                    Cell(place_text(use.node, use.slot), 28),
                    Cell(use.source, 0, "dim"),
                )
            )
        return items

    def hint(self) -> str:
        key = self.query_one(Rows).key
        if key.startswith("chain ") and key != f"chain {self.sha256}":
            return _("enter shows this certificate.")
        if self.examination is None:
            return _("The places of use stand below; esc goes back.")
        return _("The chain and the places of use stand below; esc goes back.")

    def on_rows_moved(self) -> None:
        self.refresh_hint()

    def action_open(self) -> None:
        key = self.query_one(Rows).key.removeprefix("chain ")
        if self.examination is not None and key != self.sha256 and key in _all(self.examination):
            self.app.push_screen(CertificateScreen(key, self.examination))
