"""Looks at PDFs as a reader does, with poppler's programs (dev/browser.sh sees to them)."""

import re
import subprocess
import tempfile
from collections import namedtuple
from pathlib import Path

from lxml import etree

# Millimetres from the upper left corner of the page.
Word = namedtuple("Word", "page text left top right bottom")
MM = 25.4 / 72


def _run(content, program, *options, target=()):
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "in.pdf")
        source.write_bytes(content)
        command = [program, *options, str(source), *target]
        return subprocess.run(command, capture_output=True, check=True).stdout


def get_text(content):
    """The text page by page, with its place in the line."""
    pages = _run(content, "pdftotext", "-layout", target=["-"]).decode().split("\f")
    return pages[:-1]


def get_pictures(content, dpi=60):
    """Each page as bytes of a grey picture."""
    output = _run(content, "pdftoppm", "-gray", "-r", str(dpi))
    pictures, at = [], 0
    while at < len(output):
        head = re.compile(rb"P5\s+(\d+)\s+(\d+)\s+\d+\s").match(output, at)
        end = head.end() + int(head[1]) * int(head[2])
        pictures.append(output[at:end])
        at = end
    return pictures


def get_difference(pictures, others):
    """By how many of 255 grey levels two pages differ where they differ most.

    One level is how the same line is rounded at another place of a file.
    """
    if [len(page) for page in pictures] != [len(page) for page in others]:
        return 255
    pairs = zip(b"".join(pictures), b"".join(others), strict=True)
    return max((abs(one - other) for one, other in pairs), default=0)


def get_words(content):
    """Each word with the box that it fills.

    :rtype: list[Word]
    """
    root = etree.fromstring(_run(content, "pdftotext", "-bbox", target=["-"]))
    words = []
    for number, page in enumerate(root.iter("{*}page"), 1):
        for word in page.iter("{*}word"):
            box = [
                float(word.get(key)) * MM for key in ("xMin", "yMin", "xMax", "yMax")
            ]
            words.append(Word(number, word.text, *box))
    return words
