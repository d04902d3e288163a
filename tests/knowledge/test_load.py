"""Loading, and the cache that nothing depends on."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import time
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from certdoctor.errors import BadInput
from certdoctor.knowledge import cache
from certdoctor.knowledge.forms import DiagnosisText
from certdoctor.knowledge.load import load
from certdoctor.knowledge.model import translation_hash
from tests.knowledge.small import at, files, write


def test_everything_is_found_by_its_id(tmp_path: Path) -> None:
    known = load(*write(tmp_path, files()))
    assert known.about == {
        "lamp.light": "connection",
        "lamp.power": "connection",
        "log.refusal": "connection",
        "change.last": "site",
    }
    assert list(known.fact("lamp.light").values) == ["on", "off", "dim"]
    assert set(known.rules) == {"lmp-01", "lmp-02", "lmp-03"}
    assert known.areas["lmp-01"] == "lmp"
    assert known.diagnoses["LMP-01"].text("de").title == "The bulb is broken (de)"
    assert set(known.symptoms) == {"it-is-dark"}
    assert set(known.questions) == {"last-change"}
    assert set(known.signatures) == {"burnt"}
    assert known.reasons is not None
    assert known.reasons.alerts == {"40": "burnt"}
    assert set(known.connections) == {"wire"}
    assert set(known.sources) == {"S01"}
    assert set(known.glossary) == {"lamp"}
    assert known.tests == {}


@pytest.mark.parametrize(
    ("file", "content", "place", "words"),
    [
        ("rules/lmp/lmp-01.yml", "id: [", "line 1, column 6", ""),
        ("rules/lmp/lmp-09.yml", None, "line 3, column 2", "the file is named for 'lmp-09'"),
        ("rules/stray.yml", "a: 1", "line 1, column 1", "nothing is read from"),
        ("rules/lmp/deep/lmp-04.yml", "a: 1", "line 1, column 1", "nothing is read from"),
        ("kb/other/a.yml", "a: 1", "line 1, column 1", "nothing is read from"),
        ("kb/diagnoses/LMP-01/text.fr.yml", "a: 1", "line 1, column 1", "nothing is read from"),
        ("kb/symptoms/a.yaml", "a: 1", "line 1, column 1", "nothing is read from"),
    ],
)
def test_a_file_that_does_not_fit_stops_loading(
    tmp_path: Path, file: str, content: str | None, place: str, words: str
) -> None:
    changed = files()
    changed[file] = changed["rules/lmp/lmp-01.yml"] if content is None else content
    with pytest.raises(BadInput) as caught:
        load(*write(tmp_path, changed))
    assert caught.value.source == str(tmp_path / file)
    assert caught.value.place == place
    assert words in caught.value.reason


def test_one_fact_belongs_to_one_kind_of_subject(tmp_path: Path) -> None:
    changed = files()
    at(changed, "kb/vocabulary/site.yml", "facts")["lamp.light"] = at(
        changed, "kb/vocabulary/connection.yml", "facts", "lamp.light"
    )
    with pytest.raises(BadInput, match=r"lamp\.light is defined twice"):
        load(*write(tmp_path, changed))


def test_readme_and_hidden_files_are_left_alone(tmp_path: Path) -> None:
    changed = {**files(), "rules/README.md": "# x", "kb/.keep": "", "rules/lmp/.hidden.yml": "a: ["}
    assert set(load(*write(tmp_path, changed)).rules) == {"lmp-01", "lmp-02", "lmp-03"}


def test_the_hash_of_a_diagnosis_and_the_release_follow_every_word(tmp_path: Path) -> None:
    first = load(*write(tmp_path / "a", files()))
    again = load(*write(tmp_path / "b", files()))
    changed = files()
    at(changed, "kb/diagnoses/LMP-01/text.de.yml")["note"] = "neu"
    other = load(*write(tmp_path / "c", changed))
    assert first.release == again.release != other.release
    assert first.diagnoses["LMP-01"].hash == again.diagnoses["LMP-01"].hash
    assert first.diagnoses["LMP-01"].hash != other.diagnoses["LMP-01"].hash
    assert first.diagnoses["LMP-02"].hash == other.diagnoses["LMP-02"].hash


def test_a_translation_is_stale_when_the_english_words_changed(tmp_path: Path) -> None:
    known = load(*write(tmp_path, files()))
    entry = known.diagnoses["LMP-01"]
    assert not entry.is_stale("de")
    english = msgspec.structs.replace(entry.texts["en"], cause="Otherwise.")
    assert replace(entry, texts={**entry.texts, "en": english}).is_stale("de")
    assert replace(entry, texts={"en": english}).is_stale("de")
    assert not replace(entry, texts={"en": english}).is_stale("en")
    assert replace(entry, texts={"en": english}).text("de") is english


def test_the_hash_of_a_text_is_that_of_its_canonical_json() -> None:
    text = {"title": "ä", "summary": "s", "cause": "c", "fix": {"b": "1", "a": "2"}, "verify": {}}
    form = msgspec.convert({"schema": "certdoctor/text@1", "lang": "en", **text}, DiagnosisText)
    canonical = json.dumps(text, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert translation_hash(form) == hashlib.sha256(canonical.encode()).hexdigest()[:12]


# --- the cache ---


def test_the_cache_gives_the_same_and_is_private(tmp_path: Path, own_cache: Path) -> None:
    folders = write(tmp_path, files())
    first = load(*folders)
    kept = own_cache / "knowledge.msgpack"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in own_cache.iterdir()] == [kept.name]
    cached = load(*folders)
    assert cached == first
    assert cached is not first


def test_the_cache_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = write(tmp_path, files())
    first = load(*folders)
    monkeypatch.setattr("certdoctor.knowledge.load.read", lambda *_: pytest.fail("a file was read"))
    assert load(*folders) == first


def test_a_changed_new_or_removed_file_is_seen(tmp_path: Path) -> None:
    folders = write(tmp_path, files())
    load(*folders)
    rule = folders[0] / "lmp" / "lmp-01.yml"
    rule.write_text(rule.read_text().replace('"decisive"', '"moderate"'))
    assert load(*folders).rules["lmp-01"].strength == "moderate"
    (folders[0] / "lmp" / "lmp-03.yml").unlink()
    assert set(load(*folders).rules) == {"lmp-01", "lmp-02"}


@pytest.mark.parametrize("damage", ["cut", "other", "empty", "open", "folder", "foreign"])
def test_a_damaged_or_foreign_cache_is_made_anew(tmp_path: Path, own_cache: Path, damage: str) -> None:
    folders = write(tmp_path, files())
    first = load(*folders)
    kept = own_cache / "knowledge.msgpack"
    if damage == "cut":
        kept.write_bytes(kept.read_bytes()[:-100])
    elif damage == "other":
        kept.write_bytes(msgspec.msgpack.encode({"key": "x", "knowledge": 3}))
    elif damage == "empty":
        kept.write_bytes(b"")
    elif damage == "open":  # anybody could have written it
        own_key = msgspec.msgpack.decode(kept.read_bytes())["key"]
        cache.put(own_key, replace(first, release="of somebody else"))
        assert load(*folders).release == "of somebody else"
        kept.chmod(0o666)
    elif damage == "folder":
        kept.unlink()
        kept.mkdir()
    else:
        cache.put("another key", replace(first, release="of somebody else"))
    assert load(*folders) == first
    if damage != "folder":
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert load(*folders) == first


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda name: str(blocked / name))
    folders = write(tmp_path, files())
    assert load(*folders) == load(*folders)


def test_a_failed_write_leaves_the_old_cache_and_no_rest(
    tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = write(tmp_path, files())
    first = load(*folders)
    before = (own_cache / "knowledge.msgpack").read_bytes()

    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "replace", full)
    cache.put("new", first)
    assert (own_cache / "knowledge.msgpack").read_bytes() == before
    assert [path.name for path in own_cache.iterdir()] == ["knowledge.msgpack"]


def test_the_cached_load_of_a_large_knowledge_base_is_fast(tmp_path: Path) -> None:
    many = files()
    for number in range(180):
        name = f"BIG-{number:03}"
        folder = f"kb/diagnoses/{name}"
        many[f"{folder}/diagnosis.yml"] = {**many["kb/diagnoses/LMP-01/diagnosis.yml"], "id": name}
        for lang in ("en", "de"):
            many[f"{folder}/text.{lang}.yml"] = {**many[f"kb/diagnoses/LMP-01/text.{lang}.yml"], "note": "words " * 60}
    for number in range(300):
        name = f"big-{number:03}"
        many[f"rules/big/{name}.yml"] = {**many["rules/lmp/lmp-01.yml"], "id": name}
    folders = write(tmp_path, many)
    first = load(*folders)
    best = 10.0
    for _ in range(5):
        start = time.perf_counter()
        cached = load(*folders)
        best = min(best, time.perf_counter() - start)
    assert cached == first
    assert best < 0.15  # 60 ms is the aim on an idle machine
