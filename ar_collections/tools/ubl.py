"""Leaves and groups of a UBL 2.1 document. What is empty leaves no trace."""

import re
from decimal import Decimal

from lxml import etree

UBL, OIOUBL = "ubl_21", "oioubl_21"

ROOT_NS = "urn:oasis:names:specification:ubl:schema:xsd:%s-2"
CAC = ROOT_NS % "CommonAggregateComponents"
CBC = ROOT_NS % "CommonBasicComponents"

AGENCY = "320"  # the Danish agency that keeps OIOUBL's code lists
# XML has no way to write these, not even escaped.
UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def oioubl_list(name):
    """The attributes of a value that stands in one of OIOUBL's code lists."""
    return {"listID": f"urn:oioubl:codelist:{name}", "listAgencyID": AGENCY}


def oioubl_scheme(name):
    """The attributes of an identifier that stands in one of OIOUBL's lists."""
    return {"schemeID": f"urn:oioubl:id:{name}", "schemeAgencyID": AGENCY}


def document(name, *children):
    """The whole file, UTF-8 with its declaration."""
    root = etree.Element(
        etree.QName(ROOT_NS % name, name),
        nsmap={None: ROOT_NS % name, "cac": CAC, "cbc": CBC},
    )
    root.extend(child for child in children if child is not None)
    return etree.tostring(
        root, xml_declaration=True, encoding="UTF-8", pretty_print=True
    )


def cbc(name, text, **attributes):
    """A leaf; None if there is nothing to say."""
    text = "" if text in (None, False) else UNPRINTABLE.sub("", str(text)).strip()
    if not text:
        return None
    node = etree.Element(etree.QName(CBC, name), **attributes)
    node.text = text
    return node


def cac(name, *children):
    """A group; None if it has no children."""
    children = [child for child in children if child is not None]
    if not children:
        return None
    node = etree.Element(etree.QName(CAC, name))
    node.extend(children)
    return node


def _digits(vals):
    # F-LIB014: OIOUBL wants two decimals, yen or not
    return 2 if vals["profile"] == OIOUBL else vals["decimals"]


def money(vals, amount):
    """The amount as it is printed; sums are taken of what is printed."""
    return round(Decimal(str(amount)), _digits(vals))


def amount(vals, name, value):
    """A leaf with an amount in the document's currency."""
    text = f"{money(vals, value):.{_digits(vals)}f}"
    return cbc(name, text, currencyID=vals["currency"])
