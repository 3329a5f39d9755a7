from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import PostCommon

GROUP = "ar_collections.ar_collections_group_"


@tagged("post_install", "-at_install")
class TestLetterRights(PostCommon):
    """What a lesser user may not do is refused by RPC, too."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            name: new_test_user(
                cls.env,
                f"post_{name}",
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

    def test_collector_sends_and_prints_instead(self):
        self.first.fallback_channel = "none"
        run = self._preview()
        self._call("collector", run, "action_confirm")
        self._deliver()
        notice = run.notice_ids
        self._process_queue("FORMAT_ERROR")
        seen = notice.with_user(self.users["collector"])
        self.assertEqual((seen.state, seen.post_state), ("error", "error"))
        self._call("collector", notice, "action_print_instead")
        self.assertEqual(notice.state, "queued")

    def test_lesser_users_change_nothing(self):
        self.first.fallback_channel = "none"
        notice = self._send()
        self._process_queue("CREDIT_ERROR")
        seen = notice.with_user(self.users["reader"])
        self.assertEqual(seen.post_state, "error")
        for method, args in (
            ("action_print_instead", ()),
            ("action_buy_stamps", ()),
            ("write", ({"post_state": "sent"},)),
        ):
            for name in ("reader", "seller"):
                with self.subTest(user=name, method=method):
                    with self.assertRaises(AccessError):
                        self._call(name, notice, method, *args)
        with self.assertRaises(AccessError):
            self._call("collector", notice, "action_buy_stamps")
        self.assertIn("service_name=snailmail", notice.action_buy_stamps()["url"])

    def test_way_of_letters_is_for_managers_and_administrators(self):
        for name in self.users:
            with self.subTest(user=name):
                with self.assertRaises(AccessError):
                    self._call(name, self.first, "write", {"letter_way": "post"})
                with self.assertRaises(AccessError):
                    self._call(name, self.company, "write", {"ar_letter_way": "print"})
