"""A letter as the post service accepts it: nothing printed where its marks go."""

import io

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from odoo.tools.pdf import PdfFileReader, PdfFileWriter

BORDER = 5 * mm
# for the service's own code, at the foot on the left
SQUARE = 15 * mm


def clear_margins(content):
    """The PDF with its borders white.

    Does what core does for its own letters (`snailmail.letter`), but on the pages of the
    new file: newer PDF libraries change no others, and core's letters fail with them.

    :param bytes content: a PDF of A4 pages
    :rtype: bytes
    """
    reader = PdfFileReader(io.BytesIO(content))
    writer = PdfFileWriter()
    count = reader.getNumPages()
    for number in range(count):
        writer.addPage(reader.getPage(number))
    for number in range(count):
        writer.getPage(number).mergePage(_make_white_border())
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _make_white_border():
    width, height = A4
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4)
    canvas.setFillColorRGB(1, 1, 1)
    for x, y, wide, high in (
        (0, 0, width, BORDER),
        (0, height - BORDER, width, BORDER),
        (0, 0, BORDER, height),
        (width - BORDER, 0, BORDER, height),
        (0, 0, SQUARE, SQUARE),
    ):
        canvas.rect(x, y, wide, high, stroke=0, fill=1)
    canvas.save()
    buffer.seek(0)
    return PdfFileReader(buffer).getPage(0)
