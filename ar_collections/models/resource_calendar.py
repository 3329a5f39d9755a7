from odoo import api, models


class ResourceCalendar(models.Model):
    _inherit = "resource.calendar"

    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)


class ResourceCalendarAttendance(models.Model):
    _inherit = "resource.calendar.attendance"

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()


class ResourceCalendarLeaves(models.Model):
    _inherit = "resource.calendar.leaves"

    @api.model_create_multi
    def create(self, vals_list):
        leaves = super().create(vals_list)
        leaves._forget_workdays()
        return leaves

    def write(self, vals):
        self._forget_workdays()
        result = super().write(vals)
        self._forget_workdays()
        return result

    def unlink(self):
        self._forget_workdays()
        return super().unlink()

    def _forget_workdays(self):
        """Public holidays changed; the leave of a person is none."""
        if any(not leave.resource_id for leave in self):
            self.env.registry.clear_cache()
