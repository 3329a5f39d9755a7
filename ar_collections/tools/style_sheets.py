"""Style sheets within the page that they are for, less what no element of it can need.

Old engines take most of their time for rules of other pages: Odoo's bundle for reports has
400 kB, a letter uses about 20.
"""

import re

# Strings, addresses and comments may hold the signs that divide.
_TOKENS = re.compile(
    r"""/\*.*?\*/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|url\([^"')]*\)|[{};]|[^/"'u{};]+|.""",
    re.DOTALL,
)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CLASS = re.compile(r"\.(-?[_a-zA-Z][\w-]*)")
# What a selector names without asking for it.
_UNASKED = re.compile(r":not\([^()]*\)|\[[^\]]*\]")
_CLASSES = re.compile(r"""\sclass=(?:"([^"]*)"|'([^']*)')""")
_FAMILY = re.compile(r"""font-family\s*:\s*["']?([^;"'}]+)""")
_GROUPS = ("@media", "@supports")


def get_classes(pages):
    """The classes that elements of these pages have.

    >>> sorted(get_classes(['<p class="a b">', "<i class='c'/>"]))
    ['a', 'b', 'c']

    :rtype: set[str]
    """
    found = (match[1] or match[2] or "" for page in pages for match in _scan(page))
    return {name for names in found for name in names.split()}


def _scan(page):
    return _CLASSES.finditer(page)


def split_rules(css):
    r"""Cut a style sheet at its outermost braces.

    >>> split_rules('@import "x;y";a{b:c}@media print{d{e:"}"}}')
    [('@import "x;y";', None), ('a', 'b:c'), ('@media print', 'd{e:"}"}')]

    :return: (what stands before the brace, what is within or None)
    :rtype: list[tuple]
    """
    rules, depth, start, opened = [], 0, 0, 0
    for match in _TOKENS.finditer(css):
        sign = match[0]
        if sign == "{":
            opened = match.end() if not depth else opened
            depth += 1
        elif sign == "}":
            depth -= 1
            if not depth:
                head = _COMMENT.sub("", css[start : opened - 1]).strip()
                rules.append((head, css[opened : match.start()]))
                start = match.end()
        elif sign == ";" and not depth:
            rules.append((css[start : match.end()].strip(), None))
            start = match.end()
    return rules


def trim(css, classes, text=""):
    """The rules that can apply to elements with these classes and no others.

    A rule goes only if each of its selectors asks for a class that no element has, a font
    only if nothing names it.

    >>> trim("p{a:b}.x .y,i.z{c:d}p:not(.u){e:f}@media print{.u{g:h}}", {"x", "z"})
    'p{a:b}.x .y,i.z{c:d}p:not(.u){e:f}'
    >>> trim("/* by some.scss */ p{a:b}", set())
    'p{a:b}'
    >>> trim(".x.y{a:b}.x{font:9px Lato}@font-face{font-family:Lato}", {"x"})
    '.x{font:9px Lato}@font-face{font-family:Lato}'
    >>> trim("@font-face{font-family:'Two Words'}", set(), "style='font:Two Words'")
    "@font-face{font-family:'Two Words'}"
    >>> trim("@font-face{font-family:'Two Words'}", set())
    ''

    :param text: the pages, which may name fonts themselves
    """
    kept = list(_get_kept(css, classes))
    named = text + "".join(body or "" for head, body in kept if not _is_font(head))
    return "".join(
        head if body is None else f"{head}{{{body}}}"
        for head, body in kept
        if not _is_font(head) or _get_family(body) in named
    )


def _is_font(head):
    return head.startswith("@font-face")


def _get_family(body):
    match = _FAMILY.search(body)
    return match[1].strip() if match else ""


def _get_kept(css, classes):
    for head, body in split_rules(css):
        if body is not None and head.startswith(_GROUPS):
            body = "".join(f"{h}{{{b}}}" for h, b in _get_kept(body, classes) if b)
            if body:
                yield head, body
        elif body is None or head.startswith("@") or _can_apply(head, classes):
            yield head, body


def _can_apply(head, classes):
    plain = _UNASKED.sub("", head)
    if "(" in plain:
        return True
    return any(classes.issuperset(_CLASS.findall(one)) for one in plain.split(","))
