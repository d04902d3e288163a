"""`certdoctor symptoms`: the symptoms that fit a text."""

from __future__ import annotations

import json

from certdoctor.casework.categories import category_word
from certdoctor.casework.symptoms import fitting
from certdoctor.knowledge.load import shipped
from certdoctor.language import _


def run(text: str, *, form: str, lang: str, limit: int) -> int:
    """Print the symptoms that fit `text`, best first (all of them for an empty text), as text or JSON.

    Returns:
        0, or 3 where none fits.
    """
    matches = fitting(text, shipped(), lang, limit)
    if form == "json":
        held = [{"symptom": m.symptom, "title": m.title, "category": m.category, "score": m.score} for m in matches]
        print(json.dumps({"schema": "certdoctor/symptoms@1", "matches": held}, ensure_ascii=False, indent=2))
        return 0 if matches else 3
    for match in matches:
        print(f"{match.symptom}  {match.title} ({category_word(match.category)})")
    print(_("None of these? Say it in your own words: text: in site.yml, or w in a case.") if matches else
          _("No symptom fits these words. Name the product, the page or the message."))  # fmt: skip
    return 0 if matches else 3
