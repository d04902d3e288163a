"""The command line as people and scripts meet it: arguments, exit codes, files, pipes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from certdoctor.cli import build_parser, data_folder, main
from certdoctor.plain.completion import script
from certdoctor.resources import folder
from tests import pki
from tests.casework import folders

AT = "at: 2026-11-23T12:00:00Z\n"


@pytest.fixture(autouse=True)
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the tests out of the user's folders, and their language."""
    monkeypatch.setenv("CERTDOCTOR_DATA", str(tmp_path / "own-data"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return folders.write(tmp_path / "site", server=folders.RENEWED)


@pytest.fixture
def data(tmp_path: Path, fresh_database: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    shutil.copy(fresh_database, folder / "certdoctor.db")
    return folder


# Exit codes


HEALTHY = (
    "schema: certdoctor/site@1\n"
    + AT
    + """\
nodes:
  - {id: expc1, role: expressway-c, version: X14.3.7,
     identities: {server: certs/expc1.pem}, trust: {ca: trust/expc1.pem}}
  - {id: expe1, role: expressway-e, version: X14.3.7,
     identities: {server: certs/expe1.pem}, trust: {ca: trust/shared.pem}}
connections:
  - {id: c1, kind: traversal-sip, client: expc1, server: expe1, port: 7001, name: expe1.example.com}
"""
)
NOTHING_TO_JUDGE = "schema: certdoctor/site@1\n" + AT + "nodes: [{id: expc1, role: expressway-c}]\n"


def examined(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    code = main(["examine", *arguments, "--format", "json"])
    document = json.loads(capsys.readouterr().out)
    assert isinstance(document, dict)
    return code, document


def test_exit_0_healthy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, document = examined([str(folders.write(tmp_path / "s", site=HEALTHY))], capsys)
    assert (code, document["verdict"], document["findings"]) == (0, "healthy", [])


def test_exit_1_findings(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, document = examined([str(site)], capsys)
    assert (code, document["verdict"]) == (1, "cause_found")


def test_exit_2_nothing_readable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The JSON is printed all the same, with what is wrong."""
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    code, document = examined([str(tmp_path / "picture.png")], capsys)
    assert (code, document["verdict"]) == (2, "not_checked")
    (problem,) = document["problems"]
    assert problem["reason"]


def test_exit_3_not_enough(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "site.yml").write_text(NOTHING_TO_JUDGE)
    code, document = examined([str(tmp_path)], capsys)
    assert (code, document["verdict"]) == (3, "not_checked")


@pytest.mark.parametrize(
    "arguments",
    [
        ["examine"],
        ["examine", "x", "--format", "xml"],
        ["examine", "x", "--at", "yesterday"],
        ["examine", "x", "--lang", "fr"],
        ["frobnicate"],
        ["case"],
        ["case", "show"],
        ["completion", "tcsh"],
    ],
)
def test_bad_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["examine", str(tmp_path / "nowhere")]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "nowhere: there is no such file or folder" in said.err


def test_an_unreadable_file_never_stops_the_rest(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "certs" / "noise.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    code, document = examined([str(site)], capsys)
    assert (code, document["verdict"]) == (1, "cause_found")
    (problem,) = document["problems"]
    assert problem["source"].startswith("certs/noise.pem")


@pytest.mark.parametrize(("at", "verdict"), [("2026-11-23", "healthy"), ("2029-01-01T00:00:00Z", "cause_found")])
def test_at(tmp_path: Path, capsys: pytest.CaptureFixture[str], at: str, verdict: str) -> None:
    folder = folders.write(tmp_path / "s", site=HEALTHY)
    _, document = examined([str(folder), "--at", at], capsys)
    assert document["verdict"] == verdict
    assert str(document["at"]).startswith(at[:10])


def test_language(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["examine", str(site), "--lang", "de"])
    german = capsys.readouterr().out
    main(["examine", str(site), "--lang", "en"])
    assert german != capsys.readouterr().out
    assert "Zwischenzertifikat" in german


# --files


def test_files_that_cure(site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(_pem(tmp_path, folders.OTHER, *folders.OTHER.chain[1:]), site / "stray.pem")
    assert main(["examine", str(site), "--files", str(tmp_path / "out" / "new")]) == 1
    written = sorted((tmp_path / "out" / "new").iterdir())
    assert {x509.load_pem_x509_certificate(f.read_bytes()) for f in written if f.suffix == ".pem"} == {
        c.certificate for c in folders.OTHER.chain
    }
    assert all(file.stat().st_mode & 0o077 == 0 for file in written)
    said = capsys.readouterr().err
    assert all(str(file) in said for file in written)


def _pem(folder: Path, *items: pki.Issued) -> Path:
    path = folder / "some.pem"
    path.write_text(pki.bundle(*items))
    return path


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_files_touches_nothing_that_is_there(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    out = tmp_path / "out"
    if kind == "folder":
        out.mkdir()
        (out / "mine.txt").write_text("mine")
    else:
        out.write_text("mine")
    before = sorted(p.name for p in tmp_path.rglob("*"))
    assert main(["examine", str(site), "--files", str(out)]) == 2
    said = capsys.readouterr()
    assert "name a new folder" in said.err
    assert said.out == ""
    assert sorted(p.name for p in tmp_path.rglob("*")) == before


def test_an_empty_folder_will_do(site: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert main(["examine", str(site), "--files", str(tmp_path / "out")]) == 1


# --password-file


def test_password_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "e.pfx").write_bytes(pki.pfx(folders.EXPE, password="geheim ä"))
    (tmp_path / "passwords").write_text("wrong\ngeheim ä\n", encoding="utf-8")
    pfx = str(tmp_path / "e.pfx")
    _, without = examined([pfx], capsys)
    _, given = examined([pfx, "--password-file", str(tmp_path / "passwords")], capsys)
    counts = [[e["certificates"] for e in d["evidence"]] for d in (without, given)]
    assert counts == [[0], [3]]


@pytest.mark.parametrize("content", [None, b"\xff\xfe\xe4"])
def test_password_file_that_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], site: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "passwords").write_bytes(content)
    assert main(["examine", str(site), "--password-file", str(tmp_path / "passwords")]) == 2
    assert "the passwords" in capsys.readouterr().err


# --data


@pytest.mark.parametrize("where", ["before", "after"])
def test_data_before_and_after_the_command(
    site: Path, data: Path, capsys: pytest.CaptureFixture[str], where: str
) -> None:
    def arguments(*command: str) -> list[str]:
        return ["--data", str(data), *command] if where == "before" else [*command, "--data", str(data)]

    assert main(arguments("examine", str(site), "--save")) == 1
    assert "stored as C-0001" in capsys.readouterr().err
    assert main(arguments("case", "list")) == 0
    assert capsys.readouterr().out.startswith("C-0001  open")


def test_saved_case(site: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--data", str(data)]
    main(["examine", str(site), "--save", *where])
    capsys.readouterr()
    for number in ("C-0001", "1", "c-1"):
        assert main(["case", "show", number, *where]) == 0
        shown = capsys.readouterr().out
        assert "C-0001" in shown
        assert "Cause found." in shown
    assert main(["case", "list", "Example", *where]) == 0
    assert capsys.readouterr().out.count("C-0001") == 1
    assert main(["case", "list", "nothing-of-the-kind", *where]) == 0
    assert capsys.readouterr().out == ""
    assert main(["case", "export", "1", *where]) == 0
    assert capsys.readouterr().out.startswith("# C-0001: ")
    assert main(["case", "export", "1", "--format", "json", *where]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "certdoctor/case@1"
    assert document["case"]["number"] == "C-0001"
    assert len(document["examinations"]) == 1
    assert main(["case", "show", "C-0042", *where]) == 2
    assert "There is no case C-0042" in capsys.readouterr().err


def test_which_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def folder(*arguments: str) -> Path:
        return data_folder(build_parser().parse_args([*arguments, "case", "list"]))

    monkeypatch.setenv("CERTDOCTOR_DATA", "/named")
    assert folder("--data", "/given") == Path("/given")
    assert folder() == Path("/named")
    monkeypatch.delenv("CERTDOCTOR_DATA")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert folder() == tmp_path / "certdoctor"


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ({"LC_ALL": "de_DE.UTF-8"}, "de"),
        ({"LANG": "de"}, "de"),
        ({"LC_ALL": "C", "LANG": "de_DE"}, "en"),
        ({"LC_MESSAGES": "fr_FR"}, "en"),
        ({}, "en"),
    ],
)
def test_default_language(monkeypatch: pytest.MonkeyPatch, held: dict[str, str], expected: str) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in held.items():
        monkeypatch.setenv(name, value)
    assert build_parser().parse_args(["case", "list"]).lang == expected
    assert build_parser().parse_args(["case", "--lang", "de", "list"]).lang == "de"


# As a process


def process(*arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "certdoctor", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **environment},
    )


def test_broken_pipe_is_silent() -> None:
    running = process("completion", "bash")
    assert running.stdout is not None
    running.stdout.close()
    assert running.stderr is not None
    said = running.stderr.read()
    running.stderr.close()
    assert (running.wait(), said) == (141, b"")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_output_for_any_terminal(site: Path, encoding: str) -> None:
    done = process("examine", str(site), "--format", "json", PYTHONIOENCODING=encoding)
    out, err = done.communicate()
    assert (done.returncode, err) == (1, b"")
    document = json.loads(out.decode(encoding))
    assert "→" in json.dumps(document, ensure_ascii=False)


# Completion


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion_script_parses(shell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    written = tmp_path / "completion"
    written.write_text(capsys.readouterr().out)
    # zsh loads bash's own functions; the script but for that first line is the same.
    done = subprocess.run(["bash", "-n", str(written)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "some"),
    [
        (("certdoctor", ""), {"examine", "case", "kb", "completion", "--lang"}),
        (("certdoctor", "examine", "--"), {"--format", "--at", "--files", "--save", "--data"}),
        (("certdoctor", "case", ""), {"list", "show", "export"}),
        (("certdoctor", "--lang", "case", "export", "--f"), {"--format"}),
        (("certdoctor", "completion", ""), {"bash", "zsh", "fish"}),
    ],
)
def test_bash_completes(words: tuple[str, ...], some: set[str], tmp_path: Path) -> None:
    (tmp_path / "completion").write_text(script("bash", build_parser()))
    line = " ".join(f"'{word}'" for word in words)
    code = (
        f"source {tmp_path}/completion; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1};"
        ' _certdoctor; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=True)
    assert some <= set(done.stdout.split())
    assert done.stderr == ""


def test_fish_completes_every_command() -> None:
    lines = script("fish", build_parser()).splitlines()
    assert all(line.startswith("complete -c certdoctor -n '") for line in lines)
    for word in ("-a examine", "-a export", "-l password-file", "-a fish"):
        assert any(line.endswith(word) for line in lines), word


def test_knowledge_check_names_faults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("rules", "kb"):
        shutil.copytree(folder(name), tmp_path / name, ignore=shutil.ignore_patterns("example"))
    broken = tmp_path / "kb" / "connections" / "upload.yml"
    broken.write_text(broken.read_text().replace("certdoctor/connection@1", "certdoctor/connection@9"))
    assert main(["kb", "check", "--rules", str(tmp_path / "rules"), "--kb", str(tmp_path / "kb")]) == 1
    said = capsys.readouterr()
    assert "upload.yml" in said.out
    assert "fault" in said.err


def test_archive_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folders.write_archive(tmp_path, "expc1", "2026-11-20_10_00_00", folders.TRAVERSAL_CLIENT)
    _, document = examined([str(path)], capsys)
    assert {item["kind"] for item in document["evidence"]} == {"certificates", "xconfiguration", "log"}


def test_symptoms_as_json_and_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["symptoms", "Traversal-Zone", "ausgefallen", "--format", "json", "--lang", "de"]) == 0
    matches = json.loads(capsys.readouterr().out)["matches"]
    assert matches[0]["symptom"] == "traversal-zone-tls-failure"
    assert matches[0]["title"].startswith("Die Traversal-Zone")
    assert len(matches) <= 3
    assert main(["symptoms", "zzzz qqqq"]) == 3
    assert "No symptom fits" in capsys.readouterr().out
