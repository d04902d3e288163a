"""The files of a new diagnosis, as an author begins with them."""

from __future__ import annotations

from collections.abc import Mapping

from certdoctor.knowledge.forms import About

UNWRITTEN = "TODO"  # a text that begins so is a fault of the check


def scaffold(diagnosis: str, title: str, about: About) -> Mapping[str, str]:
    """Return the files of a new diagnosis with one rule and its test, by path below the folder of rules/ and kb/.

    Args:
        diagnosis: id from the catalogue, such as "ZON-06".
        title: what goes wrong, in English.
        about: the kind of subject that the rule is about.
    """
    rule, area = diagnosis.lower(), diagnosis.partition("-")[0].lower()
    folder = f"kb/diagnoses/{diagnosis}"
    return {
        f"{folder}/diagnosis.yml": f"""schema: certdoctor/diagnosis@1
id: {diagnosis}
status: confirmed        # recalled where no source says it
severity: medium         # impact: critical high medium low info
frequency: occasional    # prior: common occasional rare
about: {about}
params: []               # placeholders of the texts; every rule binds each of them
fix:
  - {{id: repair, role: admin, "on": other, risk: low, where: "", command: ""}}
verify:
  - {{id: look, where: ""}}
sources: []
""",
        f"{folder}/text.en.yml": f"""schema: certdoctor/text@1
lang: en
title: {title!r}
summary: "{UNWRITTEN}: who refuses what, with the placeholders"
cause: "{UNWRITTEN}: why this happens"
fix:
  repair: "{UNWRITTEN}: what to do, in one or two sentences"
verify:
  look: "{UNWRITTEN}: what proves the cure"
""",
        f"{folder}/text.de.yml": f"""schema: certdoctor/text@1
lang: de
of: ""                   # `certdoctor kb check` tells the value
title: "{UNWRITTEN}"
summary: "{UNWRITTEN}"
cause: "{UNWRITTEN}"
fix:
  repair: "{UNWRITTEN}"
verify:
  look: "{UNWRITTEN}"
""",
        f"rules/{area}/{rule}.yml": f"""schema: certdoctor/rule@1
id: {rule}
diagnosis: {diagnosis}
about: {about}
strength: strong         # decisive only where the premises are observed and leave no doubt
status: experimental
when: []                 # - {{fact: ..., is: ...}}; the facts stand in kb/vocabulary/{about}.yml
bind: {{}}                 # fact: [placeholders that it fills]
sources: []
""",
        f"rules/{area}/{rule}.test.yml": f"""schema: certdoctor/rule-test@1
rule: {rule}
cases: []                # positive, negative, a near miss per premise, unknown; `expect` lists all conclusions
""",
    }
