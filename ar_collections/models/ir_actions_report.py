import io
import logging
import os
import tempfile
from dataclasses import dataclass, replace

from odoo import models
from odoo.exceptions import UserError

from odoo.addons.base.models.ir_actions_report import _wkhtml

from ..tools.pdf_pages import mark_starts, read_starts

_logger = logging.getLogger(__name__)

# Documents of one wkhtmltopdf: they share its start, and each page reads the heads of all.
DOCUMENTS = 15


class CannotSplit(Exception):
    """The pages of several records cannot be told apart; print them one by one."""


@dataclass(frozen=True)
class Printing:
    """How a PDF is made. No request can bring one along, as it can numbers and paths."""

    # sent letters, too
    is_fresh: bool = False
    # without the web server
    is_local: bool = False
    # without waiting for scripts
    is_quick: bool = False
    # whose pages are to be told apart
    split: tuple = ()
    is_split: bool = False
    outline: str = ""
    # what wkhtmltopdf may read from the disk
    files: tuple = ()


def get_printing(records):
    """How these records' PDFs are made.

    :rtype: Printing
    """
    printing = records.env.context.get("ar_printing")
    return printing if isinstance(printing, Printing) else Printing()


def put_printing(records, **changes):
    """The same records, whose PDFs are made another way."""
    return records.with_context(ar_printing=replace(get_printing(records), **changes))


class IrActionsReport(models.Model):
    """Many documents by one wkhtmltopdf, which mostly waits when it makes only one.

    Core would find the first page of each record by the headings of the texts, and
    guess wrong where a text has another number of them than one. Here wkhtmltopdf tells
    the pages itself.
    """

    _inherit = "ir.actions.report"

    # === BUSINESS METHODS === #

    def _ar_render_each(self, report_ref, res_ids):
        """PDF of each record, as if it were printed alone.

        :return: {record id: bytes}
        :raise UserError: if wkhtmltopdf is missing or fails
        """
        fresh = put_printing(self, is_fresh=True, is_local=True)
        if len(res_ids) > 1 and _wkhtml().is_patched_qt:
            try:
                return fresh._ar_render_together(report_ref, res_ids)
            except CannotSplit as error:
                _logger.info("%s: printed one by one, %s", report_ref, error)
            except UserError:
                # one of them kills the program; it stops no other
                half = len(res_ids) // 2
                return {
                    **self._ar_render_each(report_ref, res_ids[:half]),
                    **self._ar_render_each(report_ref, res_ids[half:]),
                }
        return {
            res_id: fresh._ar_render_alone(report_ref, res_id) for res_id in res_ids
        }

    def _ar_render_alone(self, report_ref, res_id):
        streams, kind = self._pre_render_qweb_pdf(report_ref, [res_id])
        if kind == "pdf":
            return streams[res_id]["stream"].getvalue()
        if self.get_wkhtmltopdf_state() in ("install", "broken"):
            raise UserError(
                self.env._(
                    "The PDF could not be made: wkhtmltopdf is not installed on the "
                    "server. Ask its administrator, then try again."
                )
            )
        return streams  # a test that makes no PDFs

    def _ar_render_together(self, report_ref, res_ids):
        split = put_printing(self, is_split=True)
        streams, kind = split._pre_render_qweb_pdf(report_ref, list(res_ids))
        if kind != "pdf" or set(streams) != set(res_ids):
            raise CannotSplit(f"it gave {kind} of {list(streams)}")
        return {res_id: streams[res_id]["stream"].getvalue() for res_id in res_ids}

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        """Letters that were sent are printed as they are kept, never made anew.

        A letter is on its company's paper, whoever prints it from where; core takes the
        paper of the company that the user works in.
        """
        report = self._get_report(report_ref)
        kept = {}
        if report.model == "ar.dunning.notice" and res_ids:
            notices = self.env["ar.dunning.notice"].browse(res_ids)
            self = self.with_company(notices.company_id[:1])  # noqa: PLW0642
            if not get_printing(self).is_fresh and notices._is_letter(report):
                kept = notices._get_kept_letters()
        if get_printing(self).is_split:
            self = put_printing(self, split=tuple(res_ids or ()))  # noqa: PLW0642
        missing = [res_id for res_id in res_ids or () if res_id not in kept]
        streams = {}
        if missing or not kept:
            streams = super()._render_qweb_pdf_prepare_streams(
                report_ref, data, missing or res_ids
            )
        if not kept:
            return streams
        for res_id, content in kept.items():
            streams[res_id] = {"stream": io.BytesIO(content), "attachment": None}
        # in the order that was asked for; what cannot be told apart comes last
        order = [res_id for res_id in res_ids if res_id in streams]
        order += [res_id for res_id in streams if res_id not in order]
        return self._ar_add_cover(
            notices, {res_id: streams[res_id] for res_id in order}
        )

    def _ar_add_cover(self, notices, streams):
        """Put the list of a print batch on top of it, if the company wants one."""
        if not self.env.context.get("ar_letter_batch") or len(notices) < 2:
            return streams
        if not notices.company_id[:1].sudo().ar_letter_has_cover:
            return streams
        name = "ar_collections.report_ar_letter_cover"
        report = self._get_report(name)
        data = {"report_type": "pdf"}
        html = self._render_qweb_html(name, notices.ids, data=data)[0]
        bodies, _ids, header, footer, paper = report._prepare_html(html)
        content = self._run_wkhtmltopdf(
            bodies,
            report_ref=name,
            header=header,
            footer=footer,
            specific_paperformat_args=paper,
        )
        return {0: {"stream": io.BytesIO(content), "attachment": None}, **streams}

    def _prepare_html(self, html, report_model=False):
        parts = super()._prepare_html(html, report_model=report_model)
        expected = get_printing(self).split
        if len(expected) > 1 and tuple(parts[1]) != expected:
            # left out, in another order, or of another model
            raise CannotSplit(f"it shows {parts[1]} for {expected}")
        return parts

    def _run_wkhtmltopdf(self, bodies, *args, **kwargs):
        if len(bodies) < 2 or not get_printing(self).is_split:
            return super()._run_wkhtmltopdf(bodies, *args, **kwargs)
        with tempfile.TemporaryDirectory(prefix="ar_split.") as folder:
            path = os.path.join(folder, "outline.xml")
            self = put_printing(self, outline=path)  # noqa: PLW0642
            content = super()._run_wkhtmltopdf(bodies, *args, **kwargs)
            starts = read_starts(path, len(bodies))
        marked = starts and mark_starts(content, starts)
        if not marked:
            raise CannotSplit("wkhtmltopdf does not tell where each begins")
        return marked

    def _build_wkhtmltopdf_args(self, *args, **kwargs):
        command = super()._build_wkhtmltopdf_args(*args, **kwargs)
        printing = get_printing(self)
        for path in printing.files:
            command += ["--allow", path]
        if printing.outline:
            command += ["--dump-outline", printing.outline]
        param = self.env["ir.config_parameter"].sudo().get_param
        if printing.is_quick and not param("report.print_delay"):
            # it waits for what it loads, not for scripts that are not there
            command[command.index("--javascript-delay") + 1] = "0"
        return command
