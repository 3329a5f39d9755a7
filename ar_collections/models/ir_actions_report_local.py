import base64
import logging
import mimetypes
import re
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import requests

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.fields import Domain
from odoo.http import root
from odoo.tools.mimetypes import guess_mimetype

from ..tools.local_pages import LocalPages
from ..tools.pdf_pages import has_page_without_text
from .ir_actions_report import get_printing, put_printing

_logger = logging.getLogger(__name__)

# Documents that claim money, and go out without anybody looking at each.
OWN_MODELS = ("ar.dunning.notice", "ar.statement")
# Seconds for what only a running server can give.
PATIENCE = 20

_WHOLE = re.compile(r"page-break-inside:\s*avoid;?")
# What holds the number of the page in a footer.
_PAGE_NUMBER = re.compile(r"<(div|span)\b([^<>]*>[^<>]*<span class=\"page\")")
_CONTENT = re.compile(
    r"/web/(?:content|image)/(?:(\d+)|([\w.]+)/(\d+)/(\w+))(?:-\w+)?(?:/|$)"
)


class IrActionsReport(models.Model):
    """Letters that owe nothing to the web server.

    wkhtmltopdf asks it for style sheets, fonts and pictures. A server that is busy, or that
    a scheduled action cannot reach, answers late or not at all, and the letter comes out
    without its layout, or without words, and without an error. So all of it is put into the
    page or read from the disk, and what cannot be had is an error.
    """

    _inherit = "ir.actions.report"

    # === BUSINESS METHODS === #

    @api.model
    def _get_ar_local_models(self):
        """Models whose PDFs are always made without the web server.

        :rtype: tuple[str]
        """
        return OWN_MODELS

    def _run_wkhtmltopdf(
        self, bodies, report_ref=False, header=None, footer=None, **kwargs
    ):
        report = self._get_report(report_ref) if report_ref else self
        is_own = report.model in self._get_ar_local_models()
        if not is_own and not get_printing(self).is_local:
            return super()._run_wkhtmltopdf(
                bodies, report_ref=report_ref, header=header, footer=footer, **kwargs
            )
        if is_own and footer:
            # beside a long line of the company it would stand in two lines
            nowrap = r'<\1 style="white-space:nowrap"\2'
            # as text: markup would escape what is put in
            footer = _PAGE_NUMBER.sub(nowrap, str(footer))
        pages = LocalPages(self._get_ar_content)
        try:
            *bodies, header, footer = pages.convert(
                [*bodies, header or "", footer or ""]
            )
        except LookupError as error:
            raise UserError(self._get_ar_missing_words(error)) from error
        local = put_printing(
            self, files=tuple(sorted(pages.files)), is_quick=not pages.has_scripts
        )
        run = super(IrActionsReport, local)._run_wkhtmltopdf
        kwargs.update(report_ref=report_ref, header=header, footer=footer)
        try:
            content = run(bodies, **kwargs)
        except UserError:
            if len(bodies) > 1 or not _WHOLE.search(bodies[0]):
                raise
            # it dies of some tables whose rows are not to be divided between pages
            _logger.info("%s: made once more, rows may be divided", report.report_name)
            content = run([_WHOLE.sub("", bodies[0])], **kwargs)
        if is_own and has_page_without_text(content):
            raise UserError(
                self.env._(
                    "The PDF came out with a page without words, because a font was not "
                    "loaded in time. Nothing was sent; try again."
                )
            )
        return content

    def _get_ar_missing_words(self, error):
        return self.env._(
            "The PDF was not made, since it would lack a part of its layout: %s cannot be "
            "loaded. If it is a picture, put it into the text anew; else ask the "
            "administrator whether the server runs at its address, then try again.",
            error.args[0],
        )

    @api.model
    def _get_ar_content(self, address):
        """What the server would answer at one of its addresses.

        :return: a `Path`, or (bytes, type); None for an address of somebody else
        :raise LookupError: if it has nothing there
        """
        path = self._get_ar_path(address)
        if not path:
            return None
        place = urlsplit(path).path
        if place.split("/")[2:3] == ["static"]:
            if file := root.get_static_file(place):
                return Path(file).resolve()
            raise LookupError(address)
        return (
            self._get_ar_bundle(path)
            or self._get_ar_barcode(path)
            or self._get_ar_public_file(path)
            or self._get_ar_answer(path)
        )

    @api.model
    def _get_ar_path(self, address):
        """The part after the server's name, if it is ours."""
        base_url = self.env["ir.config_parameter"].sudo().get_param("web.base.url")
        for url in (self._get_report_url(), base_url):
            if url and address.startswith(url.rstrip("/") + "/"):
                address = address[len(url.rstrip("/")) :]
        if address.startswith("//") or urlsplit(address).scheme:
            return None
        return address if address.startswith("/") else f"/{address}"

    @api.model
    def _get_ar_bundle(self, path):
        if not path.startswith("/web/assets/"):
            return None
        # sudo: bundles are public; only those that Odoo itself has made
        files = self.env["ir.attachment"].sudo()
        found = files.search(
            Domain("public", "=", True)
            & Domain("url", "=", path)
            & Domain("res_model", "=", "ir.ui.view")
            & Domain("res_id", "=", 0)
            & Domain("create_uid", "=", SUPERUSER_ID),
            limit=1,
        )
        content = (found or self._make_ar_bundle(path.rpartition("/")[2])).raw
        if not content:
            raise LookupError(path)
        return content, "text/css" if path.endswith(".css") else "text/javascript"

    @api.model
    def _make_ar_bundle(self, name):
        """As the server does when it is asked for one that is not there yet."""
        try:
            bundle_name, rtl, kind, autoprefix = self.env[
                "ir.asset"
            ]._parse_bundle_name(name, False)
        except ValueError as error:
            raise LookupError(name) from error
        is_css = kind == "css"
        bundle = self.env["ir.qweb"]._get_asset_bundle(
            bundle_name, css=is_css, js=not is_css, rtl=rtl, autoprefix=autoprefix
        )
        return bundle.css() if is_css else bundle.js()

    @api.model
    def _get_ar_barcode(self, path):
        parts = urlsplit(path)
        if not parts.path.startswith("/report/barcode"):
            return None
        options = dict(parse_qsl(parts.query))
        kind, _slash, value = parts.path[len("/report/barcode/") :].partition("/")
        if kind:
            options.update(barcode_type=unquote(kind), value=unquote(value))
        try:
            return self.barcode(**options), "image/png"
        except (TypeError, ValueError) as error:
            raise LookupError(path) from error

    @api.model
    def _get_ar_public_file(self, path):
        """A file that anybody may see: a letter shows no other, whoever makes it."""
        parts = urlsplit(path)
        match = _CONTENT.match(parts.path)
        if not match:
            return None
        attachment_id, model, record_id, field = match.groups()
        # not sudo: a picture in a text is no way to files of others
        files = self.env["ir.binary"].with_user(self.env.ref("base.public_user"))
        try:
            record = files._find_record(
                res_model=model or "ir.attachment",
                res_id=int(attachment_id or record_id),
                access_token=dict(parse_qsl(parts.query)).get("access_token"),
                field=field or "raw",
            )
            content = record[field or "raw"] or b""
        except (AccessError, MissingError, KeyError) as error:
            raise LookupError(path) from error
        if field and field != "raw":
            content = base64.b64decode(content)
        return content, guess_mimetype(content)

    @api.model
    def _get_ar_answer(self, path):
        """What only a controller knows."""
        try:
            answer = requests.get(self._get_report_url() + path, timeout=PATIENCE)
            answer.raise_for_status()
        except requests.RequestException as error:
            raise LookupError(path) from error
        kind = answer.headers.get("Content-Type") or mimetypes.guess_type(path)[0]
        return answer.content, (kind or "application/octet-stream").partition(";")[0]
