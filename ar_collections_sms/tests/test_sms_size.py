import doctest

from odoo.tests import BaseCase, tagged

from odoo.addons.ar_collections_sms.tools import sms_size


@tagged("post_install", "-at_install")
class TestSmsSize(BaseCase):
    def test_doctests(self):
        result = doctest.testmod(sms_size)
        self.assertGreater(result.attempted, 5)
        self.assertFalse(result.failed)
