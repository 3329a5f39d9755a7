from unittest.mock import patch

from freezegun import freeze_time

from odoo.addons.ar_collections.tests.common import ArCollectionsCommon
from odoo.addons.sms.tests.common import SMSCase

CRON = "sms.ir_cron_sms_scheduler_action"
NUMBER = "+32470123456"
NOON = "2026-03-31 10:00:00"


class SmsCommon(ArCollectionsCommon, SMSCase):
    """A ladder whose first reminder is an SMS, else an e-mail; only the provider's
    answer is made up."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # a Tuesday noon: no rule forbids it
        cls.startClassPatcher(freeze_time(NOON))
        cls.company.country_id = cls.env.ref("base.be")
        cls.text = cls.env.ref("ar_collections_sms.sms_template_ar_first")
        cls.first.write(
            {
                "channel": "sms",
                "fallback_channel": "email",
                "sms_template_id": cls.text.id,
            }
        )
        cls.customer.phone = "0470 12 34 56"
        cls.customer.country_id = cls.env.ref("base.be")
        cls.invoice = cls._create_invoice_due("2026-03-20", 1000)

    def setUp(self):
        super().setUp()
        # a page to pay is another addon's; with it the link is that page's
        self.payment_url = False
        model = self.env.registry["ar.dunning.notice"]
        self.startPatcher(
            patch.object(model, "_get_payment_url", lambda notice: self.payment_url)
        )

    # === HELPERS === #

    def _send(self):
        """Preview, confirm, deliver: the notices whose SMS are in the queue."""
        return self._run_ladder(NOON)

    def _process_queue(self, **gateway):
        """What the scheduled action of the SMS queue does."""
        with self.mockSMSGateway(**gateway), self.enter_registry_test_mode():
            self.env.ref(CRON).method_direct_trigger()
        self.env.invalidate_all()

    def _get_sms(self, notices):
        # sudo: the queue belongs to the system
        return (
            self.env["sms.sms"]
            .sudo()
            .search([("mail_message_id", "in", notices.mail_message_id.ids)])
        )

    def _report(self, sms, status):
        """The provider reports later what became of the SMS."""
        self.env["sms.tracker"].sudo().search(
            [("sms_uuid", "in", sms.mapped("uuid"))]
        )._action_update_from_provider_error(status)
        self.env.invalidate_all()
