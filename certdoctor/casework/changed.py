"""What changed between two snapshots of a node, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from certdoctor.deployment.changes import Change, What
from certdoctor.facts.derive import USAGES
from certdoctor.language import N_, _

_ABOUT = {
    What.VERSION: N_("version"),
    What.CERTIFICATE: N_("certificate “{of}” replaced"),
    What.ISSUER: N_("certificate “{of}”: issuer"),
    What.NAMES: N_("certificate “{of}”: names"),
    What.USAGES: N_("certificate “{of}”: extended key usages"),
    What.KEY: N_("certificate “{of}”: key"),
    What.VALIDITY: N_("certificate “{of}”: validity"),
    What.TRUST_ADDED: N_("trust list “{of}”: added"),
    What.TRUST_REMOVED: N_("trust list “{of}”: removed"),
    What.SETTING: "{of}",
    What.ZONE_STATE: "{of}",
}


def by_snapshot(changes: Iterable[Change]) -> Iterator[tuple[str, tuple[Change, ...]]]:
    """Yield a heading and the changes of each pair of snapshots, in the order given."""
    for (node, earlier, later), held in groupby(changes, key=lambda c: (c.node, c.earlier, c.later)):
        if earlier and later:
            title = _("{node}: changed between {earlier} and {later}")
        elif earlier:
            title = _("{node}: changed since {earlier}")
        else:
            title = _("{node}: changed since the snapshot before")
        yield title.format(node=node, earlier=earlier, later=later), tuple(held)


def about(change: Change) -> str:
    """Return what changed."""
    return _(_ABOUT[change.what]).format(of=change.of)


def values(change: Change) -> tuple[str, str]:
    """Return what was there before and what is there now."""
    return _value(change.what, change.before), _value(change.what, change.after)


def _value(what: What, value: str) -> str:
    if what == What.USAGES and value:
        return ", ".join(USAGES.get(oid, oid) for oid in value.split(", "))
    return value or _("nothing")
