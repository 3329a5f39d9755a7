import doctest
import itertools
import os

from odoo.tests import tagged

from ..tools import letter_window
from .common import ArCollectionsCommon
from .pdf import MM, are_visible, get_pictures, get_text, get_words

LETTER = "ar_collections.report_ar_dunning_notice"
ADDRESS = ["Windowed", "Customer", "1", "Main", "Street", "Back", "building", "Ghent"]
LAYOUTS = ("standard", "boxed", "bold", "striped", "bubble", "wave", "folder")


@tagged("post_install", "-at_install")
class TestLetterWindow(ArCollectionsCommon):
    """The address of a letter shows in the window of its envelope, and only there."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company.sudo()
        cls.company.write({"street": "9 Sender Road", "zip": "1000", "city": "Town"})
        cls.customer = cls._create_customer(
            "Windowed Customer", street2="Back building", email=False
        )
        for number in range(14):
            cls._create_invoice_due("2026-03-20", 10 + number)

    def setUp(self):
        super().setUp()
        self.notice = self._preview().notice_ids

    def _render(self, name=""):
        self.env.flush_all()
        reports = self.env["ir.actions.report"].with_context(
            force_report_rendering=True
        )
        content = reports._ar_render_alone(LETTER, self.notice.id)
        if folder := os.environ.get("AR_KEEP_LETTERS"):
            with open(os.path.join(folder, f"{name}.pdf"), "wb") as file:
                file.write(content)
        return content

    def _get_address(self, content):
        """The words of the address, as far as they are on the paper."""
        words = get_words(content)
        start = next(n for n, word in enumerate(words) if word.text == "Windowed")
        found = words[start : start + len(ADDRESS)]
        self.assertEqual([word.text for word in found], ADDRESS)
        return found

    def _assert_in_window(self, content, window):
        address = self._get_address(content)
        for word in address:
            self.assertEqual(word.page, 1)
            self.assertGreaterEqual(word.left, window.left, word)
            self.assertGreaterEqual(word.top, window.top, word)
            self.assertLessEqual(word.right, window.right, word)
            self.assertLessEqual(word.bottom, window.bottom, word)
        # and nothing else but the sender's line
        shown = [
            word
            for word in get_words(content)
            if word.page == 1
            and word.right > window.left
            and word.left < window.right
            and word.bottom > window.start
            and word.top < window.bottom
        ]
        self.assertTrue(are_visible(content, shown))
        inside = [word.text for word in shown]
        sender = self.notice._get_letter_sender().split() if window.has_sender else []
        self.assertEqual(inside[: len(sender)], sender)
        self.assertEqual(inside[len(sender) :][: len(ADDRESS)], ADDRESS)
        self.assertLessEqual(len(inside), len(sender) + len(ADDRESS) + 3, inside)
        # on the first page only
        for page in get_text(content)[1:]:
            self.assertNotIn("Back building", page)

    def test_doctests(self):
        found = doctest.testmod(letter_window)
        self.assertTrue(found.attempted)
        self.assertFalse(found.failed)

    def test_windows_of_the_countries(self):
        for code in ("DE", "AT", "CH", "FR", "GB", "NL", "US", "BE"):
            with self.subTest(country=code):
                self.company.country_id = self.env.ref(
                    f"base.{'uk' if code == 'GB' else code.lower()}"
                )
                if code == "US":
                    paper = self.env.ref("base.paperformat_us")
                    self.company.paperformat_id = paper
                window = letter_window.get_window(code)
                self._assert_in_window(self._render(code), window)
                if code == "US":
                    paper = self.env.ref("base.paperformat_euro")
                    self.company.paperformat_id = paper

    def test_window_in_each_layout(self):
        # France has the least room for a letterhead
        for layout, code in itertools.product(LAYOUTS, ("DE", "FR")):
            with self.subTest(layout=layout, country=code):
                self.company.country_id = self.env.ref(f"base.{code.lower()}")
                view = self.env.ref(f"web.external_layout_{layout}")
                self.company.external_report_layout_id = view
                window = letter_window.get_window(code)
                self._assert_in_window(self._render(layout + code), window)

    def test_the_company_says_where_its_windows_are(self):
        self.company.country_id = self.env.ref("base.de")
        for side in ("left", "right"):
            with self.subTest(side=side):
                self.company.ar_letter_window = side
                window = letter_window.get_window("DE", side)
                self._assert_in_window(self._render(side), window)
        self.company.ar_letter_window = "none"
        # where core puts it
        self.assertGreater(self._get_address(self._render("none"))[0].left, 105)

    def test_paper_with_margins(self):
        """Another resolution and other margins do not move the window."""
        self.company.country_id = self.env.ref("base.de")
        self.company.paperformat_id = self.env["report.paperformat"].create(
            {
                "name": "Own",
                "format": "A4",
                "dpi": 120,
                "margin_left": 15,
                "margin_right": 12,
            }
        )
        self._assert_in_window(self._render("paper"), letter_window.get_window("DE"))

    def test_fold_marks(self):
        self.company.country_id = self.env.ref("base.de")
        for wanted in (False, True):
            self.company.ar_letter_has_folds = wanted
            [picture, *others] = get_pictures(self._render(f"folds{wanted}"), dpi=254)
            marks = self._find_marks(picture)
            self.assertEqual(bool(marks), wanted)
            self.assertFalse(self._find_marks(others[0]))
        for mark, fold in zip(marks, letter_window.DIN.folds, strict=True):
            self.assertAlmostEqual(mark, fold, delta=0.7)

    def _find_marks(self, picture):
        """Where lines begin at the left edge of a page, in millimetres from the top."""
        _kind, width, height, _depth = picture[:20].split()[:4]
        pixels = picture[-int(width) * int(height) :]
        dark = [
            y
            for y in range(int(height))
            if pixels[y * int(width) + 70] < 200  # 7 mm from the edge at 254 dpi
        ]
        return [y / 10 for y in dark if y - 1 not in dark]

    def test_millimetres(self):
        self.assertAlmostEqual(72 * MM, 25.4)
