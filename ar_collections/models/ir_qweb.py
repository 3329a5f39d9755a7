from lxml import etree

from odoo import models


class CompiledTexts(dict):
    """Templates of e-mails that were compiled for a batch."""

    __hash__ = object.__hash__  # it stands in a context


class IrQweb(models.AbstractModel):
    """The text of a level is compiled once for a batch.

    Core compiles the template of an e-mail anew for each record, a tenth of all that an
    e-mail costs.
    """

    _inherit = "ir.qweb"

    # === BUSINESS METHODS === #

    def _generate_code_uncached(self, template):
        known = self.env.context.get("ar_compiled")
        if not isinstance(known, CompiledTexts) or not etree.iselement(template):
            return super()._generate_code_uncached(template)
        context = self.env.context
        names = [*self._get_template_cache_keys(), "raise_on_forbidden_code_for_model"]
        key = (etree.tostring(template), *(context.get(name) for name in names))
        if key not in known:
            known[key] = super()._generate_code_uncached(template)
        return known[key]
