from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL

from .common import TODAY, ArCollectionsCommon


@tagged("post_install", "-at_install")
class TestArDunningFallback(ArCollectionsCommon):
    """A channel that fails: the other way, or a person; and the doors of a channel."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first.channel = "letter"
        cls.first.fallback_channel = "email"
        cls.invoice = cls._create_invoice_due("2026-03-20", 1000)

    def _send(self):
        with self.trap_pdfs():
            return self._run_ladder(TODAY)

    def _assert_way(self, verdict, channel):
        row = self._decide()[self._receivable(self.invoice)]
        self.assertEqual((row["verdict"], row["channel"]), (verdict, channel))

    # === DECISION === #

    def test_letter_falls_back_on_email(self):
        self._assert_way("dun", "letter")
        self.customer.street = False
        self._assert_way("dun", "email")
        notice = self._preview().notice_ids
        self.assertIn(
            "E-mail instead of Letter: no complete postal", notice.explanation
        )

    def test_fallback_that_is_the_same_channel_is_none(self):
        self.first.fallback_channel = "letter"
        self.customer.street = False
        self.assertEqual(self._verdict(self.invoice), "no_contact")

    def test_contact_with_higher_role_and_no_fallback_goes_first(self):
        """The fallback matters only for those whom the channel does not reach."""
        boss = self.env["res.partner"].create(
            {
                "name": "Boss",
                "parent_id": self.customer.id,
                "ar_contact_role": "manager",
                "email": False,
                "street": "2 Side Street",
                "city": "Ghent",
            }
        )
        self.first.recipient_role = "manager"
        row = self._decide()[self._receivable(self.invoice)]
        self.assertEqual(row["recipient_id"], boss.id)

    def test_one_rule_for_decision_and_person(self):
        engine = self.env["ar.dunning.engine"]
        args = (self.first, self.company)
        for vals, channel, reached in (
            ({}, "email", True),
            ({"ar_no_email": True}, "email", False),
            ({}, "letter", True),
            ({"city": False}, "letter", False),
            ({}, "none", True),
            ({}, "pigeon", False),
        ):
            with self.subTest(vals=vals, channel=channel):
                self.customer.write({"ar_no_email": False, "city": "Ghent", **vals})
                self.assertEqual(
                    engine._is_reachable(self.customer, channel, *args), reached
                )

    # === WHAT DID NOT ARRIVE === #

    def test_undelivered_goes_by_the_fallback(self):
        notice = self._send()
        gone = notice.sudo()._set_undelivered("Burnt with the post office.", "Burnt")
        self.assertEqual(gone, notice)
        self.assertRecordValues(
            notice, [{"state": "queued", "failed_channel": "letter"}]
        )
        self.assertIn("Burnt", notice.change_note)
        self._deliver()
        self.assertRecordValues(notice, [{"state": "sent", "channel": "email"}])
        self.assertIn("that did not arrive", notice.explanation)
        contacts = self.env["ar.contact"].search([("notice_id", "=", notice.id)])
        self.assertEqual(
            sorted(contacts.mapped(lambda c: (c.channel, c.outcome))),
            [("email", "sent"), ("letter", "failed")],
        )

    def test_undelivered_without_another_way_has_an_owner(self):
        self.customer.email = False
        notice = self._send()
        self.assertFalse(notice.sudo()._set_undelivered("Burnt.", "Post burnt"))
        self.assertRecordValues(notice, [{"state": "error", "problem": "Burnt."}])
        task = notice.debtor_id.activity_ids
        self.assertEqual(task.summary, "Post burnt")
        self.assertTrue(task.user_id)

    def test_way_that_is_lost_before_the_next_try_has_an_owner(self):
        notice = self._send()
        notice.sudo()._set_undelivered("Burnt.", "Post burnt")
        self.customer.email = False
        self._deliver()
        self.assertEqual(notice.state, "error")
        self.assertIn("Nobody can be reached", notice.problem)
        self.assertTrue(notice.debtor_id.activity_ids)

    def test_what_failed_is_paid_before_the_other_way(self):
        notice = self._send()
        notice.sudo()._set_undelivered("Burnt.", "Post burnt")
        self._pay(self.invoice)
        self._deliver()
        self.assertEqual(notice.state, "cancel")

    def test_trying_again_takes_the_channel_that_failed(self):
        self.customer.email = False
        notice = self._send()
        notice.sudo()._set_undelivered("Burnt.", "Post burnt")
        notice.action_retry()
        with self.trap_pdfs():
            self._deliver()
        self.assertRecordValues(notice, [{"state": "sent", "channel": "letter"}])

    def test_service_that_is_down_is_told_once(self):
        other = self._create_customer("Other Ltd")
        self._create_invoice_due("2026-03-20", 500, other)
        notices = self._send()
        notices.sudo()._set_unsendable("No post today.", "No post")
        self.assertEqual(notices.mapped("state"), ["error", "error"])
        self.assertEqual(len(notices.debtor_id.activity_ids), 1)
        notices.action_send_otherwise()
        self._deliver()
        self.assertEqual(notices.mapped("channel"), ["email", "email"])
        self.assertEqual(notices.mapped("state"), ["sent", "sent"])

    def test_other_way_is_a_collectors_decision(self):
        notice = self._send()
        notice.sudo()._set_unsendable("No post today.", "No post")
        self.assertEqual(notice.other_channel, "email")
        reader = new_test_user(
            self.env, "reader_f", groups="ar_collections.ar_collections_group_readonly"
        )
        with self.assertRaises(AccessError):
            notice.with_user(reader).action_send_otherwise()
        self.first.fallback_channel = "none"
        notice.invalidate_recordset()
        self.assertFalse(notice.other_channel)
        with self.assertRaisesRegex(UserError, "no other way"):
            notice.action_send_otherwise()

    def _send_at_level_that_comes_down(self, vals, **notice_vals):
        """Decided at the second level; the item that carries it is paid before."""
        old = self._create_invoice_due("2026-02-20", 500)
        with self.trap_pdfs():
            self._run_ladder("2026-02-25")
        self.second.write({"fallback_channel": "none", **vals})
        run = self._preview()
        notice = run.notice_ids.sudo()
        self.assertEqual(notice.level_id, self.second)
        run.action_confirm()
        notice.write(notice_vals)
        self._pay(old)
        with self.trap_pdfs():
            self._deliver()
        self.assertRecordValues(notice, [{"state": "sent", "level_id": self.first.id}])
        return notice.channel

    def test_level_that_comes_down_has_its_own_fallback(self):
        channel = self._send_at_level_that_comes_down(
            {"channel": "letter"}, failed_channel="letter"
        )
        self.assertEqual(channel, "email")

    def test_level_that_comes_down_has_its_own_channel(self):
        channel = self._send_at_level_that_comes_down(
            {"channel": "email"}, is_redirected=True
        )
        self.assertEqual(channel, "letter")

    # === DOORS === #

    def test_channel_of_another_addon(self):
        """A channel is a condition, a delivery, and its words; all else is the engine's."""
        engine = self.env.registry["ar.dunning.engine"]
        model = self.env.registry["ar.dunning.notice"]
        origin = engine._get_reach_conditions

        def reach(records, company):
            return {**origin(records, company), "sms": SQL("p.comment IS NOT NULL")}

        self.env.cr.execute(
            "UPDATE ar_dunning_level SET channel = 'sms' WHERE id = %s", [self.first.id]
        )
        self.env.invalidate_all()
        sent = []
        with (
            patch.object(engine, "_get_reach_conditions", reach),
            patch.object(model, "_deliver_sms", sent.extend, create=True),
        ):
            self._assert_way("dun", "email")
            self.customer.comment = "By smoke signal"
            self._assert_way("dun", "sms")
            notice = self._run_ladder(TODAY)
        self.assertEqual(sent, list(notice))

    def test_channel_whose_addon_is_gone(self):
        run = self._preview()
        run.action_confirm()
        model = self.env.registry["ar.dunning.notice"]
        with patch.object(model, "_deliver_letter", None):
            self._deliver()
        self.assertEqual(run.notice_ids.state, "error")
        self.assertIn("No installed addon", run.notice_ids.problem)

    def test_recall_of_another_channel(self):
        notice = self._send()
        notice.sudo().is_printed = True
        model = self.env.registry["ar.dunning.notice"]
        with patch.object(model, "_recall", lambda notices: notices):
            notice.run_id._undo("Wrong list")
        self.assertEqual(notice.state, "cancel")
