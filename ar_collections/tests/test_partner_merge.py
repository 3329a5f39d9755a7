from odoo.tests import tagged

from .common import ArCollectionsCommon


@tagged("post_install", "-at_install")
class TestPartnerMerge(ArCollectionsCommon):
    """Two customers that are one: nothing of either's history is lost."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_data = cls.setup_other_company()
        cls.other_company = cls.other_data["company"]
        cls.other_company.email = "books@other.example.com"
        cls.other_company.ar_policy_id = cls.policy.copy(
            {"company_id": cls.other_company.id}
        )
        cls.env.user.company_ids += cls.other_company
        allowed = (cls.company + cls.other_company).ids
        cls.env = cls.env(context={**cls.env.context, "allowed_company_ids": allowed})
        cls.customer = cls.customer.with_env(cls.env)
        cls.double = cls._create_customer("Late Payer Limited")

    def _dun(self, company):
        run = self._preview(company_id=company.id)
        run.action_confirm()
        self._deliver()
        return run

    def test_history_of_both_is_kept_in_two_companies(self):
        companies = self.company + self.other_company
        journals = {
            self.company: self.company_data["default_journal_sale"],
            self.other_company: self.other_data["default_journal_sale"],
        }
        for company in companies:
            for partner in self.customer + self.double:
                self._create_invoice_due(
                    "2026-03-20",
                    100,
                    partner,
                    company_id=company.id,
                    journal_id=journals[company].id,
                )
        runs = self._dun(self.company) + self._dun(self.other_company)
        debtors = runs.notice_ids.debtor_id
        self.assertEqual(len(debtors), 4)
        for debtor in debtors:
            debtor.note = f"<p>Note {debtor.id}</p>"
            debtor.message_post(body=f"Called {debtor.id}")
            debtor.activity_schedule(
                "mail.mail_activity_data_todo", summary=f"Do {debtor.id}"
            )
            self.env["ar.pause"].create(
                {"debtor_id": debtor.id, "reason": f"Pause {debtor.id}"}
            )
        theirs = debtors.filtered(lambda d: d.partner_id == self.double)
        theirs.user_id = self.env.user
        notices = runs.notice_ids
        messages = notices.mail_message_id
        self.env.flush_all()
        self.env["base.partner.merge.automatic.wizard"].sudo()._merge(
            (self.customer + self.double).ids, self.customer
        )
        self.env.invalidate_all()
        self.assertFalse(self.double.exists())
        left = self.env["ar.debtor"].search([("partner_id", "=", self.customer.id)])
        self.assertEqual(sorted(left.company_id.ids), sorted(companies.ids))
        self.assertEqual(len(left), 2)
        self.assertFalse((debtors - left).exists())
        self.assertEqual(notices.exists(), notices)
        self.assertEqual(left.user_id, self.env.user)
        for debtor in left:
            company = debtor.company_id
            mine = notices.filtered(lambda n, c=company: n.company_id == c)
            self.assertEqual(mine.debtor_id, debtor)
            self.assertEqual(len(mine), 2)
            pauses = self.env["ar.pause"].search([("debtor_id", "=", debtor.id)])
            self.assertEqual(len(pauses), 2)
            self.assertEqual(pauses.company_id, company)
            self.assertEqual(len(debtor.activity_ids), 2)
            told = " ".join(debtor.message_ids.mapped("body"))
            self.assertLessEqual(mine.mail_message_id, debtor.message_ids)
            for before in debtors.browse([debtor.id, *(debtors - left).ids]):
                if before in left or before in self._get_merged(pauses, debtors):
                    self.assertIn(f"Note {before.id}", debtor.note)
                    self.assertIn(f"Called {before.id}", told)
        self.assertEqual(messages.exists(), messages)
        # and the ladder goes on with the sum of both
        self.env.cr.flush()
        left.invalidate_recordset()
        self.assertEqual(left.mapped("amount_due"), [200, 200])
        rows = self._decide(company=self.company)
        self.assertEqual({row["verdict"] for row in rows.values()}, {"paused"})

    def _get_merged(self, pauses, debtors):
        """The debtors whose pauses these were, by what the pauses say."""
        ids = [int(pause.reason.split()[-1]) for pause in pauses]
        return debtors.browse(ids)

    def test_customer_known_to_one_company_only(self):
        self._create_invoice_due("2026-03-20", 100, self.double)
        notice = self._dun(self.company).notice_ids
        self.env["base.partner.merge.automatic.wizard"].sudo()._merge(
            (self.customer + self.double).ids, self.customer
        )
        self.env.invalidate_all()
        self.assertEqual(notice.debtor_id.partner_id, self.customer)
        self.assertEqual(
            self.env["ar.debtor"].search_count([("partner_id", "=", self.customer.id)]),
            1,
        )

    def test_profile_by_hand_is_kept_with_its_reason_and_end(self):
        debtors = self.env["ar.debtor"]
        ours = debtors._get(self.customer, self.company)
        theirs = debtors._get(self.double, self.company)
        theirs.write(
            {
                "profile_manual": "chronic",
                "profile_reason": "Bounced twice",
                "profile_until": "2026-05-01",
            }
        )
        ours.profile_reason = "Of long ago"
        self.env["base.partner.merge.automatic.wizard"].sudo()._merge(
            (self.customer + self.double).ids, self.customer
        )
        self.assertRecordValues(
            ours,
            [
                {
                    "payer_profile": "chronic",
                    "profile_manual": "chronic",
                    "profile_reason": "Bounced twice",
                }
            ],
        )
        self.assertEqual(ours.profile_until.isoformat(), "2026-05-01")

    def test_who_becomes_a_contact_takes_the_debtor_along(self):
        """A disputed invoice stays paused, and its reminders stay contacts."""
        person = self._create_customer("Jane", is_company=False)
        disputed = self._create_invoice_due("2026-03-20", 100, person)
        debtor = self.env["ar.debtor"]._get(person, self.company)
        debtor.user_id = self.env.user
        run = self._dun(self.company)
        notice = run.notice_ids.filtered(lambda n: n.debtor_id == debtor)
        pause = self.env["ar.pause"].create(
            {
                "debtor_id": debtor.id,
                "reason": "disputed",
                "line_ids": self._receivable(disputed).ids,
            }
        )
        for has_debtor in (False, True):
            head = self._create_customer(f"Jane {has_debtor} Ltd")
            if has_debtor:
                person.parent_id = False
                debtor = self.env["ar.debtor"]._get(head, self.company)
                debtor_of_items = notice.debtor_id
                debtor_of_items.sudo().partner_id = person
                (self._receivable(disputed)).sudo().partner_id = person
            with self.subTest(has_debtor=has_debtor):
                person.parent_id = head
                self.env.invalidate_all()
                mine = self.env["ar.debtor"].search([("partner_id", "=", head.id)])
                self.assertEqual(len(mine), 1)
                self.assertEqual(pause.debtor_id, mine)
                self.assertEqual(notice.debtor_id, mine)
                self.assertEqual(mine.user_id, self.env.user)
                self.assertEqual(self._verdict(disputed, "2026-05-30"), "paused")
                self.assertFalse(
                    self.env["ar.debtor"].search([("partner_id", "=", person.id)])
                )
