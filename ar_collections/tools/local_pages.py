"""Pages that need no web server: what they refer to is within them or on the disk."""

import base64
import re
from functools import cache
from html import unescape
from pathlib import Path

from .style_sheets import get_classes, trim

_SHEET = re.compile(
    r"""<link\b(?=[^>]*\brel="stylesheet")[^>]*\bhref="([^"]+)"[^>]*>"""
)
_SCRIPT = re.compile(r"""<script\b[^>]*\bsrc="([^"]+)"[^>]*>\s*</script>""")
_PICTURE = re.compile(r"""(<img\b[^>]*?\bsrc=)(["'])(.+?)\2""", re.DOTALL)
_ADDRESS = re.compile(r"""\burl\((["']|&quot;|&#39;|)([^"')]+?)\1\)""")
# The one that core's page for PDFs has, to put the numbers of pages in.
_NUMBERS = "function subst()"
NOTHING = "data:,"


class LocalPages:
    r"""Pages of one document for wkhtmltopdf.

    >>> have = {"/a.css": (b".b{c:d}.x{y:url(/f.png)}", "text/css"), "/f.png": Path("/f")}
    >>> page = '<link rel="stylesheet" href="/a.css"/><i class="x" style="m:url(/f.png)">'
    >>> local = LocalPages(have.get)
    >>> local.convert([page])
    ['<style>.x{y:url(file:///f)}</style><i class="x" style="m:url(file:///f)">']
    >>> local.files, local.has_scripts
    ({'/f'}, False)

    :param get: address -> `Path` or (bytes, type); None leaves it to wkhtmltopdf.
        May raise `LookupError` for what should be there and is not.
    """

    def __init__(self, get):
        self.get = cache(get)
        self.files = set()
        self.has_scripts = False

    def convert(self, pages):
        """The pages, with their style sheets, scripts and pictures.

        :rtype: list[str]
        :raise LookupError: for a style sheet, script or picture that cannot be had
        """
        self.has_scripts = any(
            page.count("<script") > page.count(_NUMBERS) for page in pages
        )
        classes = get_classes(pages)
        text = "".join(pages)

        @cache
        def get_style(address):
            found = self.get(unescape(address))
            if not found:
                return None
            css = _read(found)
            return css if self.has_scripts else trim(css, classes, text)

        return [self._convert_page(page, get_style) for page in pages]

    def _convert_page(self, page, get_style):
        def put_sheet(match):
            css = get_style(match[1])
            return match[0] if css is None else f"<style>{css}</style>"

        def put_script(match):
            found = self.get(unescape(match[1]))
            return f"<script>{_read(found)}</script>" if found else match[0]

        def put_picture(match):
            return f"{match[1]}{match[2]}{self._get_link(match[3])}{match[2]}"

        page = _SCRIPT.sub(put_script, _SHEET.sub(put_sheet, page))
        page = _PICTURE.sub(put_picture, page)
        return _ADDRESS.sub(self._put_address, page)

    def _put_address(self, match):
        try:
            link = self._get_link(match[2])
        except LookupError:
            # a style that names a file which is not there, among hundreds
            link = NOTHING
        return f"url({match[1]}{link}{match[1]})"

    def _get_link(self, address):
        if address.startswith(("data:", "#")):
            return address
        found = self.get(unescape(address))
        if not found:
            return address
        if isinstance(found, Path):
            self.files.add(str(found))
            return found.as_uri()
        content, kind = found
        return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _read(found):
    content = found.read_bytes() if isinstance(found, Path) else found[0]
    return content.decode().replace("</", r"<\/")
