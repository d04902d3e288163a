"""One page in four forms: everything is there in each, and nothing from outside acts in any."""

from __future__ import annotations

import io
from html.parser import HTMLParser
from pathlib import Path

import pytest
from pypdf import PdfReader

from certdoctor.page.html import as_html
from certdoctor.page.markdown import as_markdown
from certdoctor.page.model import Detail, Heading, Items, Page, Paragraph, Picture, Step, Steps, Table
from certdoctor.page.pdf import as_pdf
from certdoctor.page.plain import as_text
from tests.pki import NOW

EVIL = 'x</title><script>alert(1)</script>"onload="y'
SVG = '<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg"><title>a</title></svg>\n'
PAGE = Page(
    "Behebung für Zürich",
    "de",
    NOW,
    (
        Paragraph("Größe: Ärger über Öl", strong=True),
        Heading("Schritte"),
        Steps(
            (
                Step("Anhängen", (Detail("Menü", "Maintenance > Security", code=True),)),
                Step("Neu starten", (Detail("", "xCommand a\nxCommand `b`", code=True),), done=True),
            ),
            first=3,
        ),
        Items(("eins", "zwei | drei")),
        Table(("Name", "Wert"), (("Ελλάς", "Москва"), ("日本", "a|b"))),
        Picture(SVG, "Der Standort"),
    ),
)


def test_markdown() -> None:
    assert as_markdown(PAGE) == (Path(__file__).parent / "page.md").read_text(encoding="utf-8")


def test_text() -> None:
    assert as_text(PAGE) == (Path(__file__).parent / "page.txt").read_text(encoding="utf-8")


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [v or "" for k, v in attrs if k in ("src", "href", "onload", "onerror")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_html_needs_nothing_else_and_runs_nothing() -> None:
    hostile = Page(EVIL, "en", NOW, (Heading(EVIL), Items((EVIL,)), Table((EVIL,), ((EVIL,),)), *PAGE.blocks,
                                     Steps((Step(EVIL, (Detail(EVIL, EVIL, code=True),)),))))  # fmt: skip
    parser = _Tags()
    parser.feed(as_html(hostile))
    assert "script" not in parser.tags
    assert parser.loads == []
    assert {"svg", "table", "ol", "h1", "h2"} <= set(parser.tags)
    assert parser.text.count("<script>") == 9  # as words that are read
    assert "<?xml" not in as_html(hostile)
    assert "default-src 'none'" in as_html(hostile)


def test_marks_of_markdown_are_words() -> None:
    made = as_markdown(Page("a `b` [c](d)", "en", NOW, (Paragraph("<b>|#"),)))
    assert made == "# a \\`b\\` \\[c\\](d)\n\n\\<b\\>\\|\\#\n"


def shown(pdf: bytes) -> str:
    """The words of a PDF, one blank between them."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def test_pdf_holds_what_is_said_and_is_the_same_again() -> None:
    made = as_pdf(PAGE, [])
    assert made == as_pdf(PAGE, [])
    text = shown(made)
    for words in ("Behebung für Zürich", "Größe: Ärger über Öl", "☐ 3. Anhängen", "☑ 4. Neu starten", "Ελλάς", "Москва",
                  "Menü: Maintenance > Security", "xCommand `b`", "[Der Standort]"):  # fmt: skip
        assert words in text, text


def test_a_character_that_no_font_has_is_named(caplog: pytest.LogCaptureFixture) -> None:
    assert "[U+65E5][U+672C]" in shown(as_pdf(PAGE, ["/nowhere/at-all.ttf"]))
    assert "missing" not in caplog.text  # fpdf2 warns of glyphs that it leaves empty


def test_a_font_of_the_machine_gives_what_ours_lacks() -> None:
    page = Page("Straße عربي", "de", NOW, (Paragraph("ع"),))
    dejavu = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
    if not Path(dejavu).exists():
        pytest.skip("DejaVu is not installed")
    assert "U+" in shown(as_pdf(page, []))
    assert "U+" not in shown(as_pdf(page, [dejavu]))


def test_a_long_page_has_several_sheets_with_numbers() -> None:
    steps = tuple(Step(f"Step {n} " + "word " * 30, (Detail("", "command", code=True),)) for n in range(60))
    rows = tuple((f"CA {n}", "ab" * 32) for n in range(60))
    text = shown(as_pdf(Page("Long", "en", NOW, (Steps(steps), Table(("CA", "SHA-256"), rows)))))
    assert "Step 59" in text
    assert "CA 59" in text
    assert "ab" * 8 in text
