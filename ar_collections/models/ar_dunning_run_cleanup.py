from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL


class ArDunningRun(models.Model):
    """What of past nights is not worth keeping."""

    _inherit = "ar.dunning.run"

    # === CRONS === #

    @api.autovacuum
    def _gc_skips(self):
        # why an item was left alone a year ago in the night: a row for each night
        old = fields.Date.subtract(fields.Date.today(), years=1)
        self.env["ar.dunning.skip"].flush_model()
        self.flush_model(["state", "is_automatic", "date"])
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM ar_dunning_skip s USING ar_dunning_run r
                 WHERE r.id = s.run_id AND r.is_automatic AND r.date < %s
                   AND r.state IN ('done', 'cancel')
                """,
                old,
            )
        )
        self.env["ar.dunning.skip"].invalidate_model()

    @api.autovacuum
    def _gc_cancelled_night_runs(self):
        # nights without any notice leave nothing worth keeping after a quarter
        old = fields.Date.today() - timedelta(days=90)
        self.search(
            [
                ("is_automatic", "=", True),
                ("state", "=", "cancel"),
                ("date", "<", old),
                ("notice_ids", "=", False),
            ]
        ).unlink()
