"""What a mail reader without HTML shows, made from the HTML of our e-mails.

Odoo's own conversion leaves table rows and labels of links on lines of their own.
"""

import re

from lxml import html

WIDTH = 66
# elements that begin a line; those in APART are set off by a blank one
BLOCKS = {"address", "body", "div", "h1", "h2", "h3", "li", "ol", "p", "table", "ul"}
APART = {"h1", "h2", "h3", "ol", "p", "table", "ul"}
SPACE = re.compile(r"[ \t\r\n\f]+")
HIDDEN = re.compile(r"display:\s*none")
SET_OFF = re.compile(r"\bmargin(-top|-bottom)?:\s*[1-9]")
# what has to be seen, such as a code to scan, is nothing for a reader of plain text
SEEN_ONLY = re.compile(r"\bo_ar_seen_only\b")
BUTTON = re.compile(r"display:\s*inline-block")


def to_plaintext(source):
    """Readable text of an e-mail, its links numbered and listed at the end.

    >>> print(to_plaintext('''<body><p>Please pay
    ...   <b>5 €</b>, now.</p><table>
    ...   <tr><td><a href="https://a.example/1">INV 1</a><div>due today</div></td>
    ...       <td>5 €</td></tr></table>
    ...   <a href="https://a.example/2" style="display:inline-block">Pay online</a>
    ... </body>'''))
    Please pay 5 €, now.
    <BLANKLINE>
    INV 1 [1]                                                      5 €
      due today
    <BLANKLINE>
    Pay online
    https://a.example/2
    <BLANKLINE>
    [1] https://a.example/1
    """
    if not source or not source.strip():
        return ""
    tree = html.document_fromstring(source)
    bodies = tree.xpath("//body")
    text = _Text()
    text.take(bodies[0] if bodies else tree)
    return text.get()


class _Text:
    """Lines as they grow, and the links met on the way."""

    def __init__(self, links=None):
        self.lines = []
        self.line = ""
        self.links = {} if links is None else links

    def get(self):
        self.end_line()
        text = "\n".join(self.lines).strip("\n")
        text = re.sub(r"\n{3,}", "\n\n", text)
        notes = [f"[{n}] {url}" for url, n in self.links.items()]
        return "\n".join([text, "", *notes]) if notes else text

    def take(self, element):
        """Add the text of an element, not of what follows it."""
        if not isinstance(element.tag, str) or element.tag in ("style", "script"):
            return
        style = element.get("style") or ""
        if HIDDEN.search(style) or SEEN_ONLY.search(element.get("class") or ""):
            return
        reader = getattr(self, f"take_{element.tag}", None)
        if reader:
            reader(element, style)
            return
        is_block = element.tag in BLOCKS
        is_apart = element.tag in APART or (is_block and SET_OFF.search(style))
        if is_block:
            self.end_line(blank=is_apart)
        self.take_content(element)
        if is_block:
            self.end_line(blank=is_apart)

    def take_content(self, element):
        self.add(element.text)
        for child in element:
            self.take(child)
            self.add(child.tail)

    def take_br(self, _element, _style):
        self.lines.append(self.line.rstrip())
        self.line = ""

    def take_img(self, element, _style):
        self.add(element.get("alt"))

    def take_a(self, element, style):
        url = element.get("href") or ""
        label = SPACE.sub(" ", element.text_content()).strip()
        if not url.startswith("http") or url == label:
            self.add(label or url)
        elif BUTTON.search(style):
            self.end_line(blank=True)
            self.lines += [label, url, ""]
        else:
            self.add(f"{label} [{self.links.setdefault(url, len(self.links) + 1)}]")

    def take_tr(self, element, _style):
        """A row is one line, its last cell to the right; more lines of a cell follow."""
        cells = []
        for cell in element.iterchildren("td", "th"):
            part = _Text(self.links)
            part.take_content(cell)
            part.end_line()
            cells.append([line for line in part.lines if line])
        cells = [cell for cell in cells if cell]
        if not cells:
            return
        self.end_line()
        if len(cells) == 1:
            self.lines += cells[0]
            return
        *left, right = [cell[0] for cell in cells]
        start = "  ".join(left)
        self.lines.append(start + right.rjust(max(WIDTH - len(start), len(right) + 2)))
        for cell in cells:
            self.lines += [f"  {line}" for line in cell[1:]]

    def add(self, text):
        """Add words; of the spaces between them one is enough."""
        text = SPACE.sub(" ", text or "")
        if not self.line or self.line.endswith(" "):
            text = text.lstrip(" ")
        self.line += text

    def end_line(self, blank=False):
        if self.line.strip():
            self.lines.append(self.line.strip(" "))
        self.line = ""
        if blank and self.lines and self.lines[-1]:
            self.lines.append("")
