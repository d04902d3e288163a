"""Which files are read, and what they are called in the evidence."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from certdoctor.evidence.items import Evidence, Kind
from certdoctor.evidence.read import read_paths
from certdoctor.evidence.roots import labels
from certdoctor.limits import Limits
from tests import pki
from tests.evidence.broken_inputs import tarred, zipped

PEM = pki.leaf().pem
SITE = """schema: certdoctor/site@1
nodes:
- id: expe1
  role: expressway-e
  identities: {server: certs/expe1.pem}
  trust: {ca: trust/expe1.pem}
  settings: {xconf: xconf.txt}
  logs: [logs/expe1.txt]
"""
LOG = '2026-11-23T10:00:00 expe1 tvcs: Event="x"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "site.yml": SITE,
        "certs/expe1.pem": PEM,
        "trust/expe1.pem": pki.ca().pem,
        "xconf.txt": '*c xConfiguration SIP TLS Mode: "On"\n',
        "logs/expe1.txt": LOG,
        "beside.pem": pki.intermediate().pem,
        "expected.yml": "schema: certdoctor/expected@1\nverdict: healthy\n",
        ".hidden.pem": PEM,
        ".git/x.pem": PEM,
    }
    for name, text in files.items():
        path = tmp_path / "hq" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "hq"


def names(evidence: Evidence) -> list[str]:
    return [document.origin.path for document in evidence.documents]


HERE = ["beside.pem", "certs/expe1.pem", "logs/expe1.txt", "site.yml", "trust/expe1.pem", "xconf.txt"]


def _site_is_whole(evidence: Evidence) -> None:
    (site,) = [document.site for document in evidence.documents if document.site]
    (node,) = site.nodes
    named = [*node.identities.values(), *node.trust.values(), node.xconf, *node.logs]
    kinds = [document.kind for path in named if path and (document := evidence.document(path))]
    assert kinds == [Kind.CERTIFICATES, Kind.CERTIFICATES, Kind.XCONFIGURATION, Kind.LOG]
    assert evidence.problems == ()


def test_one_folder(folder: Path) -> None:
    evidence = read_paths([folder])
    assert names(evidence) == HERE
    _site_is_whole(evidence)


def test_a_site_file_stands_for_its_folder(folder: Path) -> None:
    assert read_paths([folder / "site.yml"]) == read_paths([folder])
    assert read_paths([folder / "site.yml", folder / "certs" / "expe1.pem", folder]) == read_paths([folder])


def test_relative_paths(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert read_paths([Path(".")]) == read_paths([Path("site.yml")]) == read_paths([folder])


def test_a_site_file_further_down(folder: Path) -> None:
    evidence = read_paths([folder.parent])
    assert names(evidence) == [f"hq/{name}" for name in HERE]
    _site_is_whole(evidence)


def test_several_roots_keep_their_names_apart(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "hq"
    (other / "certs").mkdir(parents=True)
    (other / "certs" / "expe1.pem").write_text(pki.ca().pem)
    evidence = read_paths([folder, other])
    assert len(set(names(evidence))) == len(HERE) + 1
    assert names(evidence)[-1] == "other/hq/certs/expe1.pem"
    _site_is_whole(evidence)


def test_a_hidden_file_that_is_given_is_read(folder: Path) -> None:
    assert len(names(read_paths([folder, folder / ".hidden.pem"]))) == len(HERE) + 1


def test_a_folder_and_a_file_beside_it(folder: Path, tmp_path: Path) -> None:
    extra = tmp_path / "extra.pem"
    extra.write_text(PEM)
    evidence = read_paths([folder, extra])
    assert names(evidence) == [*(f"hq/{name}" for name in HERE), "extra.pem"]
    _site_is_whole(evidence)


def test_a_site_in_an_archive(folder: Path, tmp_path: Path) -> None:
    members = {name: (folder / name).read_bytes() for name in HERE}
    (tmp_path / "all.zip").write_bytes(zipped({f"hq/{name}": data for name, data in members.items()}))
    evidence = read_paths([tmp_path / "all.zip"])
    assert names(evidence) == [f"all.zip!hq/{name}" for name in HERE]
    _site_is_whole(evidence)


def test_one_file(folder: Path) -> None:
    assert names(read_paths([folder / "beside.pem"])) == ["beside.pem"]


def test_the_same_file_twice_is_read_once(folder: Path) -> None:
    again = folder / "certs" / ".." / "beside.pem"
    assert names(read_paths([folder / "beside.pem", again])) == ["beside.pem"]


def test_labels_are_never_the_beginning_of_one_another() -> None:
    roots = [Path("/p/a"), Path("/q/a/b"), Path("/r/b"), Path("/s/x")]
    found = labels(roots)
    values = list(found.values())
    assert len(set(values)) == 4
    assert not any(one != two and two.startswith(one + "/") for one in values for two in values)
    assert found[Path("/s/x")] == "x"


def test_missing_and_unreadable(tmp_path: Path) -> None:
    evidence = read_paths([tmp_path / "nothing.pem"])
    assert evidence.documents == ()
    assert evidence.problems[0].origin.source == "nothing.pem"


def test_links(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.pem").write_text(PEM)
    (folder / "inside.pem").symlink_to("beside.pem")
    (folder / "leaves.pem").symlink_to("../outside.pem")
    (folder / "loop").symlink_to(".")
    (folder / "broken.pem").symlink_to("nowhere.pem")
    os.mkfifo(folder / "pipe")
    evidence = read_paths([folder])
    assert names(evidence) == sorted([*HERE, "inside.pem"])
    assert [problem.origin.source for problem in evidence.problems] == ["broken.pem", "leaves.pem", "loop", "pipe"]


def test_too_many_files(folder: Path) -> None:
    evidence = read_paths([folder], limits=Limits(archive_members=4))
    assert len(evidence.documents) == 3
    assert "archive_members" in evidence.problems[0].reason


def test_too_large_a_file(folder: Path) -> None:
    evidence = read_paths([folder / "beside.pem"], limits=Limits(file_bytes=100))
    assert evidence.documents == ()
    assert "file_bytes" in evidence.problems[0].reason


def test_a_file_that_the_site_names_and_that_is_not_there(folder: Path) -> None:
    (folder / "certs" / "expe1.pem").rename(folder / "certs" / "expe2.pem")
    (problem,) = read_paths([folder]).problems
    assert "certs/expe1.pem" in problem.reason
    assert "certs/expe2.pem" in problem.remedy


def test_a_faulty_site_file_stops_nothing(folder: Path) -> None:
    (folder / "site.yml").write_text(SITE.replace("role:", "rolle:"))
    evidence = read_paths([folder])
    assert names(evidence) == HERE
    (document,) = [d for d in evidence.documents if d.kind == Kind.SITE]
    assert document.site is None
    (problem,) = evidence.problems
    assert problem.origin.place == "line 4, rolle"
    assert "“role”" in problem.remedy


def test_a_second_site_is_reported(folder: Path) -> None:
    (folder / "z").mkdir()
    (folder / "z" / "site.yml").write_text("schema: certdoctor/site@1\n")
    evidence = read_paths([folder])
    assert [document.origin.path for document in evidence.documents if document.site] == ["site.yml"]
    assert [problem.origin.path for problem in evidence.problems] == ["z/site.yml"]


def test_a_faulty_site_does_not_shut_out_a_good_one(folder: Path) -> None:
    (folder / "a").mkdir()
    (folder / "a" / "site.yml").write_text("schema: certdoctor/site@1\nnods: []\n")
    evidence = read_paths([folder])
    assert [document.origin.path for document in evidence.documents if document.site] == ["site.yml"]
    (problem,) = evidence.problems
    assert str(problem.origin) == "a/site.yml, line 2, nods"


def test_a_file_that_is_not_there_is_reported_with_line_and_key(folder: Path) -> None:
    site = folder / "site.yml"
    lines = [*site.read_text().splitlines(), "- id: expe9", "  role: expressway-e", "  trust:", "    ca: lost.pem"]
    site.write_text("\n".join(lines))
    (problem,) = read_paths([folder]).problems
    assert problem.origin.place == f"line {len(lines)}, nodes.expe9.trust.ca"
    assert "lost.pem" in problem.reason


@pytest.mark.parametrize(
    ("name", "text", "documents", "problems"),
    [
        ("expected.yml", "schema: certdoctor/expected@1\n", 0, 0),
        ("compose.yaml", "services: {}\n", 1, 0),
        ("site.yml", "customer: x\n", 1, 1),
        ("my.yml", "nodes: []\n", 1, 1),
        ("my.yml", "schema: certdoctor/site@2\n", 1, 1),
        ("pasted", "schema: certdoctor/site@1\n", 1, 0),
    ],
)
def test_other_yaml(tmp_path: Path, name: str, text: str, documents: int, problems: int) -> None:
    (tmp_path / name).write_text(text)
    evidence = read_paths([tmp_path])
    assert (len(evidence.documents), len(evidence.problems)) == (documents, problems)


def test_a_diagnostic_archive(tmp_path: Path) -> None:
    stamp = "2026-12-27_08_00_00"
    members = {
        f"server_expe1_{stamp}.pem": PEM.encode(),
        f"ca_expe1_{stamp}.pem": pki.ca().pem.encode(),
        f"client_expe1_{stamp}.pem": PEM.encode(),
        f"xconf_dump_expe1_{stamp}.txt": b'*c xConfiguration SystemUnit Name: "expe1"\n',
        f"xstat_dump_expe1_{stamp}.txt": b'*s SystemUnit: \n   Software: \n      Version: "X14.3.7"\n*s/end\n',
        f"loggingsnapshot_expe1_{stamp}.txt": LOG.encode(),
        "old.7z": b"7z\xbc\xaf\x27\x1c" + b"\0" * 60,
        "notes.pem": PEM.encode(),
    }
    (tmp_path / f"diagnostic_log_expe1_{stamp}.tar.gz").write_bytes(tarred(members))
    evidence = read_paths([tmp_path])
    assert {(document.host, document.taken) for document in evidence.documents} == {("expe1", stamp)}
    assert [document.slot for document in evidence.documents] == [
        "identity:server", "trust:ca", "identity:client", "xconf", "xstat", "log", "", ""
    ]  # fmt: skip
    assert [document.kind for document in evidence.documents] == [
        Kind.CERTIFICATES, Kind.CERTIFICATES, Kind.CERTIFICATES, Kind.XCONFIGURATION, Kind.XSTATUS, Kind.LOG,
        Kind.NOT_READ, Kind.CERTIFICATES,
    ]  # fmt: skip
    assert [problem.origin.member for problem in evidence.problems] == ["old.7z"]
    assert str(evidence.documents[0].certificates[0].origin).endswith(f"!server_expe1_{stamp}.pem, block 1")
    assert evidence.documents[4].settings["SystemUnit Software Version"].value == "X14.3.7"


@pytest.mark.parametrize(
    ("limits", "word"),
    [
        (Limits(archive_depth=1), "archive_depth"),
        (Limits(archive_members=1), "archive_members"),
        (Limits(archive_total_bytes=500), "archive_total_bytes"),
        (Limits(file_bytes=1500), "file_bytes"),
    ],
)
def test_limits_of_archives(tmp_path: Path, limits: Limits, word: str) -> None:
    inner = tarred({"a.pem": PEM.encode(), "b.pem": PEM.encode() + b"#" * 2000})
    (tmp_path / "x.zip").write_bytes(zipped({"in.tar.gz": inner}))
    assert [problem for problem in read_paths([tmp_path], limits=limits).problems if word in problem.reason]


def test_members_of_the_same_name_do_not_collide(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.pem", PEM)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.pem", pki.ca().pem)
    assert names(read_paths([tmp_path])) == ["a.zip!a.pem", "a.zip!a.pem (2)"]
