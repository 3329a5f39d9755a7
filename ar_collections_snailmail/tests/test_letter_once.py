from contextlib import suppress
from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import SERVICE, PostCommon


class Killed(BaseException):
    """The server process is gone."""


@tagged("post_install", "-at_install")
class TestLetterOnce(PostCommon):
    """Never twice, whatever dies; each company by its own account."""

    def test_killed_while_the_service_has_it(self):
        notice = self._send()
        with (
            patch(SERVICE, side_effect=Killed) as service,
            self.enter_registry_test_mode(),
            # a test's own assertRaises would take back what was committed
            suppress(Killed),
            self.env.registry.cursor() as cr,
        ):
            self.env(cr=cr)["snailmail.letter"].sudo()._snailmail_cron()
        self.env.invalidate_all()
        self.assertEqual(service.call_count, 1)
        self.assertTrue(notice.post_letter_id.ar_handed_over)
        service = self._process_queue()
        self.assertFalse(service.called)
        self.assertEqual(notice.state, "error")
        self.assertIn("may be on its way", notice.problem)
        # the person knows that it is not
        notice.action_retry()
        self._deliver()
        self._process_queue()
        self.assertEqual(len(self.posted), 1)
        self.assertEqual(notice.post_state, "sent")

    def test_same_day_twice_and_two_rounds_of_the_queue(self):
        self._send()
        self._process_queue()
        self.assertEqual(len(self.posted), 1)
        service = self._process_queue()
        self.assertFalse(service.called)
        self.assertFalse(self._preview().notice_ids)

    def test_state_and_letter_are_one_transaction(self):
        run = self._preview()
        run.action_confirm()
        model = self.env.registry["ar.dunning.notice"]
        with patch.object(model, "_seal", side_effect=ValueError("broken")):
            with mute_logger(
                "odoo.addons.ar_collections.models.ar_dunning_notice_delivery"
            ):
                self._deliver()
        self.assertEqual(run.notice_ids.state, "error")
        self.assertFalse(
            self.env["snailmail.letter"].search([("model", "=", "ar.dunning.notice")])
        )

    def test_each_company_by_its_own_account_and_way(self):
        data = self.setup_other_company()
        other = data["company"]
        other.ar_policy_id = self.policy.copy({"company_id": other.id})
        self.env.user.company_ids = [Command.link(other.id)]
        self._create_invoice_due(
            "2026-03-20",
            500,
            company_id=other.id,
            journal_id=data["default_journal_sale"].id,
        )
        runs = self._preview() + self._preview(company_id=other.id)
        for run in runs:
            run.action_confirm()
        self._deliver()
        mine, theirs = runs.mapped("notice_ids").sorted(lambda n: n.company_id == other)
        # the other company prints: that is its setting
        self.assertEqual((mine.post_state, theirs.post_state), ("pending", False))
        used = []
        model = self.env.registry["iap.account"]
        origin = model.get

        def spy(accounts, name, **kwargs):
            used.append(accounts.env.companies)
            return origin(accounts, name, **kwargs)

        with patch.object(model, "get", spy):
            self._process_queue()
        self.assertEqual(set(used), {self.company})
        self.assertEqual(mine.post_state, "sent")

    def test_our_part_of_the_queries_does_not_grow(self):
        """Core posts a message per letter; what we add is none per letter."""
        for number in range(12):
            customer = self._create_customer(
                f"Many {number} Ltd", country_id=self.env.ref("base.be").id
            )
            self._create_invoice_due("2026-03-20", 100, customer)
        notices = self._preview().notice_ids
        self.assertEqual(len(notices), 13)
        posted = self._count_per_letter(notices)
        self._count_core(notices[:1])
        few, many = self._count_core(notices[1:3]), self._count_core(notices[3:13])
        core = (many - few) / 8
        self.company.ar_letter_way = "print"
        printed = self._count_per_letter(notices)
        # what is printed costs nothing per letter: all of it is the way to the post
        self.assertEqual(printed, 0)
        # one for the file with white margins; core alone reads each customer instead
        self.assertLessEqual(posted, core)

    def _count_per_letter(self, notices):
        self._count(notices[:1])  # caches
        few, many = self._count(notices[1:3]), self._count(notices[3:13])
        return (many - few) / 8

    def _count(self, notices):
        self.env.flush_all()
        self.env.invalidate_all()
        notices = notices.sudo()
        notices.mapped("line_ids.move_id.name")
        before = self.env.cr.sql_log_count
        notices._deliver_letter()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def _count_core(self, notices):
        """Queries of core's own creation of as many letters."""
        self.env.flush_all()
        self.env.invalidate_all()
        vals_list = [notice._prepare_post_vals(False) for notice in notices.sudo()]
        before = self.env.cr.sql_log_count
        self.env["snailmail.letter"].sudo().create(vals_list)
        self.env.flush_all()
        return self.env.cr.sql_log_count - before
