import io

from PIL import Image

from odoo.tests import TransactionCase, tagged

from ..tools.qr_code import draw_qr

ADDRESS = "https://example.com/pay/AQAAAAAAAAAAvsmjPiNb0T81H1431v4-uHYH5-6ZolhyCejn6WdM"


@tagged("post_install", "-at_install")
class TestQrCode(TransactionCase):
    """The codes are reportlab's, drawn faster and always alike."""

    def _read(self, content, size):
        """Which squares are dark, by their middles."""
        picture = Image.open(io.BytesIO(content)).convert("L")
        step = picture.width / size
        middles = [int((n + 0.5) * step) for n in range(size)]
        return [[picture.getpixel((x, y)) < 128 for x in middles] for y in middles]

    def test_the_same_squares_as_core_draws(self):
        for text in ("1234567", "ABC", ADDRESS, ADDRESS * 5, "Müller & Søn"):
            with self.subTest(text=text):
                mine = draw_qr(text, scale=3)
                size = Image.open(io.BytesIO(mine)).width // 3
                other = self.env["ir.actions.report"].barcode(
                    "QR", text, width=size * 8, height=size * 8, quiet=False
                )
                self.assertEqual(self._read(mine, size), self._read(other, size))

    def test_the_same_text_gives_the_same_bytes(self):
        self.assertEqual(draw_qr(ADDRESS), draw_qr(ADDRESS))
        self.assertNotEqual(draw_qr(ADDRESS), draw_qr(ADDRESS + "x"))

    def test_a_text_that_is_too_long(self):
        with self.assertRaises(ValueError):
            draw_qr("x" * 5000)
