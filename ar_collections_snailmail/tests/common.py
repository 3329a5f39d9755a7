import io
from contextlib import contextmanager
from unittest.mock import patch

from reportlab.pdfgen.canvas import Canvas

from odoo.addons.ar_collections.tests.common import ArCollectionsCommon

CRON = "snailmail.snailmail_print"
SERVICE = "odoo.addons.snailmail.models.snailmail_letter.iap_tools.iap_jsonrpc"


def make_pdf(text):
    """A page that a PDF library can read; wkhtmltopdf has tests of its own."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=1)
    canvas.drawString(100, 700, text)
    canvas.save()
    return buffer.getvalue()


class PostCommon(ArCollectionsCommon):
    """Letters go by post; only the service's answer is made up."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.ar_letter_way = "post"
        cls.company.external_report_layout_id = cls.env.ref(
            "web.external_layout_standard"
        )
        cls.levels.channel = "letter"
        cls.first.fallback_channel = "email"
        cls.customer.country_id = cls.env.ref("base.be")
        cls.invoice = cls._create_invoice_due("2026-03-20", 1000)
        cls.posted = []

    def setUp(self):
        super().setUp()
        self.contexts = []

        def _render_pdfs(notices, report_name, res_ids):
            self.contexts.append(notices.env.context.get("snailmail_layout"))
            return {res_id: make_pdf(f"{report_name} {res_id}") for res_id in res_ids}

        model = self.env.registry["ar.dunning.notice"]
        self.startPatcher(patch.object(model, "_render_pdfs", _render_pdfs))

    # === HELPERS === #

    def _send(self):
        """Preview, confirm, deliver: the notices whose letters are in the queue."""
        return self._run_ladder("2026-03-31")

    @contextmanager
    def _mock_service(self, error=None):
        """The service takes letters or refuses them with ``error``; collects them."""
        self.posted = []

        def answer(_url, params=None, timeout=15):
            if isinstance(error, BaseException):
                self.posted += params["documents"]
                raise error
            documents = params["documents"]
            if not error:
                self.posted += documents
            return {
                "request_code": 200,
                "total_cost": 1,
                "request": {
                    "documents": [
                        {**doc, "sent": not error, "error": error, "send_id": 4711}
                        for doc in documents
                    ]
                },
            }

        with patch(SERVICE, side_effect=answer) as service:
            yield service

    def _process_queue(self, error=None):
        """What the scheduled action of the post service does."""
        with self._mock_service(error) as service, self.enter_registry_test_mode():
            self.env.ref(CRON).method_direct_trigger()
        self.env.invalidate_all()
        return service
