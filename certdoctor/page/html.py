"""A page as one HTML file that needs nothing else: no script, no font, no picture from anywhere."""

from __future__ import annotations

import html
from collections.abc import Iterator

from certdoctor.page.model import Block, Detail, Heading, Items, Page, Paragraph, Picture, Step, Steps, Table
from certdoctor.text import clean

# Nothing is loaded and nothing runs, whatever a name in a certificate says.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """
body { font: 15px/1.45 "Helvetica Neue", Arial, sans-serif; color: #1a1a1a; max-width: 62em; margin: 2em auto; padding: 0 1em }
h1 { font-size: 1.6em } h2 { font-size: 1.25em; margin-top: 1.8em; border-bottom: 1px solid #ccc } h3 { font-size: 1.05em }
table { border-collapse: collapse; width: 100%; margin: .6em 0 } th, td { border: 1px solid #bbb; padding: .3em .5em; text-align: left; vertical-align: top; overflow-wrap: anywhere }
th { background: #eef1f4 } ol.steps { list-style: none; padding-left: 0 } ol.steps > li { margin: .6em 0; padding-left: 3.6em; text-indent: -3.6em }
ol.steps > li > * { text-indent: 0 } .no { display: inline-block; width: 1.6em } .box { display: inline-block; width: 2em; font-family: monospace }
.detail { margin: .1em 0; color: #333 } code { background: #f2f2f2; padding: .1em .3em; white-space: pre-wrap; overflow-wrap: anywhere }
figure { margin: 1em 0; overflow-x: auto } figcaption { color: #555 }
@media print { body { margin: 0; max-width: none } h2, h3 { break-after: avoid } ol.steps > li, tr { break-inside: avoid } }
""".strip()


def as_html(page: Page) -> str:
    """Return the page as an HTML document."""
    lines = [
        "<!DOCTYPE html>",
        f'<html lang="{safe(page.lang)}">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{safe(page.title)}</title>",
        f"<style>{_STYLE}</style>",
        "</head>",
        "<body>",
        f"<h1>{safe(page.title)}</h1>",
    ]
    for block in page.blocks:
        lines += _block(block)
    return "\n".join([*lines, "</body>", "</html>"]) + "\n"


def safe(text: str) -> str:
    """Return text from outside for HTML: cleaned and escaped, also within an attribute."""
    return html.escape(clean(text), quote=True)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading():
            yield f"<h{block.level}>{safe(block.text)}</h{block.level}>"
        case Paragraph():
            yield f"<p><strong>{safe(block.text)}</strong></p>" if block.strong else f"<p>{safe(block.text)}</p>"
        case Items():
            yield "<ul>" + "".join(f"<li>{safe(line)}</li>" for line in block.lines) + "</ul>"
        case Steps():
            yield '<ol class="steps">'
            yield from (_step(number, step) for number, step in enumerate(block.steps, block.first))
            yield "</ol>"
        case Table():
            head = "".join(f"<th>{safe(cell)}</th>" for cell in block.head)
            yield f"<table><thead><tr>{head}</tr></thead><tbody>"
            for row in block.rows:
                yield "<tr>" + "".join(f"<td>{safe(cell)}</td>" for cell in row) + "</tr>"
            yield "</tbody></table>"
        case Picture():
            caption = f"<figcaption>{safe(block.caption)}</figcaption>" if block.caption else ""
            # The declaration of an XML file has no place within HTML.
            svg = block.svg.partition("?>")[2].lstrip() if block.svg.startswith("<?xml") else block.svg
            yield f"<figure>{svg.strip()}{caption}</figure>"


def _step(number: int, step: Step) -> str:
    box = "[x]" if step.done else "[ ]"
    details = "".join(_detail(detail) for detail in step.details)
    return (
        f'<li><span class="no">{number}.</span><span class="box">{box}</span>'
        f"<span>{safe(step.text)}</span>{details}</li>"
    )


def _detail(detail: Detail) -> str:
    caption = f"{safe(detail.caption)}: " if detail.caption else ""
    lines = [f"<code>{safe(t)}</code>" if detail.code else safe(t) for t in detail.text.splitlines()]
    return "".join(f'<div class="detail">{caption}{line}</div>' for line in lines)
