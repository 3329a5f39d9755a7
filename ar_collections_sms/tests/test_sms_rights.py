from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import SmsCommon

GROUP = "ar_collections.ar_collections_group_"


@tagged("post_install", "-at_install")
class TestSmsRights(SmsCommon):
    """What a lesser user may not do is refused by RPC, too."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            name: new_test_user(
                cls.env,
                f"sms_{name}",
                groups=groups,
                company_id=cls.company.id,
                company_ids=[(6, 0, cls.company.ids)],
                email=f"{name}@company.example.com",
            )
            for name, groups in (
                ("collector", GROUP + "user"),
                ("reader", GROUP + "readonly"),
                ("seller", "base.group_user"),
            )
        }

    def _call(self, name, record, method, *args):
        """As a call from outside: public methods only, with the user's rights."""
        self.assertFalse(method.startswith("_"))
        return getattr(record.with_user(self.users[name]), method)(*args)

    def test_collector_sends_and_sees(self):
        run = self._preview()
        self._call("collector", run, "action_confirm")
        self._deliver()
        notice = run.notice_ids.with_user(self.users["collector"])
        self.assertEqual(notice.sms_state, "ready")
        self.assertIn("settle it by", notice.preview)

    def test_reader_sees_and_changes_nothing(self):
        notice = self._send()
        seen = notice.with_user(self.users["reader"])
        self.assertEqual(seen.sms_state, "ready")
        self.assertIn("characters", seen.sms_size)
        self._process_queue(sim_error="credit")
        for method in ("action_retry", "action_send_otherwise", "action_drop"):
            with self.subTest(method=method), self.assertRaises(AccessError):
                self._call("reader", notice, method)
        with self.assertRaises(AccessError):
            self._call("reader", notice, "write", {"sms_failure": False})

    def test_seller_sees_no_notice(self):
        notice = self._send()
        with self.assertRaises(AccessError):
            self._call("seller", notice, "read", ["sms_state", "preview"])
        with self.assertRaises(AccessError):
            self._call("seller", self.first, "write", {"sms_template_id": False})
        self.assertTrue(self.first.with_user(self.users["seller"]).sms_example)

    def test_nobody_marks_an_sms_by_hand(self):
        notice = self._send()
        for name in self.users:
            with self.subTest(user=name), self.assertRaises(AccessError):
                self._call(name, self._get_sms(notice), "write", {"ar_handed_over": 0})
        with self.assertRaises(AccessError):
            self._call("collector", notice, "write", {"failed_channel": "sms"})

    def test_credits_are_bought_by_credit_managers(self):
        self.first.fallback_channel = "none"
        notice = self._send()
        self._process_queue(sim_error="credit")
        with self.assertRaises(AccessError):
            self._call("collector", notice, "action_buy_sms_credits")
        self.assertIn("service_name=sms", notice.action_buy_sms_credits()["url"])

    def test_no_other_way_is_said(self):
        self.customer.email = False
        notice = self._send()
        self._process_queue(sim_error="credit")
        with self.assertRaisesRegex(UserError, "no other way"):
            self._call("collector", notice, "action_send_otherwise")
