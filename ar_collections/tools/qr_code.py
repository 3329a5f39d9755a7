"""QR codes as pictures, for many letters: reportlab's own drawing takes five times as long."""

import io

from PIL import Image
from reportlab.graphics.barcode.qr import QrCodeWidget


def draw_qr(text, scale=6):
    """The code as PNG, without a border; each of its squares has `scale` pixels.

    The same text gives the same bytes.

    :rtype: bytes
    :raise ValueError: if it is too long for a code
    """
    code = QrCodeWidget(text, barLevel="L").qr
    try:
        code.make()
    except Exception as error:  # reportlab raises a plain one
        raise ValueError(str(error)) from error
    size = code.getModuleCount()
    picture = Image.new("1", (size, size), 1)
    picture.putdata([0 if dark else 1 for row in code.modules for dark in row])
    result = io.BytesIO()
    picture.resize((size * scale, size * scale)).save(result, "PNG")
    return result.getvalue()
