from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from certdoctor.deployment.judge import judge
from certdoctor.deployment.model import Deployment, Judgement
from certdoctor.evidence.items import Evidence, Origin
from certdoctor.evidence.read import read_bytes, read_text
from certdoctor.evidence.site import ConnectionDescription
from certdoctor.treatment import files
from tests import pki
from tests.sites import OPENSSL, Box, connection, decoded, deploy, judged, knowledge

ROOT = pki.ca("Files Root")
SUB = pki.intermediate("Files Sub", ROOT)
STRANGER = pki.ca("Stranger")
C, E = "expc1.example.com", "expe1.example.com"
ACCESS = x509.AuthorityInformationAccess(
    [
        x509.AccessDescription(
            AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier("http://ca.example/sub.crt")
        )
    ]
)
E_LEAF = pki.leaf(E, SUB, extensions=((ACCESS, False),))


def pair(*trusted: pki.Issued, own: tuple[pki.Issued, ...] = (ROOT, SUB)) -> Deployment:
    """An Expressway-C with this list, and an Expressway-E with its own."""
    return deploy(
        {
            "expc1": Box(
                role="expressway-c",
                names=(C,),
                identities={"server": pki.leaf(C, SUB).pem},
                trust={"ca": pki.bundle(*trusted)},
            ),
            "expe1": Box(
                role="expressway-e", names=(E,), identities={"server": E_LEAF.pem}, trust={"ca": pki.bundle(*own)}
            ),
        }
    )


def server_sides(made: Deployment, *kinds: str) -> list[Judgement]:
    return [judged(made, connection(kind, "expc1", "expe1", name=E))["server"] for kind in kinds]


def test_pem_is_strict() -> None:
    text = files.pem(decoded(ROOT))
    assert x509.load_pem_x509_certificate(text.encode()) == ROOT.certificate
    lines = text.split("\n")
    assert (lines[0], lines[-2], lines[-1]) == ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----", "")
    assert {len(line) for line in lines[1:-3]} == {64}


def test_missing_cas_one_file_each_and_each_once() -> None:
    made = pair(STRANGER)
    found = files.missing_cas(server_sides(made, "traversal-sip", "traversal-ssh"))
    assert [a.name for a in found] == ["expc1-trusted-ca-01-Files-Sub.pem", "expc1-trusted-ca-02-Files-Root.pem"]
    held = [x509.load_pem_x509_certificates(a.data) for a in found]
    assert held == [[SUB.certificate], [ROOT.certificate]]
    assert all("Files" in a.purpose and "expc1" in a.purpose for a in found)


@pytest.mark.parametrize(
    ("trusted", "expected"),
    [((ROOT, SUB), []), ((SUB,), ["Files-Root"]), ((ROOT,), ["Files-Sub"])],
)
def test_only_what_is_missing(trusted: tuple[pki.Issued, ...], expected: list[str]) -> None:
    found = files.missing_cas(server_sides(pair(*trusted), "traversal-ssh"))
    assert [a.name[len("expc1-trusted-ca-01-") : -len(".pem")] for a in found] == expected


@pytest.mark.parametrize(
    ("kind", "store", "expected"),
    [
        ("tftp-https", "callmanager", ["cucm1-tomcat-trust", "cucm1-CallManager-trust"]),
        ("sip-line", "callmanager", ["cucm1-callmanager-trust"]),
    ],
)
def test_lists_of_cucm(kind: str, store: str, expected: list[str]) -> None:
    made = deploy(
        {
            "expc1": Box(
                role="expressway-c",
                version="X14.3.7",
                identities={"server": pki.leaf(C, SUB).pem},
                trust={"ca": pki.bundle(ROOT, SUB)},
            ),
            "cucm1": Box(role="cucm", version="15.0.1", trust={store: STRANGER.pem}),
        }
    )
    found = files.missing_cas([judged(made, connection(kind, "expc1", "cucm1"))["client"]])
    assert list(dict.fromkeys(a.name[: a.name.index("-0")] for a in found)) == expected


def phone(*own: pki.Issued, knows: pki.Issued = ROOT) -> Deployment:
    """A client that knows one root, and an Expressway-E with this own list that shows its leaf alone."""
    return deploy(
        {
            "phone": Box(role="client", trust={"ca": knows.pem}),
            "expe1": Box(
                role="expressway-e", names=(E,), identities={"server": E_LEAF.pem}, trust={"ca": pki.bundle(*own)}
            ),
            "other": Box(role="other", trust={"ca": SUB.pem}),
        }
    )


def test_what_is_not_sent_goes_into_the_own_list() -> None:
    """A client cannot be given the intermediate: the box that shows its certificate has to send it."""
    refused = judged(phone(STRANGER), connection("edge-https", "phone", "expe1", name=E))["server"]
    assert [a.name for a in files.own_cas([refused])] == ["expe1-trusted-ca-01-Files-Sub.pem"]
    assert files.ca_requests([refused], own=True)[0].data.decode().count("for expe1-trusted-ca:") == 1


def test_nothing_is_written_for_an_own_list_that_holds_it() -> None:
    made = phone(ROOT, SUB, knows=STRANGER)
    refused = judged(made, connection("edge-https", "phone", "expe1", name=E))["server"]
    assert len(files.missing_cas([refused])) == 2
    assert files.own_cas([refused]) == ()


def test_what_to_ask_the_ca_for() -> None:
    made = pair(STRANGER, own=(STRANGER,))
    (asked,) = files.ca_requests(server_sides(made, "traversal-sip", "traversal-ssh"))
    text = asked.data.decode()
    assert asked.name == "ask-the-ca.txt"
    assert decoded(SUB).subject in text
    assert (decoded(SUB).subject_key_id or "none") in text
    assert "http://ca.example/sub.crt" in text
    assert text.count("expc1-trusted-ca") == 1


def test_the_ca_is_asked_for_the_root_where_only_that_is_unknown() -> None:
    (asked,) = files.ca_requests(server_sides(pair(STRANGER, own=(SUB,)), "traversal-ssh"))
    assert decoded(ROOT).subject in asked.data.decode()


def test_nothing_is_asked_where_all_is_known() -> None:
    assert files.ca_requests(server_sides(pair(STRANGER), "traversal-ssh")) == ()
    assert files.ca_requests(server_sides(pair(ROOT, SUB), "traversal-ssh")) == ()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("e.pfx", pki.pfx(E_LEAF)),
        ("e.p7b", pki.pkcs7(*E_LEAF.chain)),
        ("e.p7b", pki.pkcs7(*E_LEAF.chain, pem=False)),
        ("e.cer", E_LEAF.der),
    ],
)
def test_converted_files(name: str, data: bytes) -> None:
    evidence = read_bytes(data, Origin(f"in/{name}"), ["secret"])
    found = files.converted(evidence, [f"in/{name}"])
    count = len(evidence.documents[0].certificates)
    assert len(found) == count == (1 if name == "e.cer" else 3)
    held = {x509.load_pem_x509_certificate(a.data) for a in found}
    assert held == {c.certificate for c in E_LEAF.chain[:count]}
    for artefact in found:
        (only,) = x509.load_pem_x509_certificates(artefact.data)
        assert artefact.name.startswith("e-certificate-" if only == E_LEAF.certificate else "e-ca-")
        assert b"PRIVATE" not in artefact.data


def test_pem_and_unknown_files_need_no_conversion() -> None:
    evidence = read_text(E_LEAF.pem, "e.pem")
    assert files.converted(evidence, ["e.pem", "nowhere.pfx"]) == ()


def test_pem_file_of_a_finding_is_written_anew() -> None:
    """A bundle with a CA on top, or text that OpenSSL does not take, is of no use as it is."""
    data = b"\xef\xbb\xbf" + pki.bundle(*reversed(E_LEAF.chain)).replace("\n", "\r\n").encode()
    evidence = read_bytes(data, Origin("e.pem"))
    found = files.artefacts(["converted_file"], {"file": "e.pem"}, [], "", pair(ROOT), (), evidence)
    assert {artefact.data for artefact in found} == {issued.pem.encode() for issued in E_LEAF.chain}
    assert files.artefacts(["converted_file"], {}, [], "", pair(ROOT), (), evidence) == ()


def site_of_names() -> Deployment:
    zone = ConnectionDescription(
        "z", "traversal-sip", "expc1", "expe1", port=7001, name="edge.example.com", verify_name="cluster.example.com"
    )
    by_address = ConnectionDescription("a", "traversal-sip", "expc2", "expe1", port=7001, name="198.51.100.1")
    return deploy(
        {
            "expc1": Box(
                role="expressway-c",
                names=(C,),
                cluster="cluster.example.com",
                identities={
                    "server": pki.leaf(C, SUB, names=(C, "kept.example.com", "192.0.2.1", "*.example.com")).pem
                },
                phone_security_profiles=("secure-profile.example.com",),
            ),
            "expc2": Box(role="expressway-c"),
            "expe1": Box(
                role="expressway-e",
                names=(E, "shortname", "198.51.100.1"),
                identities={"server": E_LEAF.pem},
                federation_domains=("federation.example",),
            ),
        },
        [zone, by_address],
        domains=("example.com", "example.net"),
    )


def request_for(node: str, made: Deployment) -> files.Artefact:
    holder = made.nodes[node]
    server = holder.identities.get("server")
    judgements = judged_all(made)
    return files.request(holder, made, judgements, server.leaf.certificate if server else None)


def judged_all(made: Deployment) -> tuple[Judgement, ...]:
    return judge(made, knowledge().connections, OPENSSL)


NAMES = {
    "expc1": {C, "kept.example.com", "192.0.2.1", "cluster.example.com", "secure-profile.example.com"},
    "expe1": {E, "edge.example.com", "collab-edge.example.com", "collab-edge.example.net", "federation.example"},
    "expc2": set(),
}


@pytest.mark.parametrize("node", NAMES)
def test_required_names(node: str) -> None:
    made = site_of_names()
    holder = made.nodes[node]
    server = holder.identities.get("server")
    found = files.required_names(holder, made, judged_all(made), server.leaf.certificate if server else None)
    assert set(found) == NAMES[node]
    assert len(set(found)) == len(found)


def openssl_request(configuration: bytes, folder: Path) -> x509.CertificateSigningRequest:
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("the openssl program is not installed")
    (folder / "request.cnf").write_bytes(configuration)
    command = [program, "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-keyout", "/dev/null", "-out", str(folder / "out.csr"), "-config", str(folder / "request.cnf")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return x509.load_pem_x509_csr((folder / "out.csr").read_bytes())


def names_in(request: x509.CertificateSigningRequest) -> set[str]:
    try:
        held = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    return {*held.get_values_for_type(x509.DNSName), *map(str, held.get_values_for_type(x509.IPAddress))}


@pytest.mark.parametrize("node", NAMES)
def test_openssl_makes_the_request(node: str, tmp_path: Path) -> None:
    artefact = request_for(node, site_of_names())
    assert artefact.name == f"{node}-request.cnf"
    made = openssl_request(artefact.data, tmp_path)
    assert names_in(made) == NAMES[node]
    usages = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert set(usages) == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}


HOSTILE = (
    "a$HOME.example.com",
    "a\n[dn]\nCN = evil.example.com",
    "a.example.com # b",
    'a"b.example.com',
    "a\\b.example.com",
    "a,DNS:evil.example.com",
    "x" * 70 + ".example.com",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_names_from_outside_do_not_act_on_the_configuration(name: str, tmp_path: Path) -> None:
    made = deploy({"expc1": Box(role="expressway-c", names=(name, C), cluster=name)})
    request = openssl_request(request_for("expc1", made).data, tmp_path)
    kept = {name} if name.startswith("xx") else set()
    assert names_in(request) == {C} | kept
    assert "evil" not in request.subject.rfc4514_string()


@given(st.lists(st.text(max_size=30), max_size=4))
def test_every_line_of_the_configuration_is_ours(given_names: list[str]) -> None:
    made = deploy({"expc1": Box(role="expressway-c", names=tuple(given_names))})
    text = request_for("expc1", made).data.decode()
    for line in text.splitlines():
        assert line.startswith(("#", "[", "DNS.", "IP.", "CN = ", *OURS)), line
    assert len(text.splitlines()) == text.count("\n")


OURS = ("prompt", "default_md", "distinguished_name", "req_extensions", "keyUsage", "extendedKeyUsage", "subjectAlt")


def test_artefacts_of_a_finding() -> None:
    made = pair(STRANGER)
    every = judged_all(made)
    sip = next(j.connection.id for j in every if j.connection.kind == "traversal-sip")

    def names(*kinds: str, side: str = "server", params: dict[str, str] | None = None) -> list[str]:
        return [a.name for a in files.artefacts(kinds, params or {}, [sip], side, made, every, Evidence())]

    assert names("missing_cas") == ["expc1-trusted-ca-01-Files-Sub.pem", "expc1-trusted-ca-02-Files-Root.pem"]
    assert names("missing_cas", side="client") == []
    assert names("request") == ["expe1-request.cnf"]
    assert names("request", side="client") == ["expc1-request.cnf"]
    assert names("request", side="") == ["expe1-request.cnf", "expc1-request.cnf"]
    assert names() == []
    assert [a.name for a in files.artefacts(["request"], {"presenter": "expc1"}, [], "", made, every, Evidence())] == [
        "expc1-request.cnf"
    ]


def test_only_who_holds_the_certificate_needs_another() -> None:
    made = pair(ROOT, SUB)
    every = judged_all(made)
    hit = [j.connection.id for j in every]

    def names(certificate: str) -> list[str]:
        return [a.name for a in files.artefacts(["request"], {}, hit, "", made, every, Evidence(), certificate)]

    assert names(E_LEAF.sha256[:16]) == ["expe1-request.cnf"]
    assert sorted(names("")) == ["expc1-request.cnf", "expe1-request.cnf"]


def test_converted_file_of_a_finding() -> None:
    evidence = read_bytes(pki.pfx(E_LEAF), Origin("e.pfx"), ["secret"])
    made = pair(ROOT)
    for params in ({"file": "e.pfx"}, {}):
        found = files.artefacts(["converted_file"], params, [], "", made, (), evidence)
        assert len(found) == 3
