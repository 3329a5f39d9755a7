"""The two parties of a UBL document: names, addresses and the numbers they are known by."""

import re

from .ubl import cac, cbc, oioubl_list, oioubl_scheme

# Countries whose tax number is an address of OIOUBL as it is, e.g. `DE:VAT`.
VAT_ENDPOINTS = frozenset(
    "AD AL AT BA BE BG CH CY CZ DE EE ES FI GB GR HR HU IE IT LI LT LU LV MC ME MK MT "
    "NL NO PL PT RO RS SE SI SK SM TR VA".split()
)
# Peppol's codes of electronic addresses, as OIOUBL calls them.
EAS_ENDPOINTS = {
    "0060": "DUNS",
    "0088": "GLN",
    "0096": "DK:P",
    "0184": "DK:CVR",
    "0192": "NO:ORGNR",
    "0198": "DK:SE",
}


def party_node(party, oioubl):
    """The party's node.

    :param dict party: name, address, `vat`, `registry`, `endpoint` (a Peppol code and
        number) and `contact`; whatever is unknown may be missing
    """
    contact = party["contact"]
    return cac(
        "Party",
        _endpoint(party, oioubl),
        cac("PartyName", cbc("Name", party["name"])),
        _address("PostalAddress", party, oioubl),
        _tax_registration(party, oioubl),
        _legal_entity(party, oioubl),
        cac(
            "Contact",
            cbc("ID", contact.get("id")),
            cbc("Name", contact.get("name")),
            cbc("Telephone", contact.get("phone")),
            cbc("ElectronicMail", contact.get("email")),
        ),
    )


def _address(name, party, oioubl):
    form = None
    if oioubl:  # the one that takes addresses without a house number of their own
        coded = oioubl_list("addressformatcode-1.1")
        form = cbc("AddressFormatCode", "StructuredLax", **coded)
    return cac(
        name,
        form,
        cbc("StreetName", party.get("street")),
        cbc("AdditionalStreetName", party.get("street2")),
        cbc("CityName", party.get("city")),
        cbc("PostalZone", party.get("zip")),
        cbc("CountrySubentity", party.get("state")),
        cac("Country", cbc("IdentificationCode", party.get("country"))),
    )


def tax_scheme_node(country, oioubl):
    """Value added tax, under the name that it has in OIOUBL for the country."""
    if not oioubl:
        return cac("TaxScheme", cbc("ID", "VAT"))
    code, name = ("63", "Moms") if country == "DK" else ("VAT", "VAT")  # F-LIB198
    scheme = oioubl_scheme("taxschemeid-1.5")
    return cac("TaxScheme", cbc("ID", code, **scheme), cbc("Name", name))


def _tax_registration(party, oioubl):
    number, scheme = clean_vat(party), {}
    if not number:
        return None
    if oioubl:
        number = _cvr(party) or number
        scheme = {"schemeID": "DK:SE" if _cvr(party) else "ZZZ"}
    return cac(
        "PartyTaxScheme",
        cbc("CompanyID", number, **scheme),
        tax_scheme_node("DK" if _cvr(party) else party.get("country"), oioubl),
    )


def _legal_entity(party, oioubl):
    number, scheme = party.get("registry"), {}
    if oioubl:
        cvr = _cvr(party)
        number = cvr or number or clean_vat(party)
        scheme = {"schemeID": "DK:CVR" if cvr else "ZZZ"}
        if not number:  # F-LIB187: not without a number
            return None
    return cac(
        "PartyLegalEntity",
        cbc("RegistrationName", party["name"]),
        cbc("CompanyID", number, **scheme),
    )


def _endpoint(party, oioubl):
    if not oioubl:
        scheme, number = party.get("endpoint") or (None, None)
        return cbc("EndpointID", number, schemeID=scheme) if scheme else None
    found = _oioubl_endpoint(party)
    if not found:
        return None
    scheme, number = found
    # agency 9 is GS1, which gives out the GLN
    agency = {"schemeAgencyID": "9"} if scheme == "GLN" else {}
    return cbc("EndpointID", number, schemeID=scheme, **agency)


def has_endpoint(party):
    """Whether OIOUBL has an address for the party."""
    return bool(_oioubl_endpoint(party))


def has_legal_id(party):
    """Whether the party has a number that OIOUBL takes for its registration."""
    return bool(_cvr(party) or party.get("registry") or clean_vat(party))


def _oioubl_endpoint(party):
    """Where an access point takes the document: (scheme, number), or None."""
    eas, number = party.get("endpoint") or (None, None)
    scheme = EAS_ENDPOINTS.get(eas)
    if scheme in ("DK:CVR", "DK:SE"):
        number = _danish(number)
    if scheme and number:
        return scheme, number
    country, vat = party.get("country"), clean_vat(party)
    if cvr := _cvr(party):
        return "DK:CVR", cvr
    if country == "FR" and party.get("registry"):
        return "FR:SIRET", party["registry"]
    if country in VAT_ENDPOINTS and vat:
        return f"{country}:VAT", vat
    return None


def clean_vat(party):
    """The tax number without blanks and dots, with its country in front.

    >>> clean_vat({"vat": "be 0477.472.701"}), clean_vat({"vat": "123", "country": "DK"})
    ('BE0477472701', 'DK123')
    """
    number = re.sub(r"[^0-9A-Z]", "", (party.get("vat") or "").upper())
    if number[:2].isdigit():
        number = (party.get("country") or "") + number
    return number


def _cvr(party):
    """The Danish company number as OIOUBL writes it, e.g. DK12345678, or None."""
    country = party.get("country") or clean_vat(party)[:2]
    if country != "DK":
        return None
    return _danish(party.get("registry")) or _danish(party.get("vat"))


def _danish(number):
    """F-LIB180: "DK" and eight digits.

    >>> _danish("12 34 56 78"), _danish("DK12345678"), _danish("1234")
    ('DK12345678', 'DK12345678', None)
    """
    digits = re.sub(r"\D", "", number or "")
    return f"DK{digits}" if len(digits) == 8 else None
