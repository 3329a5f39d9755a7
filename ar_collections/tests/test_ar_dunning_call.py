from odoo.tests import tagged

from .common import TODAY, ArCollectionsCommon


@tagged("post_install", "-at_install")
class TestArDunningCall(ArCollectionsCommon):
    """The task to call says whom to ask for, by which number and about what."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first.action_ids = cls.env.ref(
            "ar_collections.ir_actions_server_ar_plan_call"
        )
        cls.invoice = cls._create_invoice_due("2026-03-20", 1000)

    def _get_note(self):
        notice = self._run_ladder(TODAY)
        (task,) = notice.debtor_id.activity_ids
        self.assertEqual(task.date_deadline, notice.date_deadline)
        return str(task.note).replace("&nbsp;", "\xa0")

    def test_figures_person_number_and_items(self):
        self.customer.phone = "+32 2 555 12 12"
        self._create_invoice_due("2026-04-20", 400)
        note = self._get_note()
        for words in (
            "open $\xa01,400.00, of it overdue $\xa01,000.00",
            "Late Payer Ltd: +32 2 555 12 12",
            f"{self.invoice.name}: $\xa01,000.00, due 03/20/2026, 11 days late",
        ):
            self.assertIn(words, note)

    def test_somebody_else_of_the_customer_has_the_number(self):
        self.env["res.partner"].create(
            {"name": "Ann", "parent_id": self.customer.id, "phone": "+32 2 555 13 13"}
        )
        self.assertIn("Ann: +32 2 555 13 13", self._get_note())

    def test_no_number_is_said(self):
        self.assertIn("No phone number is known", self._get_note())

    def test_long_lists_are_cut(self):
        for _number in range(6):
            self._create_invoice_due("2026-03-19", 10)
        self.assertIn("and 2 more", self._get_note())
