from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from .common import SmsCommon

READY = ("upcoming", "first", "good", "second", "facts", "final")
LANGUAGES = ("en_US", "de_DE", "fr_FR", "es_ES", "nl_NL", "it_IT")


@tagged("post_install", "-at_install")
class TestSmsLevel(SmsCommon):
    """A level of the channel SMS: its text, its size, its history."""

    def test_level_needs_a_text(self):
        for level, vals, words in (
            (self.first, {"sms_template_id": False}, "choose its SMS text"),
            (self.first, {"mail_template_id": False}, "choose its text"),
            (self.second, {"fallback_channel": "sms"}, "choose its SMS text"),
        ):
            with self.subTest(vals=vals), self.assertRaises(ValidationError) as raised:
                level.write(vals)
            self.assertIn(words, str(raised.exception))
        # nothing is sent by e-mail then
        self.first.write({"fallback_channel": "none", "mail_template_id": False})

    def test_form_shows_the_text_and_its_size(self):
        with Form(self.first) as form:
            self.assertIn("1,234.56", form.sms_example)
            self.assertIn("2 SMS", form.sms_example)
            form.sms_template_id = self.env.ref(
                "ar_collections_sms.sms_template_ar_second"
            )
            self.assertIn("find a solution", form.sms_example)

    def test_broken_text_is_said_on_the_form(self):
        self.text.sudo().body = "{{ object.no_such_field }}"
        self.assertIn("no_such_field", self.first.sms_example)

    def test_ready_texts_are_short_in_all_languages(self):
        """One or two SMS with a link, none in Unicode, each with total and deadline."""
        for lang in LANGUAGES:
            self.env["res.lang"]._activate_lang(lang)
        self.env["ir.module.module"].search(
            [("name", "=", "ar_collections_sms")]
        )._update_translations([*LANGUAGES])
        self.company.name = "Northlight Trading Company"
        languages = [(lang, lang) for lang in LANGUAGES]
        for name in READY:
            self.first.sms_template_id = self.env.ref(
                f"ar_collections_sms.sms_template_ar_{name}"
            )
            examples = self.first._get_sms_examples(languages)
            self.assertEqual(len({e["text"] for e in examples}), len(LANGUAGES))
            for example in examples:
                with self.subTest(text=name, lang=example["language"]):
                    self.assertFalse(example["problem"])
                    self.assertFalse(example["is_unicode"])
                    self.assertLessEqual(example["parts"], 2)
                    for part in ("Northlight Trading Company", "http", "2026"):
                        self.assertIn(part, example["text"])
                    self.assertRegex(example["text"], r"1.?234[.,]56")

    def test_version_of_the_policy_records_the_text(self):
        number = self.policy.version
        self.first.sms_template_id = self.env.ref(
            "ar_collections_sms.sms_template_ar_facts"
        )
        self.env.flush_all()
        version = self.policy.version_ids[0]
        self.assertGreaterEqual(version.number, number)
        level = next(
            lv for lv in version.snapshot["levels"] if lv["id"] == self.first.id
        )
        self.assertEqual(level["sms_template_id"], self.first.sms_template_id.id)

    def test_policy_made_of_a_ready_one_has_texts_of_its_own(self):
        self.first._own_texts()
        self.assertNotEqual(self.first.sms_template_id, self.text)
        self.assertEqual(self.first.sms_template_id.body, self.text.body)
        self.assertEqual(
            self.first.sms_template_id.name, "Ladder: Collections: first reminder"
        )

    def test_uninstall_leaves_usable_levels(self):
        self.second.write({"fallback_channel": "sms", "sms_template_id": self.text.id})
        self.upcoming.write(
            {
                "channel": "sms",
                "fallback_channel": "none",
                "sms_template_id": self.text.id,
                "mail_template_id": False,
            }
        )
        sent = self._send()
        for field in ("channel", "fallback_channel"):
            self.env["ir.model.fields.selection"].search(
                [
                    ("field_id.model", "=", "ar.dunning.level"),
                    ("field_id.name", "=", field),
                    ("value", "=", "sms"),
                ]
            )._process_ondelete()
        self.env.invalidate_all()
        self.assertRecordValues(
            self.first + self.second + self.upcoming,
            [
                {"channel": "email", "fallback_channel": "email"},
                {"channel": "email", "fallback_channel": "letter"},
                {"channel": "none", "fallback_channel": "none"},
            ],
        )
        # history stays as it was
        self.assertEqual((sent.channel, sent.is_intact), ("sms", True))
