from collections import defaultdict

from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.exceptions import AccessError

from .ir_actions_report import put_printing


class AccountMove(models.Model):
    _inherit = "account.move"

    ar_policy_id = fields.Many2one(
        "ar.policy",
        "Collections policy",
        check_company=True,
        copy=False,
        # not for the customer, who reads the invoice on the portal
        groups="base.group_user",
        index="btree_not_null",
        help="Overrides the policy of the customer for this invoice.",
    )
    dunning_level_id = fields.Many2one(
        "ar.dunning.level",
        compute="_compute_dunning_level_id",
        search="_search_dunning_level_id",
        groups="base.group_user",
    )
    ar_pause_ids = fields.Many2many(
        "ar.pause",
        string="Pauses",
        compute="_compute_ar_pause_ids",
        groups="ar_collections.ar_collections_group_readonly",
        help="Those that run or will run, of the invoice or of its customer.",
    )
    ar_policy_reason = fields.Char(
        "Why this policy",
        compute="_compute_ar_policy_reason",
        groups="ar_collections.ar_collections_group_readonly",
    )
    ar_outlook = fields.Html(
        "What the ladder does next",
        compute="_compute_ar_outlook",
        groups="ar_collections.ar_collections_group_readonly",
    )
    ar_notice_count = fields.Integer(
        compute="_compute_ar_notice_count",
        groups="ar_collections.ar_collections_group_readonly",
    )

    # === COMPUTE METHODS === #

    @api.depends("line_ids")
    def _compute_dunning_level_id(self):
        """The highest level at which a notice about the invoice was sent."""
        # sudo: the badge is for everybody who may read the invoice
        groups = (
            self.env["ar.dunning.notice.line"]
            .sudo()
            ._read_group(
                self._get_step_domain(),
                ["move_line_id", "level_id"],
                ["level_rank:max"],
            )
        )
        best = {}
        for line, level, rank in groups:
            if rank > best.get(line.move_id.id, (0, None))[0]:
                best[line.move_id.id] = (rank, level)
        for move in self:
            move.dunning_level_id = best.get(move._origin.id, (0, False))[1]

    def _get_step_domain(self):
        return [
            ("move_line_id.move_id", "in", self.ids),
            ("is_live", "=", True),
            ("is_step", "=", True),
            ("notice_id.state", "=", "sent"),
        ]

    @api.model
    def _search_dunning_level_id(self, operator, value):
        if operator != "in":
            return NotImplemented
        # core asks for the groups of stored fields only
        self._check_field_access(self._fields["dunning_level_id"], "read")
        # sudo: as for reading the level
        lines = self.env["ar.dunning.notice.line"].sudo()
        domain = [
            ("is_live", "=", True),
            ("is_step", "=", True),
            ("notice_id.state", "=", "sent"),
        ]
        found = [("level_id", "in", [v for v in value if v])]
        dunned = lines._search(domain + found).subselect("move_line_id")
        result = fields.Domain("line_ids", "in", dunned)
        if False in value:
            any_level = lines._search(domain).subselect("move_line_id")
            result |= fields.Domain("line_ids", "not in", any_level)
        return result

    @api.depends("line_ids.amount_residual", "ar_policy_id")
    def _compute_ar_outlook(self):
        """What the next run would do with the invoice, and why."""
        engine = self.env["ar.dunning.engine"]
        self.ar_outlook = False
        open_moves = self.filtered(
            lambda m: m.state == "posted" and m.is_sale_document(include_receipts=True)
        )
        for company, moves in open_moves.grouped(
            lambda m: m.company_id.root_id
        ).items():
            rows = engine._decide(
                company,
                company._ar_today(),
                partners=moves.commercial_partner_id,
            )
            for move in moves:
                sentences = [
                    engine._explain_row(row)
                    for row in rows
                    if row["move_id"] == move._origin.id and row["verdict"] != "credit"
                ]
                move.ar_outlook = Markup("<br/>").join(
                    escape(sentence) for sentence in dict.fromkeys(sentences)
                )

    def _compute_ar_notice_count(self):
        groups = self.env["ar.dunning.notice.line"]._read_group(
            [
                ("move_line_id.move_id", "in", self.ids),
                ("notice_id.state", "!=", "cancel"),
            ],
            ["move_line_id", "notice_id"],
        )
        notices = defaultdict(set)
        for line, notice in groups:
            notices[line.move_id.id].add(notice.id)
        for move in self:
            move.ar_notice_count = len(notices[move._origin.id])

    def _compute_ar_pause_ids(self):
        pauses = self.env["ar.pause"].search(
            [
                ("partner_id", "in", self.commercial_partner_id.ids),
                ("state", "in", ("running", "planned")),
            ]
        )
        for move in self:
            company = move.company_id.root_id
            move.ar_pause_ids = pauses.filtered(
                lambda p, move=move, company=company: (
                    p.company_id == company
                    and p.partner_id == move.commercial_partner_id
                    and (not p.is_for_items or p.line_ids & move._origin.line_ids)
                )
            )

    @api.depends("ar_policy_id", "partner_id")
    def _compute_ar_policy_reason(self):
        debtors = self._get_ar_debtors()
        nobody = self.env["ar.debtor"]
        for move, policy in self._get_ar_policies().items():
            key = (move.company_id.root_id, move.commercial_partner_id)
            debtor = debtors.get(key, nobody)
            reason = debtor.policy_reason or debtor._explain_policy("company", None)
            if move.ar_policy_id.active:
                reason = debtor._explain_policy("invoice", None)
            move.ar_policy_reason = f"{policy.name}. {reason}" if policy else False

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        moves = super().create(vals_list)
        # looked at afterwards: defaults from the context are seen, too
        if moves.sudo().ar_policy_id:
            self._check_may_choose_policy()
        return moves

    def write(self, vals):
        if "ar_policy_id" in vals:
            self._check_may_choose_policy()
        result = super().write(vals)
        if "ar_policy_id" in vals:
            self.env["ar.debtor"]._mark_stale(self.line_ids)
        return result

    def _check_may_choose_policy(self):
        group = "ar_collections.ar_collections_group_user"
        if not (self.env.su or self.env.user.has_group(group)):
            raise AccessError(
                self.env._("Only collectors choose the collections policy.")
            )

    def _post(self, soft=True):
        posted = super()._post(soft)
        self.env["ar.debtor"]._mark_stale(posted.line_ids)
        return posted

    def button_draft(self):
        self.env["ar.debtor"]._mark_stale(self.line_ids)
        return super().button_draft()

    # === BUSINESS METHODS === #

    def _get_ar_debtors(self):
        """The debtors of these invoices, as {(root company, commercial partner): debtor}."""
        debtors = self.env["ar.debtor"].search(
            [
                ("partner_id", "in", self.commercial_partner_id.ids),
                ("company_id", "in", self.company_id.root_id.ids),
            ]
        )
        return debtors.grouped(lambda d: (d.company_id, d.partner_id))

    def _get_ar_policies(self):
        """The policy of each: the invoice's own, its customer's, the default.

        :rtype: dict[account.move, ar.policy]
        """
        # sudo: printed for whoever prints the invoice, and on the portal
        moves = self.sudo()
        debtors = moves._get_ar_debtors()
        defaults = {
            company: moves.env["ar.policy"]._get_company_default(company)
            for company in moves.company_id.root_id
        }
        found = {}
        for move, mine in zip(self, moves, strict=True):
            company = mine.company_id.root_id
            debtor = debtors.get((company, mine.commercial_partner_id))
            policy = debtor.applied_policy_id if debtor else defaults.get(company)
            own = mine.ar_policy_id
            found[move] = own if own.active else policy or own.browse()
        return found

    def _get_ar_public_policy(self):
        """The text of the invoice's policy, if it is published on invoices."""
        if self.move_type != "out_invoice":
            return False
        policy = self._get_ar_policies()[self]
        return policy.description if policy.is_printed_on_invoice else False

    # === ACTION METHODS === #

    def action_open_ar_notices(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ar_collections.ar_dunning_notice_action"
        )
        domain = [
            ("line_ids.move_line_id.move_id", "=", self.id),
            ("state", "!=", "cancel"),
        ]
        return dict(action, domain=domain, context={})

    def _is_ar_known_to_customer(self):
        """Whether the customer has this document: it was sent, or claimed by a notice.

        Core takes an invoice without a stored PDF for one that is still to come, and
        heads it "Proforma" on the portal. A claim for a proforma makes no sense. Nothing
        is stored for it here: to issue an invoice, with what a country wants of it, is
        the business of core's sending.
        """
        self.ensure_one()
        if self.state != "posted" or not self.is_sale_document(include_receipts=True):
            return False
        if self.is_move_sent:
            return True
        # sudo: asked by the portal, for a document that the visitor may see
        lines = self.env["ar.dunning.notice.line"].sudo()
        domain = [
            ("move_line_id.move_id", "=", self.id),
            ("notice_id.state", "=", "sent"),
        ]
        return bool(lines.search_count(domain, limit=1))

    def _get_invoice_pdf_proforma(self):
        if not self._is_ar_known_to_customer():
            return super()._get_invoice_pdf_proforma()
        reports = put_printing(self.env["ir.actions.report"], is_local=True)
        name = "account.account_invoices"
        streams, kind = reports._pre_render_qweb_pdf(name, self.ids)
        return {
            "filename": self._get_invoice_report_filename(),
            "filetype": "pdf",
            "content": reports._get_splitted_report(name, streams, kind)[self.id],
        }
