from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Command

# Names and numbers of customers: what a window shows of them it reads with full rights.
LEDGER = ("account.move", "account.move.line", "res.partner")
SET = (Command.LINK, Command.UPDATE)


class ArWizardMixin(models.AbstractModel):
    """A window that is about records: only about those that its user may read.

    Related fields and stored computed ones are worked out with full rights, so whoever
    names a record of another company, by RPC, would be shown what is in it.
    """

    _name = "ar.wizard.mixin"
    _description = "Is About Records of Its User"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_named(vals)
        wizards = super().create(vals_list)
        # also what defaults have named
        for wizard in wizards:
            wizard._check_about()
        return wizards

    def write(self, vals):
        self._check_named(vals)
        return super().write(vals)

    def onchange(self, values, field_names, fields_spec):
        self._check_named(values)
        if not self.env.su and not values:
            # a new window: also what the context names
            names = [field.name for field in self._get_about_fields(given=True)]
            self._check_named(self.default_get(names))
        return super().onchange(values, field_names, fields_spec)

    # === BUSINESS METHODS === #

    @api.model
    def _get_about_fields(self, given=False):
        """Fields that say what the window is about.

        :param bool given: by somebody from outside, who may give computed ones, too
        """
        return [
            field
            for field in self._fields.values()
            if field.type in ("many2one", "many2many")
            and (given or not (field.compute and field.readonly))
            and (
                field.comodel_name.startswith("ar.")
                or field.comodel_name in LEDGER
                or field.comodel_name == "res.company"
            )
        ]

    @api.model
    def _check_named(self, vals):
        """Values as they come from outside, before anything is worked out from them.

        :raise AccessError: if the user may not read one of the records
        """
        if self.env.su:
            return
        for field in self._get_about_fields(given=True):
            ids = self._get_ids(vals.get(field.name))
            self._check_readable(self.env[field.comodel_name].browse(ids))

    @api.model
    def _get_ids(self, value):
        """Ids in a value of a many2one or in commands of a many2many."""
        if isinstance(value, models.BaseModel):
            return value.ids
        if isinstance(value, dict):
            value = value.get("id")
        if isinstance(value, int):
            return [value] if value else []
        ids = []
        for command in value or ():
            if isinstance(command, int):
                ids.append(command)
            elif command[0] == Command.SET:
                ids += command[2]
            elif command[0] in SET:
                ids.append(command[1])
        return ids

    def _check_about(self):
        if not self.env.su:
            for field in self._get_about_fields():
                self._check_readable(self[field.name])

    @api.model
    def _check_readable(self, records):
        if records._name == "res.company":
            # a branch works on the books of its root
            mine = self.env.user.company_ids
            if records - mine - mine.root_id:
                raise AccessError(
                    self.env._("This company is none of yours: choose another one.")
                )
        elif records:
            records.check_access("read")
