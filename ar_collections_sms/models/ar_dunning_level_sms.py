from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.rendering_tools import parse_inline_template, render_inline_template

from ..tools.sms_size import measure, simplify

SAMPLE_AMOUNT = 1234.56


class ArDunningLevel(models.Model):
    """What an SMS of the level looks like, and how many parts are paid for."""

    _inherit = "ar.dunning.level"

    sms_example = fields.Html(
        "On the phone",
        compute="_compute_sms_example",
        sanitize=False,
        help="With a sample claim, in each language that is installed.",
    )

    # === COMPUTE METHODS === #

    @api.depends(
        "channel",
        "fallback_channel",
        "deadline_days",
        "sms_template_id",
        "sms_template_id.body",
        "variant_ids.sms_template_id",
    )
    def _compute_sms_example(self):
        languages = self.env["res.lang"].get_installed()
        for level in self:
            is_sent = "sms" in (level.channel, level.fallback_channel)
            level.sms_example = is_sent and self.env["ir.qweb"]._render(
                "ar_collections_sms.level_example",
                {"examples": level._get_sms_examples(languages)},
            )

    # === BUSINESS METHODS === #

    def _get_sms_examples(self, languages):
        """The texts of the level in these languages, with a sample claim.

        :param languages: list of (code, name)
        :rtype: list[dict]
        """
        self.ensure_one()
        variants = self.variant_ids.filtered("sms_template_id")
        payers = dict(
            variants._fields["payer_profile"]._description_selection(self.env)
        )
        holders = [("", self.sms_template_id)]
        holders += [(payers[v.payer_profile], v.sms_template_id) for v in variants]
        examples = []
        for payer, template in holders:
            for code, language in languages if template else ():
                text, problem = self._render_sms_sample(template, code)
                characters, parts, is_unicode = measure(text)
                examples.append(
                    {
                        "payer": payer,
                        "language": language,
                        "text": text,
                        "problem": problem,
                        "characters": characters,
                        "parts": parts,
                        "is_unicode": is_unicode,
                    }
                )
        return examples

    def _render_sms_sample(self, template, lang):
        """The text for a sample claim: (text, what is wrong with it)."""
        # sudo: an employee reads texts that an administrator writes
        template = template._origin.sudo().with_context(lang=lang)
        variables = template._render_eval_context()
        variables["object"] = self._get_sms_sample(lang)
        try:
            text = render_inline_template(
                parse_inline_template(template.body or ""), variables
            )
        except Exception as error:  # noqa: BLE001, whatever somebody typed there
            return "", str(error) or type(error).__name__
        return simplify(text.strip()), ""

    def _get_sms_sample(self, lang):
        """A notice as the level would send it; nothing is stored."""
        company = self.company_id or self.env.company
        partner = self.env["res.partner"].new(
            {"name": self.env._("Sample Customer Ltd"), "lang": lang}
        )
        return (
            self.env["ar.dunning.notice"]
            .with_context(lang=lang)
            .new(
                {
                    "company_id": company.id,
                    "currency_id": company.currency_id.id,
                    "partner_id": partner,
                    "level_id": self._origin.id,
                    "channel": "sms",
                    "amount_due": SAMPLE_AMOUNT,
                    "date": company._ar_today(),
                    "date_deadline": company._ar_today()
                    + timedelta(days=self.deadline_days),
                }
            )
        )

    def action_open_sms_text(self):
        """Open the SMS text, to write it or to read it."""
        self.ensure_one()
        if not self.sms_template_id:
            raise UserError(self.env._("Choose an SMS text first."))
        return {
            "type": "ir.actions.act_window",
            "res_model": "sms.template",
            "res_id": self.sms_template_id.id,
            "view_mode": "form",
            "target": "new",
        }
