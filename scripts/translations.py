"""Bring the German catalog up to date: `python scripts/translations.py`, or `make translations`.

Extracts every text that is marked in certdoctor/ into certdoctor/locale/certdoctor.pot, takes new and changed ones
over into certdoctor/locale/de/LC_MESSAGES/certdoctor.po, where translations are kept, and compiles that into
certdoctor.mo beside it. What still needs a translator is named, and the exit code is then 1.
"""

from __future__ import annotations

import ast
import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "certdoctor"
POT = PACKAGE / "locale" / "certdoctor.pot"
PO = PACKAGE / "locale" / "de" / "LC_MESSAGES" / "certdoctor.po"
MO = PO.with_suffix(".mo")

_MARKS = {"_": None, "N_": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}


def extracted() -> Catalog:
    """Return the catalog of all texts of the package, without translations."""
    catalog = Catalog(project="certdoctor", fuzzy=False, creation_date=datetime(2026, 1, 1, tzinfo=UTC))
    for file in sorted(PACKAGE.rglob("*.py")):
        where = str(file.relative_to(ROOT))
        # The core's modules of sentences know no language: all their constants are texts.
        if file.name == "wording.py" and file.parent.name in ("evidence", "deployment", "treatment"):
            for text in _constants(file):
                catalog.add(text, locations=[(where, 0)])
        for _line, message, comments, context in extract_from_file("python", str(file), keywords=_MARKS):
            catalog.add(message, locations=[(where, 0)], auto_comments=comments, context=context)
    return catalog


def _constants(file: Path) -> Iterator[str]:
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value


def translated() -> Catalog:
    """Return the German catalog as it is kept."""
    with PO.open("rb") as file:
        return read_po(file, locale="de")


def compiled(catalog: Catalog) -> bytes:
    """Return the .mo of a catalog."""
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def open_texts(catalog: Catalog) -> list[str]:
    """Return the texts that have no sure translation."""
    return [str(m.id) for m in catalog if m.id and (m.fuzzy or not m.string or (m.pluralizable and not all(m.string)))]


def main() -> int:
    """Extract, update and compile."""
    template = extracted()
    PO.parent.mkdir(parents=True, exist_ok=True)
    catalog = translated() if PO.exists() else Catalog(locale="de", project="certdoctor", fuzzy=False)
    catalog.update(template, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    for path, held in ((POT, template), (PO, catalog)):
        with path.open("wb") as file:
            write_po(file, held, width=110, sort_output=True, include_lineno=False)
    MO.write_bytes(compiled(catalog))
    missing = open_texts(catalog)
    for text in missing:
        print(f"not translated: {text!r}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
