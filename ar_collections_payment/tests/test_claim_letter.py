from odoo.tests import tagged

from odoo.addons.ar_collections.tests.pdf import get_words
from odoo.addons.ar_collections.tools.letter_window import get_window

from .common import ClaimCommon

LETTER = "ar_collections.report_ar_dunning_notice"


@tagged("post_install", "-at_install")
class TestClaimLetter(ClaimCommon):
    """The codes of a letter stand beside the window of the envelope."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.euro = cls.setup_other_currency("EUR", rates=[("2026-01-01", 0.5)])
        cls.env["res.partner.bank"].create(
            {
                "acc_number": "BE71096123456769",
                "partner_id": cls.company.partner_id.id,
                "allow_out_payment": True,
            }
        )
        cls._create_invoice_due("2026-03-20", 1000, currency_id=cls.euro.id)

    def _render(self, notice):
        self.env.flush_all()
        reports = self.env["ir.actions.report"].with_context(
            force_report_rendering=True
        )
        return reports._ar_render_alone(LETTER, notice.id)

    def test_one_item_is_one_page_and_the_codes_stand_beside_the_window(self):
        # whether or not the server answers
        url = "http://127.0.0.1:1"
        self.env["ir.config_parameter"].sudo().set_param("report.url", url)
        notice = self._preview("2026-03-31").notice_ids
        company = self.company.sudo()
        for code in ("de", "ch", "fr", "uk", "us", "nl"):
            with self.subTest(code):
                company.country_id = self.env.ref(f"base.{code}")
                paper = "us" if code == "us" else "euro"
                company.paperformat_id = self.env.ref(f"base.paperformat_{paper}")
                words = get_words(self._render(notice))
                self.assertEqual({word.page for word in words}, {1})
                window = get_window(company.country_id.code)
                texts = [word.text for word in words]
                see, bank = texts.index("See"), texts.index("For")
                codes = words[see : see + 3] + words[bank : bank + 4]
                self.assertEqual(codes[2].text, "pay")
                self.assertEqual(codes[-1].text, "app")
                for word in codes:
                    self.assertTrue(
                        word.right < window.left or word.left > window.right, word
                    )
                others = [word for word in words if word not in codes]
                self.assertGreater(codes[0].left, min(w.left for w in others) - 1)
                self.assertLess(codes[-1].right, max(w.right for w in others) + 1)
                # the code itself is above: 25 mm of it are needed to be scanned
                self.assertGreater(codes[0].top, window.start + 25)
                # and the text begins below both
                text = words[texts.index("reference:")]
                self.assertGreater(text.top, max(word.bottom for word in codes))
                self.assertGreater(text.top, window.bottom)

    def test_a_code_alone_is_as_large_as_one_of_two(self):
        url = "http://127.0.0.1:1"
        self.env["ir.config_parameter"].sudo().set_param("report.url", url)
        # no bank knows a code for it
        self._create_invoice_due("2026-03-20", 1000)
        notices = self._preview("2026-03-31").notice_ids
        alone = notices.filtered(lambda n: not n._get_bank_qr())
        both = notices - alone
        self.assertEqual((len(alone), len(both)), (1, 1))
        feet = []
        for notice in both + alone:
            words = get_words(self._render(notice))
            texts = [word.text for word in words]
            feet.append(words[texts.index("See")].top)
            # and nothing stands below it
            self.assertGreater(words[texts.index("reference:")].top, feet[-1] + 1)
        self.assertAlmostEqual(*feet, delta=1)
