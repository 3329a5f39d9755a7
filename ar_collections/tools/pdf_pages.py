"""Which pages of a PDF belong to which document, without guessing from what is on them."""

import io

from lxml import etree

from odoo.tools.pdf import (
    ArrayObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    PdfFileReader,
    PdfFileWriter,
)

OUTLINE = "{http://wkhtmltopdf.org/outline}"


def read_starts(path, count):
    """First page of each document, as wkhtmltopdf tells by ``--dump-outline``.

    It lists one entry per document, in their order, with or without headings in it.

    :return: page numbers from 0, strictly growing; None if they cannot be told
    :rtype: list[int] | None
    """
    try:
        items = etree.parse(path).getroot().findall(f"{OUTLINE}item")
        pages = [int(item.get("page")) for item in items]
    except (OSError, TypeError, ValueError, etree.XMLSyntaxError):
        return None
    if len(pages) != count:
        return None
    starts = [page - pages[0] for page in pages]
    grows = all(a < b for a, b in zip(starts, starts[1:], strict=False))
    return starts if grows else None


def mark_starts(content, starts):
    """The same pages with an outline that has exactly these entries.

    Odoo splits the PDF of several records by its outline, which otherwise holds the
    headings of the texts: as many as somebody wrote.

    :param bytes content: a PDF
    :return: the PDF, or None if it has not that many pages
    :rtype: bytes | None
    """
    reader = PdfFileReader(io.BytesIO(content), strict=False)
    pages = len(reader.pages)
    if pages <= starts[-1]:
        return None
    if pages == len(starts):
        return content  # one page each: nothing to tell apart
    writer = PdfFileWriter()
    for number in range(pages):
        writer.addPage(reader.pages[number])
    places, first = DictionaryObject(), None
    for number in reversed(starts):
        name = NameObject(f"/ar_{number}")
        places[name] = ArrayObject([NumberObject(number)])
        entry = DictionaryObject({NameObject("/Dest"): name})
        if first is not None:
            entry[NameObject("/Next")] = first
        first = writer._add_object(entry)
    root = writer._root_object
    root[NameObject("/Dests")] = places
    root[NameObject("/Outlines")] = DictionaryObject({NameObject("/First"): first})
    result = io.BytesIO()
    writer.write(result)
    return result.getvalue()


def has_page_without_text(content):
    """Whether a page uses no font at all: one that was late leaves no words.

    :param bytes content: a PDF
    """
    reader = PdfFileReader(io.BytesIO(content), strict=False)
    return any(not _get_fonts(page) for page in reader.pages)


def _get_fonts(page):
    resources = page.get("/Resources")
    return resources and resources.get_object().get("/Font")
