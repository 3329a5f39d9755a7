"""Looks at PDFs as a reader does, with poppler's programs (dev/browser.sh sees to them)."""

import re
import subprocess
import tempfile
from collections import namedtuple
from pathlib import Path
from unittest.mock import patch

from lxml import etree

# Millimetres from the upper left corner of the page.
Word = namedtuple("Word", "page text left top right bottom")
MM = 25.4 / 72
_HEAD = re.compile(rb"P5\s+(\d+)\s+(\d+)\s+\d+\s")


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
        head = _HEAD.match(output, at)
        end = head.end() + int(head[1]) * int(head[2])
        pictures.append(output[at:end])
        at = end
    return pictures


def get_difference(pictures, others):
    """By how many of 255 grey levels two pages differ where they differ most."""
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


def get_fonts(content):
    """Names of the fonts that are in it."""
    lines = _run(content, "pdffonts").decode().splitlines()[2:]
    return [line.split()[0] for line in lines]


def are_visible(content, words, dpi=250):
    """Whether there is ink where each word stands: nothing is painted over it."""
    pictures = list(_parse(get_pictures(content, dpi)))
    return all(_has_ink(pictures[word.page - 1], word, dpi / 25.4) for word in words)


def _parse(pictures):
    for picture in pictures:
        head = _HEAD.match(picture)
        yield int(head[1]), picture[head.end() :]


def _has_ink(picture, word, scale):
    width, pixels = picture
    columns = slice(int(word.left * scale), int(word.right * scale) + 1)
    # the middle of the line, which is nobody else's
    height = (word.bottom - word.top) / 4
    top, bottom = word.top + height, word.bottom - height
    for row in range(int(top * scale), int(bottom * scale) + 1):
        if min(pixels[row * width :][columns], default=255) < 160:
            return True
    return False


def draw_once(case):
    """Draw each barcode but once in a test.

    The edges of what reportlab draws differ by a grey level from one time to the next.
    """
    model, drawn = case.env.registry["ir.actions.report"], {}
    inner = model.barcode

    def barcode(reports, *args, **kwargs):
        key = args, tuple(sorted(kwargs.items()))
        if key not in drawn:
            drawn[key] = inner(reports, *args, **kwargs)
        return drawn[key]

    case.startPatcher(patch.object(model, "barcode", barcode))
