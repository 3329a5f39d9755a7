import re
from datetime import timedelta
from types import SimpleNamespace

from lxml import html

from odoo import SUPERUSER_ID, fields
from odoo.tests import new_test_user, tagged
from odoo.tools import format_amount, format_date

from .common import ArCollectionsCommon

LANGS = ("de_DE", "fr_FR", "es_ES", "nl_NL", "it_IT")
DUE = "2026-01-30"
# what the blocks say in English; nobody else may read it
BLOCKS = (
    "Document",
    "Open",
    "Total due",
    "days late",
    "Please transfer",
    "with the reference",
    "View and pay",
    "Should we receive",
    "write to you again",
    "last of our reminders",
    "Questions?",
    "glad to help",
    "If you have just paid",
    "Kind regards",
    "Your reference",
    "Reference",
)


@tagged("post_install", "-at_install")
class TestReadyPolicies(ArCollectionsCommon):
    """The policies that come with the product, and the letters they send."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        root = cls.env(user=SUPERUSER_ID)
        for lang in LANGS:
            root["res.lang"]._activate_lang(lang)
        root["ir.module.module"]._load_module_terms(["ar_collections"], list(LANGS))
        policies = cls.env["ar.policy"].with_context(active_test=False)
        cls.ready = policies.search([("is_ready", "=", True)])
        cls.templates = (
            cls.ready.level_ids.mail_template_id
            | cls.ready.level_ids.variant_ids.mail_template_id
        ).sudo()
        cls.company.vat = "BE0477472701"
        cls.account = (
            cls.env["res.partner.bank"]
            .sudo()
            .create(
                {
                    "acc_number": "BE71096123456769",
                    "partner_id": cls.company.partner_id.id,
                    "allow_out_payment": True,
                }
            )
        )

    # === HELPERS === #

    def _use(self, policy):
        action = policy.action_use()
        used = self.env["ar.policy"].browse(action["res_id"])
        # PDFs are made in the tests of their own
        used.level_ids.attach_invoices = False
        used.level_ids.attach_letter = False
        used.level_ids.min_amount = 0
        return used

    def _get_words(self, text):
        """The fixed words of a text with placeholders, piece by piece."""
        if "<" not in text:
            return re.split(r"\{\{.*?\}\}", text)
        tree = html.fromstring(text)
        pieces = []
        for node in tree.iter():
            is_computed = any(up.get("t-out") for up in (node, *node.iterancestors()))
            if not is_computed:
                pieces.append(node.text or "")
            if node.getparent() is not None:
                pieces.append(node.tail or "")
        return [" ".join(piece.split()) for piece in pieces if piece.strip()]

    def _flatten(self, text):
        text = " ".join(html.fromstring(f"<div>{text}</div>").itertext())
        return re.sub(r"[\s\u00a0\u202f\u200b\ufeff]+", " ", text)

    def _climb(self, policy, profiles):
        """Each profile's way up the ladder: {profile: its notices in order}."""
        used = self._use(policy)
        self.company.ar_policy_id = used
        due = fields.Date.to_date(DUE)
        days = set()
        customers = {}
        for profile in profiles:
            customer = self._create_customer(f"{policy.name} {profile}")
            self._create_invoice_due(DUE, 1000, customer)
            debtor = self.env["ar.debtor"]._get(customer, self.company)
            debtor.write({"profile_manual": profile, "profile_reason": "Test"})
            customers[profile] = customer
            for level in used.level_ids:
                variant = level._get_variant(profile)
                delay = variant.delay_days if variant else level.delay_days
                days.add(level._get_day(self.company, due, delay))
        sent = self.env["ar.dunning.notice"]
        for day in sorted(days):
            sent += self._run_ladder(fields.Date.to_string(day))
        return {
            profile: sent.filtered(
                lambda n, partner=partner: n.debtor_id.partner_id == partner
            )
            for profile, partner in customers.items()
        }

    # === NAMES === #

    def test_second_one_of_a_ready_policy_is_named_a_copy(self):
        ready = self.env.ref("ar_collections.ar_policy_ready_firm")
        # as the screen of the ready policies calls it
        ready = ready.with_context(active_test=False)
        first, second = self._use(ready), self._use(ready)
        self.assertEqual(first.name, ready.name)
        self.assertEqual(second.name, f"{ready.name} (copy)")

    # === LATE CHARGES === #

    def test_late_charges_are_announced_in_five_more_languages(self):
        """The pieces around date, rate and amounts make one sentence in each."""
        notice = SimpleNamespace(
            date_deadline=fields.Date.to_date("2026-12-07"),
            currency_id=self.env.ref("base.EUR"),
            _get_waiver_offers=lambda: [],
            amount_fee=5.0,
            amount_cost=15.0,
            amount_due=100.0,
            amount_charge_today=1.5,
        )
        charges = {"rate": "10,15", "daily": 0.28, "interest": 12.5, "costs": 40.0}
        begins = {
            "de_DE": "Auf alles, was später als Montag, 7. Dezember 2026 noch offen",
            "fr_FR": "Les sommes encore dues après le lundi 7 décembre 2026 produiront",
            "es_ES": "Los importes que sigan pendientes después del lunes, 7 de diciembre",
            "nl_NL": "Over wat na maandag 7 december 2026 nog openstaat, berekenen",
            "it_IT": "Su quanto risulterà ancora aperto dopo lunedì 7 dicembre 2026 app",
        }
        for lang in LANGS:
            with self.subTest(lang=lang):
                qweb = self.env["ir.qweb"].with_context(lang=lang)
                text = self._flatten(
                    qweb._render(
                        "ar_collections.notice_charge_block",
                        {"notice": notice, "charges": charges},
                    )
                )
                self.assertIn(begins[lang], text)
                text += self._flatten(
                    qweb._render(
                        "ar_collections.notice_charge_block",
                        {"notice": notice, "charges": None},
                    )
                )
                for word in (
                    "interest",
                    "year",
                    "each day",
                    "lump sum",
                    "costs",
                    "fee",
                ):
                    self.assertNotRegex(text, rf"\b{word}\b")

    # === POLICIES === #

    def test_five_policies_wait_to_be_used(self):
        self.assertEqual(
            set(self.ready.mapped("name")),
            {"Friendly", "Standard", "Firm", "Consumers", "Public bodies"},
        )
        for policy in self.ready:
            self.assertFalse(policy.active, policy.name)
            self.assertFalse(policy.company_id, policy.name)
            self.assertTrue(policy.description, policy.name)
            self.assertIn(len(policy.level_ids), (3, 4), policy.name)

    def test_every_level_has_words(self):
        for level in self.ready.level_ids:
            self.assertNotEqual(level.channel, "none", level.name)
            for profile in ("new", "good", "slow", "chronic"):
                self.assertTrue(level._get_template(profile).subject, level.name)
                self.assertTrue(level._get_template(profile).body_html, level.name)

    def test_a_used_policy_has_texts_of_its_own_in_all_languages(self):
        for policy in self.ready:
            used = self._use(policy)
            # the policy that comes installed has the name of one of them
            is_taken = policy.name == "Standard"
            name = f"{policy.name} (copy)" if is_taken else policy.name
            self.assertRecordValues(
                used, [{"name": name, "active": True, "is_ready": False}]
            )
            used.level_ids._check_delays_climb()
            used.level_ids._check_has_text()
            pairs = zip(used.level_ids, policy.level_ids, strict=True)
            for copy, level in pairs:
                for profile in ("new", "good", "slow", "chronic"):
                    own = copy._get_template(profile)
                    ready = level._get_template(profile)
                    self.assertNotEqual(own, ready)
                    for lang in ("en_US", *LANGS):
                        self.assertEqual(
                            own.with_context(lang=lang).body_html,
                            ready.with_context(lang=lang).body_html,
                            (level.name, profile, lang),
                        )
                self.assertEqual(
                    copy.with_context(lang="de_DE").name,
                    level.with_context(lang="de_DE").name,
                )
            german = used.with_context(lang="de_DE").description
            self.assertEqual(german, policy.with_context(lang="de_DE").description)

    def test_a_manager_who_may_not_edit_templates_uses_one(self):
        editors = self.env.ref("mail.group_mail_template_editor")
        self.env.ref("base.group_user").sudo().implied_ids -= editors
        manager = new_test_user(
            self.env(user=SUPERUSER_ID),
            "credit.manager",
            "ar_collections.ar_collections_group_manager",
            company_id=self.company.id,
        )
        self.assertFalse(manager.has_group("mail.group_mail_template_editor"))
        used = self._use(self.ready[0].with_user(manager))
        self.assertNotIn(used.level_ids[0].mail_template_id, self.templates)

    # === LADDER === #

    def test_each_payer_profile_climbs_its_own_way(self):
        for policy in self.ready:
            sent = self._climb(policy, ("new", "good", "slow", "chronic"))
            self._check_chronic_start_higher(policy, sent)
            self._check_first_letter_is_not_for_chronic(policy, sent)
            self._check_deadlines(policy, sent)
            # good ones are asked, slow ones reminded of the terms
            self.assertGreater(sent["good"][0].days_overdue, 0, policy.name)
            self.assertIn("usually", sent["good"][0].body, policy.name)
            slow = sent["slow"].filtered(lambda n: n.days_overdue > 0)
            self.assertIn("agreed", slow[0].body, policy.name)

    def _check_chronic_start_higher(self, policy, sent):
        levels = policy.level_ids.filtered(lambda lv: lv.delay_days > 0)
        for profile, expected in (("new", levels), ("chronic", levels[1:])):
            reminders = sent[profile].filtered(lambda n: n.days_overdue > 0)
            self.assertEqual(
                reminders.level_id.mapped("name"), expected.mapped("name"), policy.name
            )

    def _check_first_letter_is_not_for_chronic(self, policy, sent):
        gentle = sent["new"].filtered(lambda n: n.days_overdue <= 0)
        gentle += (sent["new"] - gentle)[0]
        if policy.name == "Firm":
            # before the due date it tells nobody more than the facts
            gentle = gentle[1:]
        words = {
            piece
            for notice in gentle
            for piece in self._get_words(notice.level_id._get_template("new").body_html)
            # this one says only what the table holds
            if len(piece) > 40 and not piece.startswith("The list states")
        }
        self.assertTrue(words, policy.name)
        for notice in sent["chronic"]:
            body = self._flatten(notice.body)
            for piece in words:
                self.assertNotIn(piece, body, (policy.name, notice.level_id.name))

    def _check_deadlines(self, policy, sent):
        """Time to pay, which ends before the next letter; for consumers two weeks."""
        consumers = self.env.ref("ar_collections.ar_policy_ready_consumer")
        least = timedelta(14 if policy == consumers else 4)
        for notices in sent.values():
            reminders = notices.filtered(lambda n: n.days_overdue > 0)
            for notice in reminders:
                days = notice.date_deadline - notice.date_sent
                self.assertGreaterEqual(days, least, notice.level_id.name)
            for notice, following in zip(reminders, reminders[1:], strict=False):
                self.assertLess(notice.date_deadline, following.date_sent)

    # === WORDS === #

    def test_no_shouting_in_any_language(self):
        for template in self.templates:
            for lang in ("en_US", *LANGS):
                translated = template.with_context(lang=lang)
                for text in (translated.subject, translated.body_html):
                    words = " ".join(self._get_words(text))
                    label = (template.name, lang)
                    self.assertNotRegex(words, "[!¡]", label)
                    self.assertNotRegex(words, r"\b[A-ZÀ-Þ]{2,}\b", label)

    def test_letters_name_amount_and_deadline_in_six_languages(self):
        for lang in ("en_US", *LANGS):
            customer = self._create_customer(f"Payer {lang}", lang=lang)
            self._create_invoice_due("2026-03-20", 1234.5, customer, ref="PO-77")
        run = self._preview()
        notices = run.notice_ids.sudo()
        self.assertEqual(len(notices), 6)
        upcoming = self.templates.filtered(lambda t: "before the due" in t.name)
        for template in self.templates:
            subjects = template._render_field("subject", notices.ids, compute_lang=True)
            bodies = template._render_field(
                "body_html",
                notices.ids,
                compute_lang=True,
                options={"post_process": True},
            )
            for notice in notices:
                lang = notice.partner_id.lang
                label = (template.name, lang)
                body = self._flatten(bodies[notice.id])
                amount = format_amount(self.env, 1234.5, notice.currency_id, lang)
                amount = self._flatten(amount).replace("$", "").strip()
                self.assertIn(amount, body, label)
                self.assertIn("PO-77", body, label)
                # as it is written: in groups of four where IBANs are known
                self.assertIn(self._flatten(self.account.acc_number), body, label)
                if template not in upcoming:
                    deadline = format_date(
                        self.env, notice.date_deadline, lang, date_format="full"
                    )
                    self.assertIn(deadline, body, label)
                if lang == "en_US":
                    continue
                self._check_translated(template, lang, subjects[notice.id], body)

    def _check_translated(self, template, lang, subject, body):
        english = template.with_context(lang="en_US")
        for piece in self._get_words(english.body_html):
            if len(piece) > 12 or piece.startswith("Dear"):
                self.assertNotIn(piece, body, (template.name, lang))
        for piece in BLOCKS:
            # these look the same in some languages
            if piece not in ("Document", "Reference"):
                pattern = rf"(?<!\w){re.escape(piece)}(?!\w)"
                self.assertNotRegex(body, pattern, (template.name, lang))
        self.assertNotEqual(
            template.with_context(lang=lang).subject, english.subject, lang
        )
        for piece in self._get_words(english.subject):
            if len(piece.strip()) > 12:
                self.assertNotIn(piece.strip(), subject, (template.name, lang))

    def test_names_and_texts_for_customers_are_translated(self):
        standard = self.env.ref("ar_collections.ar_policy_standard")
        for policy in self.ready | standard:
            for lang in LANGS:
                self.assertNotEqual(
                    policy.with_context(lang=lang).description, policy.description
                )
                for level in policy.level_ids:
                    self.assertNotEqual(
                        level.with_context(lang=lang).name, level.name, lang
                    )

    def test_mail_and_letter_around_the_text_are_translated(self):
        customer = self._create_customer("Zahler GmbH", lang="de_DE")
        self._create_invoice_due("2026-03-20", 1000, customer)
        notice = self._preview().notice_ids
        report = self.env["ir.actions.report"]
        letter, _kind = report._render_qweb_html(
            "ar_collections.report_ar_dunning_notice", notice.ids
        )
        self.assertIn("Unser Zeichen:", letter.decode())
        self.assertIn("Gesamtbetrag", letter.decode())
        notice.run_id.action_confirm()
        self._deliver()
        mail = notice.mail_message_id.sudo().mail_ids
        self.assertIn("Referenz", mail.body_html)

    def test_only_invoices_have_the_customer_s_reference(self):
        self._create_invoice_due("2026-03-20", 100, ref="PO-5")
        entry = self._create_opening_entry(
            "2026-03-20", [(self.customer, 70)], no_followup=False
        )
        entry.ref = "Opening balance"
        body = self._preview().notice_ids._get_message()["body"]
        self.assertIn("PO-5", body)
        self.assertIn(entry.name, body)
        self.assertNotIn("Opening balance", body)

    def test_formal_notice_to_consumers_names_the_creditor(self):
        self.company.partner_id.write({"street": "Quay 5", "city": "Ghent"})
        self._create_invoice_due("2026-03-20", 100)
        notice = self._preview().notice_ids
        template = self.env.ref(
            "ar_collections.mail_template_ar_ready_consumer_final"
        ).sudo()
        body = self._flatten(template._render_field("body_html", notice.ids)[notice.id])
        for part in (self.company.name, "Quay 5", "Ghent", "BE0477472701"):
            self.assertIn(part, body)

    def test_ready_policies_do_what_their_words_promise(self):
        """The last letter of each ladder leaves the collector a call to make."""
        call = self.env.ref("ar_collections.ir_actions_server_ar_plan_call")
        for policy in self.ready:
            last = policy.level_ids.sorted("sequence")[-1]
            self.assertEqual(last.action_ids, call, policy.name)
