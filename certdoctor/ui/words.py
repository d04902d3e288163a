"""Tokens of the records in the words of the screens."""

from __future__ import annotations

from datetime import UTC, datetime

from certdoctor.language import N_, _

SEVERITY = {
    "critical": (N_("CRITICAL"), "bad"),
    "high": (N_("HIGH"), "bad"),
    "medium": (N_("MEDIUM"), "warn"),
    "low": (N_("LOW"), ""),
    "info": (N_("INFO"), "dim"),
}

OUTCOME = {
    "accepted": (N_("accepted"), "good"),
    "refused": (N_("REFUSED"), "bad"),
    "depends": (N_("depends"), "warn"),
    "not_checked": (N_("not checked"), "dim"),
    "not_required": (N_("not required"), "dim"),
}

VERDICT = {
    "cause_found": (N_("cause found"), "bad"),
    "differential": (N_("several causes possible"), "warn"),
    "healthy": (N_("no fault found"), "good"),
    "not_checked": (N_("nothing could be checked"), "warn"),
    "": (N_("not examined yet"), "dim"),
}

STRENGTH = {
    "decisive": N_("certain"),
    "strong": N_("strong evidence"),
    "moderate": N_("moderate evidence"),
    "weak": N_("weak evidence"),
}

FREQUENCY = {"common": N_("common"), "occasional": N_("now and then"), "rare": N_("rare")}

DECIDED = {"files": N_("files"), "logs": N_("logs"), "answers": N_("answers"), "missing": N_("no article")}

RISK = {"none": N_("no risk"), "low": N_("low risk"), "medium": N_("MEDIUM RISK"), "high": N_("HIGH RISK")}

INTERRUPTION = {
    "none": N_("no interruption"),
    "service": N_("INTERRUPTS A SERVICE"),
    "restart": N_("RESTART NEEDED"),
}

WHO = {
    "admin": N_("administrator of the box"),
    "ca": N_("the CA"),
    "network": N_("network team"),
    "user": N_("the user"),
    "anyone": N_("anyone"),
}

ROLE = {
    "expressway-c": "Expressway-C",
    "expressway-e": "Expressway-E",
    "cucm": "CUCM",
    "imp": "IM and Presence",
    "cuc": "Unity Connection",
    "cms": "Cisco Meeting Server",
    "client": N_("Jabber / Webex App"),
    "webex": "Webex",
    "partner": N_("partner system"),
    "other": N_("other"),
}

SOURCE = {"observed": N_("seen"), "log": N_("log"), "told": N_("told by you")}

EVENT = {
    "site created": N_("site created"),
    "domains set": N_("domains set"),
    "node added": N_("node added"),
    "nodes added": N_("nodes added"),
    "node changed": N_("node changed"),
    "node removed": N_("node removed"),
    "case opened": N_("case opened"),
    "case closed": N_("case closed"),
    "case reopened": N_("case reopened"),
    "unproven": N_("unproven"),
    "evidence added": N_("evidence added"),
    "evidence removed": N_("evidence removed"),
    "assigned": N_("assigned"),
    "unassigned": N_("unassigned"),
    "symptoms set": N_("symptoms set"),
    "answered": N_("answered"),
    "answer taken back": N_("answer taken back"),
    "request written": N_("request for evidence written"),
    "examined": N_("examined"),
    "no longer found": N_("no longer found"),
    "step done": N_("step done"),
    "step not done": N_("step not done"),
    "files written": N_("files written"),
    "pack written": N_("pack written"),
    "renewal planned": N_("renewal planned"),
    "renewal closed": N_("renewal closed"),
    "stopgap on": N_("stopgap on"),
    "stopgap withdrawn": N_("stopgap withdrawn"),
    "stopgap ended": N_("stopgap ended"),
    "stopgap still on": N_("stopgap still on"),
    "note": N_("note"),
}

KIND = {
    "certificates": N_("certificates"),
    "xconfiguration": "xConfiguration",
    "xstatus": "xStatus",
    "log": N_("log"),
    "site": N_("site file"),
    "not_read": N_("not read"),
}

PURPOSE = {
    "1.3.6.1.5.5.7.3.1": N_("server authentication"),
    "1.3.6.1.5.5.7.3.2": N_("client authentication"),
    "1.3.6.1.5.5.7.3.3": N_("code signing"),
    "1.3.6.1.5.5.7.3.4": N_("e-mail protection"),
    "1.3.6.1.5.5.7.3.8": N_("time stamping"),
    "1.3.6.1.5.5.7.3.9": N_("OCSP signing"),
    "1.3.6.1.5.5.7.3.17": N_("IPsec"),
    "2.5.29.37.0": N_("any purpose"),
}


def word(table: dict[str, str], token: str) -> str:
    """Return the word of a token; a token that is not in the table stands for itself."""
    return _(table[token]) if token in table else token


def styled(table: dict[str, tuple[str, str]], token: str) -> tuple[str, str]:
    """Return the word of a token and its role."""
    text, role = table.get(token, (token, ""))
    return _(text), role


def day(when: datetime | None) -> str:
    """Return a date ("2026-11-23", UTC)."""
    return when.astimezone(UTC).strftime("%Y-%m-%d") if when else ""


def minute(when: datetime | None) -> str:
    """Return a date and time to the minute, UTC."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if when else ""


def short_left(until: datetime, now: datetime) -> tuple[str, str]:
    """Return the same in a narrow column."""
    days = (until - now).days
    if until < now:
        return _("EXPIRED"), "bad"
    return _("{days} d left").format(days=days), "warn" if days < 30 else "dim"


def left(until: datetime, now: datetime) -> tuple[str, str]:
    """Return how long something is valid still, in words, and the role of it."""
    days = (until - now).days
    if until < now:
        return _("EXPIRED {days} days ago").format(days=max((now - until).days, 0)), "bad"
    if days < 30:
        return _("expires in {days} days").format(days=days), "warn"
    return _("{days} days left").format(days=days), ""
