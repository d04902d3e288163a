"""Search over sites and cases. The only place that knows how; it could become a full-text index here."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select

from certdoctor.store.tables import Case, Node, Site


def folded(parts: Iterable[str]) -> str:
    """Return text as it is searched: without case and accents ("Müller" is found by "muller" and "MÜLLER")."""
    text = unicodedata.normalize("NFKD", " ".join(parts).casefold())
    return "".join(c for c in text if not unicodedata.combining(c))


def site_text(customer: str, site: Site, nodes: Iterable[Node]) -> str:
    """Return what a site is found by."""
    named = (name for node in nodes for name in (node.name, *node.names, *node.addresses))
    return folded((customer, site.name, *site.domains, *named))


def sites_with(query: Select[*tuple[Any, ...]], search: str) -> Select[*tuple[Any, ...]]:
    """Keep sites where every word stands in the site or in the title of one of its cases."""
    for word in folded((search,)).split():
        titles = select(Case.id).where(Case.site_id == Site.id, Case.searchable.contains(word, autoescape=True))
        query = query.where(or_(_holds(word), titles.exists()))
    return query


def cases_with(query: Select[*tuple[Any, ...]], search: str) -> Select[*tuple[Any, ...]]:
    """Keep cases where every word stands in the case or in its site."""
    words = folded((search,)).split()
    return query.where(and_(True, *(or_(Case.searchable.contains(w, autoescape=True), _holds(w)) for w in words)))


def _holds(word: str) -> ColumnElement[bool]:
    return Site.searchable.contains(word, autoescape=True)
