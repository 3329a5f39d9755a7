import base64
import hashlib
import io

from odoo.tests import tagged
from odoo.tools.pdf import PdfFileReader

from odoo.addons.ar_collections_snailmail.tools.post_layout import clear_margins

from .common import PostCommon, make_pdf


@tagged("post_install", "-at_install")
class TestStoryPost(PostCommon):
    """A letter by post, from the decision to the post office."""

    def test_story_letter_by_post(self):
        run = self._preview()
        notice = run.notice_ids
        self.assertRecordValues(notice, [{"channel": "letter", "state": "draft"}])
        self.assertFalse(notice.post_letter_id)
        run.action_confirm()
        self._deliver()
        self.assertRecordValues(
            notice, [{"state": "sent", "post_state": "pending", "is_printed": True}]
        )
        # nothing to print, although a letter was sent
        self.assertEqual(run.letter_count, 0)
        letter = notice.post_letter_id
        self.assertRecordValues(
            letter,
            [
                {
                    "state": "pending",
                    "partner_id": self.customer.id,
                    "company_id": self.company.id,
                    "model": "ar.dunning.notice",
                    "res_id": notice.id,
                }
            ],
        )
        self._process_queue()
        self.assertRecordValues(notice, [{"state": "sent", "post_state": "sent"}])
        self.assertIn("4711", notice.post_note)
        (document,) = self.posted
        self.assertEqual(document["address"]["zip"], "9000")
        # what was posted is what is kept and sealed
        kept = notice.attachment_ids
        self.assertEqual(base64.b64decode(document["pdf_bin"]), kept.raw)
        self.assertIn(
            (kept.name, hashlib.sha256(kept.raw).hexdigest()), notice._get_file_seals()
        )
        self.assertTrue(notice.is_intact)
        kept.sudo().raw = b"%PDF-1.4 other"
        notice.invalidate_recordset(["is_intact"])
        self.assertFalse(notice.is_intact)

    def test_print_yourself_is_the_default(self):
        other = self.env["res.company"].create({"name": "New Ltd"})
        self.assertEqual(other.ar_letter_way, "print")
        self.company.ar_letter_way = "print"
        notice = self._send()
        self.assertRecordValues(
            notice, [{"state": "sent", "post_state": False, "is_printed": False}]
        )
        self.assertFalse(notice.post_letter_id)
        self.assertEqual(self.contexts, [None])

    def test_level_says_otherwise(self):
        self.company.ar_letter_way = "print"
        self.first.letter_way = "post"
        self.assertTrue(self._send().post_letter_id)

    def test_registered_letter_stays_yours(self):
        self.first.is_registered = True
        notice = self._send()
        self.assertFalse(notice.post_letter_id)
        self.assertFalse(notice.is_printed)

    def test_cover_page_where_the_service_cannot_find_the_address(self):
        self.company.external_report_layout_id = self.env.ref(
            "web.external_layout_bubble"
        )
        notice = self._send()
        self.assertTrue(notice.post_letter_id.cover)
        pages = PdfFileReader(io.BytesIO(notice.attachment_ids.raw)).pages
        self.assertEqual(len(pages), 2)
        self.assertEqual(self.contexts, [False])

    def test_layout_of_the_service_without_a_cover_page(self):
        notice = self._send()
        self.assertFalse(notice.post_letter_id.cover)
        self.assertEqual(self.contexts, [True])

    def test_posted_letter_is_a_contact(self):
        notice = self._send()
        contact = self.env["ar.contact"].search([("notice_id", "=", notice.id)])
        self.assertRecordValues(contact, [{"channel": "letter", "outcome": "sent"}])

    # === UNDO === #

    def test_undo_takes_back_what_still_waits(self):
        notice = self._send()
        notice.run_id._undo("Wrong list")
        self.assertRecordValues(notice, [{"state": "cancel", "post_state": "cancel"}])
        self.assertEqual(notice.post_letter_id.state, "canceled")
        self._process_queue()
        self.assertFalse(self.posted)
        self.assertEqual(self._verdict(self.invoice), "dun")

    def test_undo_cannot_take_back_what_is_posted(self):
        notice = self._send()
        self._process_queue()
        notice.run_id._undo("Wrong list")
        self.assertRecordValues(
            notice, [{"state": "sent", "post_state": "sent", "is_undone": True}]
        )

    def test_margins_are_free_for_the_marks_of_the_service(self):
        """White boxes are drawn over each page, so nothing of ours is there."""
        before = make_pdf("a letter")
        after = clear_margins(before)
        pages = PdfFileReader(io.BytesIO(after)).pages
        self.assertEqual(len(pages), 1)
        drawn = pages[0].get_contents().get_data().decode("latin-1")
        self.assertEqual(drawn.count("f*"), 5, drawn)
        self.assertIn("a letter", drawn)

    def test_uninstall_leaves_usable_levels(self):
        """The engine's channel stays: letters are printed again."""
        notice = self._send()
        self.assertEqual(notice.channel, "letter")
        selection = dict(self.first._fields["channel"].selection)
        self.assertEqual(set(selection) - {"sms"}, {"email", "letter", "none"})
