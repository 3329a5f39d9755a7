#!/usr/bin/env python3
"""Make the README.rst of each addon from its readme/*.md and its manifest.

    dev/readme.py            write ar_collections*/README.rst
    dev/readme.py --check    write nothing, fail if one is out of date

Needs nothing but Python. Where docutils is installed, the result is parsed too.

The fragments are Markdown of the plain kind: headings, paragraphs, lists, fenced
code, links, bold, italic, inline code, tables (they become lists). Anything else
is refused with its file and line, rather than guessed.
"""

import argparse
import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UNDERLINES = ["=", "-", "~", '"']
SECTIONS = [  # fragment, title (None: at the top)
    ("DESCRIPTION", None),
    ("INSTALL", "Installation"),
    ("CONFIGURE", "Configuration"),
    ("USAGE", "Usage"),
    ("DEVELOP", "Development"),
    ("ROADMAP", "Known issues / Roadmap"),
    ("HISTORY", "Changelog"),
    ("CONTRIBUTORS", "Contributors"),
]

FENCE = re.compile(r"^(\s*)```\s*([\w+-]*)\s*$")
HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*$")
ITEM = re.compile(r"^(\s*)([-*+]|\d+\.)\s+\S")
TABLE_ROW = re.compile(r"^\s*\|.*\|\s*$")
COMMENT = re.compile(r"<!--.*?-->", re.S)
REFUSED = re.compile(r"^\s*(<\w|>|!\[|={3,}$)|!\[[^]]*\]\(")
INLINE = re.compile(
    r"(?P<ticks>`+)(?P<code>.+?)(?P=ticks)"
    r"|\[(?P<text>[^\]]+)\]\((?P<url>[^)\s]+)\)"
    r"|\*\*(?P<bold>[^*\s](?:.*?[^*\s])??)\*\*"
    r"|(?<![\w*])\*(?P<em>[^*\s](?:[^*]*[^*\s])?)\*(?![\w*])"
    r"|(?<!\w)_(?P<em2>[^_\s](?:[^_]*[^_\s])?)_(?!\w)"
    r"|<(?P<auto>https?://[^>\s]+)>",
    re.S,
)


class UnsupportedMarkdown(Exception):
    """A fragment uses Markdown that this script does not convert."""


# === INLINE === #


def escape(text):
    r"""Plain text, safe in reStructuredText.

    >>> print(escape("a * b | c_ and x_id"))
    a \* b \| c\_ and x_id
    """
    text = re.sub(r"\\([^\w\s])", r"\1", text)  # an escape of Markdown
    return re.sub(r"([\\*|`]|_(?!\w))", r"\\\1", text)


def plain(text):
    """Text of a link or of bold, where RST allows no nested markup.

    >>> plain("the `x` [way](y)")
    'the x way'
    """
    text = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", text)
    return text.replace("`", "").replace("**", "")


def markup(match):
    """The RST of one inline span of Markdown."""
    span = match.groupdict()
    if span["code"]:
        return f"``{span['code'].strip()}``"
    if span["url"]:
        url = span["url"]
        # a link into the repository leads nowhere from a package index
        if not re.match(r"https?://|mailto:", url):
            return f"{escape(plain(span['text']))} (``{url}``)"
        return f"`{escape(plain(span['text']))} <{url}>`__"
    if span["bold"]:
        return f"**{escape(plain(span['bold']))}**"
    if span["auto"]:
        return span["auto"]
    return f"*{escape(plain(span['em'] or span['em2']))}*"


def inline(text):
    r"""Convert the inline markup of one block.

    >>> print(inline("**Run** `x_y` or [see](https://example.com), 2 * 3"))
    **Run** ``x_y`` or `see <https://example.com>`__, 2 \* 3
    >>> print(inline("`id`s"))
    ``id``\ s
    """
    out, end = "", 0
    for match in INLINE.finditer(text):
        out += escape(text[end : match.start()])
        if out and (out[-1].isalnum() or out[-1] == "`"):
            out += "\\ "
        out += markup(match)
        end = match.end()
        if text[end : end + 1].isalnum():
            out += "\\ "
    return out + escape(text[end:])


# === BLOCKS === #


def heading(text, level):
    """A title with its underline; level 0 is the highest below the page's title."""
    return [text, UNDERLINES[level] * len(text)]


def table(rows):
    """A table as a list: first cell bold, then ``Header: value``.

    >>> print(*table(["| Key | Use |", "|---|---|", "| a | x |"]), sep="\\n")
    - **a**. Use: x
    """
    cells = [[c.strip() for c in row.strip().strip("|").split("|")] for row in rows]
    header, body = cells[0], [c for c in cells[1:] if set("".join(c)) - set("-: ")]
    lines = []
    for first, *rest in body:
        parts = [f"{h}: {v}" for h, v in zip(header[1:], rest, strict=False) if v]
        lines.append("- " + inline(f"**{plain(first)}**. " + "; ".join(parts)))
    return lines


def split_blocks(lines):
    """Group lines into blocks: (kind, lines)."""
    block, kind, fence = [], None, None
    for line in lines:
        opening = FENCE.match(line)
        if fence is not None:
            block.append(line)
            if opening and opening[1] == fence:
                yield "code", block
                block, kind, fence = [], None, None
            continue
        new = kind_of(line, opening)
        if block and (new != "text" or kind in ("heading", "table") or kind is None):
            if not (new == kind == "table"):
                yield kind, block
                block = []
        if new == "blank":
            block, kind = [], None
            continue
        if opening:
            fence = opening[1]
        if not block:
            kind = new
        block.append(line)
    if block:
        yield kind, block


def kind_of(line, opening):
    """What a line outside a code fence begins or continues."""
    if opening:
        return "code"
    if not line.strip():
        return "blank"
    if REFUSED.search(re.sub(r"`[^`]*`", "", line)):
        raise UnsupportedMarkdown(line.strip())
    for kind, pattern in (("heading", HEADING), ("item", ITEM), ("table", TABLE_ROW)):
        if pattern.match(line):
            return kind
    return "text"


def code(block):
    """A fenced block as a directive, at the indentation of its fence."""
    pad, language = FENCE.match(block[0]).groups()
    body = [f"{pad}   {line[len(pad) :]}".rstrip() for line in block[1:-1]]
    return [f"{pad}.. code-block:: {language or 'text'}", "", *body]


def item_depth(block):
    """Indentation of a list item's marker."""
    return len(ITEM.match(block[0])[1])


def convert(text, level=1):
    """Markdown of a fragment as RST lines; its highest heading gets ``level``."""
    text = COMMENT.sub("", text)
    blocks = list(split_blocks(text.splitlines()))
    marks = [len(HEADING.match(b[0])[1]) for k, b in blocks if k == "heading"]
    top, out, depth = min(marks, default=1), [], None
    for kind, block in blocks:
        tight = kind == "item" and depth == item_depth(block)
        if out and not tight:
            out.append("")
        depth = item_depth(block) if kind == "item" else None
        if kind == "heading":
            hashes, title = HEADING.match(block[0]).groups()
            rank = min(level + len(hashes) - top, len(UNDERLINES) - 1)
            out += heading(inline(title), rank)
        elif kind == "code":
            out += code(block)
        elif kind == "table":
            out += table(block)
        else:
            out += inline("\n".join(block)).splitlines()
    return [line.rstrip() for line in out]


# === README === #


def title_block(manifest):
    """Name, summary and facts of the manifest."""
    name = manifest["name"]
    bar = "=" * len(name)
    return [
        ".. Made by dev/readme.py from readme/*.md and the manifest: edit those.",
        *["", bar, name, bar, "", escape(manifest["summary"]), ""],
        f":Version: {manifest['version']}",
        f":License: {manifest['license']}",
        f":Author: {escape(manifest['author'])}",
        ":Depends on: " + ", ".join(f"``{name}``" for name in manifest["depends"]),
    ]


def render(addon):
    """The whole README.rst of an addon folder."""
    manifest = ast.literal_eval((addon / "__manifest__.py").read_text())
    out = title_block(manifest)
    for fragment, title in SECTIONS:
        path = addon / "readme" / f"{fragment}.md"
        if not path.exists():
            continue
        try:
            body = convert(path.read_text(), level=1)
        except UnsupportedMarkdown as error:
            sys.exit(f"{path.relative_to(ROOT)}: not converted to RST: {error}")
        if any(body):
            out += ["", *(heading(title, 0) + [""] if title else []), *body]
        if title is None:
            out += ["", "**Contents**", "", ".. contents::", "   :local:"]
    return "\n".join(out) + "\n"


def rst_errors(text):
    """What docutils has to say about the text; nothing where it isn't installed."""
    try:
        import docutils.core
        import docutils.utils
    except ImportError:
        return []
    settings = {
        "report_level": docutils.utils.Reporter.WARNING_LEVEL,
        "halt_level": docutils.utils.Reporter.WARNING_LEVEL,
        "syntax_highlight": "none",
        "warning_stream": False,
    }
    try:
        docutils.core.publish_doctree(text, settings_overrides=settings)
    except docutils.utils.SystemMessage as error:
        return [str(error)]
    return []


def main():
    """Write or check the README of each addon; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    only_check = parser.parse_args().check
    failed = False
    for manifest in sorted(ROOT.glob("*/__manifest__.py")):
        target = manifest.parent / "README.rst"
        text, name = render(manifest.parent), target.relative_to(ROOT)
        for error in rst_errors(text):
            failed = True
            print(f"{name}: {error}")
        if target.exists() and target.read_text() == text:
            continue
        failed = failed or only_check
        if only_check:
            print(f"{name} is out of date: run dev/readme.py")
        else:
            target.write_text(text)
            print(f"{name} written")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
