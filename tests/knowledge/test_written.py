"""YAML as authors may write it, and the place of everything that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certdoctor.knowledge import written
from certdoctor.knowledge.forms import RuleForm, VocabularyForm
from certdoctor.knowledge.written import Fault, Faulty, Value, form, parse, read

RULE = """\
schema: certdoctor/rule@1
id: a-01
diagnosis: A-01
about: site
strength: strong
status: test
when:
  - {fact: x.y, is: no}
  - fact: x.z
    is: [a, b]
sources: [S01]
"""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("2026-05-04", "2026-05-04"),
        ("12:30:45", "12:30:45"),
        ("0x1f", "0x1f"),
        ("007", 7),
        ("-3", -3),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("12345678901234567890", "12345678901234567890"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("'true'", "true"),
        ('"1"', "1"),
        ("|\n  a\n  b\n", "a\nb\n"),
        ("[1, x, [y]]", [1, "x", ["y"]]),
        ("{1: a, true: b, ~: c}", {"1": "a", "true": "b", "~": "c"}),
    ],
)
def test_scalars_follow_the_core_schema_and_keys_are_text(text: str, value: Value) -> None:
    assert parse(f"k: {text}", "f").value == {"k": value}


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 1, "'a' stands here twice"),
        ("a: {b: 1, b: 2}", 1, 11, "'b' stands here twice"),
        ("a: &x 1\n", 1, 4, "anchors"),
        ("a: 1\nb: *x\n", 2, 4, "anchors"),
        ("a: !!str 1\n", 1, 4, "tags"),
        ("a: !x 1\n", 1, 4, "tags"),
        ("a: 1\n---\nb: 2\n", 2, 1, "more than one document"),
        ("? [a]\n: 1\n", 1, 3, "plain text"),
        ("a: [1\nb: 2\n", 2, 1, ""),
        ("a: b\n  c: d\n", 2, 4, ""),
        ("- " * 40 + "x", 1, 43, "deeper than 20"),
    ],
)
def test_what_could_surprise_is_refused_with_its_place(text: str, line: int, column: int, words: str) -> None:
    with pytest.raises(Faulty) as caught:
        parse(text, "file.yml")
    fault = caught.value.fault
    assert (fault.file, fault.line) == ("file.yml", line)
    if words:
        assert fault.column == column
    assert words in fault.message
    assert str(fault).startswith(f"file.yml:{line}:{fault.column}: ")


def test_a_large_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "large.yml"
    path.write_bytes(b"a: 1\n" + b"#" * written.FILE_BYTES)
    with pytest.raises(Faulty, match="larger than 64 KB"):
        read(path, "large.yml")
    path.write_bytes((b"a: 1\n" + b"#" * written.FILE_BYTES)[: written.FILE_BYTES])
    assert read(path, "large.yml").value == {"a": 1}


def test_text_that_is_not_utf8_is_refused_at_its_line(tmp_path: Path) -> None:
    path = tmp_path / "latin.yml"
    path.write_bytes("a: 1\nb: Schlüssel\n".encode("latin-1"))
    with pytest.raises(Faulty) as caught:
        read(path, "latin.yml")
    assert caught.value.fault == Fault("latin.yml", 2, 1, "not UTF-8")


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "words"),
    [
        ("is: no", "is: true", 8, 17, "Expected `str | array`, got `bool`"),
        ("is: [a, b]", "is: [a, 2]", 10, 13, "Expected `str`, got `int`"),
        ("strength: strong", "strength: certain", 5, 1, "Invalid enum value 'certain'"),
        ("status: test\n", "", 1, 1, "missing required field `status`"),
        ("status: test", "status: test\nauthor: me", 7, 1, "unknown field `author`"),
        ("    is: [a, b]", "    iz: [a, b]", 10, 5, "unknown field `iz`"),
        ("schema: certdoctor/rule@1", "schema: certdoctor/rule@2", 1, 1, "Invalid enum value"),
    ],
)
def test_a_field_that_does_not_fit_is_pointed_at(old: str, new: str, line: int, column: int, words: str) -> None:
    assert form(parse(RULE, "r.yml"), RuleForm).when[0].values == ("no",)
    with pytest.raises(Faulty) as caught:
        form(parse(RULE.replace(old, new), "r.yml"), RuleForm)
    fault = caught.value.fault
    assert words in fault.message
    assert (fault.line, fault.column) == (line, column)


def test_a_fault_below_free_keys_is_pointed_at() -> None:
    text = """\
schema: certdoctor/vocabulary@1
about: site
facts:
  good: {supplied: [observer], text: {en: a, de: a}, values: {x: {en: a, de: b}}}
  bad:
    supplied: [observer]
    text: {en: a, de: a}
    values:
      x: {en: a, de: b}
      y: {en: a, de: 3}
"""
    with pytest.raises(Faulty) as caught:
        form(parse(text, "v.yml"), VocabularyForm)
    assert (caught.value.fault.line, caught.value.fault.column) == (10, 18)
    with pytest.raises(Faulty) as caught:
        form(parse(text.replace("de: 3", "fr: x"), "v.yml"), VocabularyForm)
    assert (caught.value.fault.line, caught.value.fault.column) == (10, 18)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab:- \n{}[],'\"#&*!|>?%@`~\t0.\u00e4\x00\x07"), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse(text, "f")
    except Faulty as error:
        fault = error.fault
    else:
        return
    assert fault.line >= 1
    assert fault.message
