"""A reminder as a UBL 2.1 document, from plain data: no ORM, no database, no clock.

Two profiles: plain UBL 2.1, and OIOUBL 2.1 as Danish customers exchange it. What OIOUBL
asks beyond the schema is in its guideline (oioubl.info) and in the rules of its
Schematron, which are named `F-…` here.
"""

import re
from decimal import Decimal

from .ubl import OIOUBL, amount, cac, cbc, document, money, oioubl_list, oioubl_scheme
from .ubl_party import has_endpoint, has_legal_id, party_node, tax_scheme_node

DOCUMENTS = {
    "invoice": "InvoiceDocumentReference",
    "credit_note": "CreditNoteDocumentReference",
    "other": "AdditionalDocumentReference",
}
CHARGE_CODES = {"interest": "PenaltyRate", "fee": "PenaltyFee"}


def build_reminder(vals):
    """The document as XML.

    :param dict vals: what `ar.dunning.notice._prepare_ubl_vals` gathers; amounts in the
        notice's currency, claims positive, credits negative
    :return: the file, UTF-8 with its declaration
    :rtype: bytes
    """
    oioubl = vals["profile"] == OIOUBL
    customer = vals["customer"]
    return document(
        "Reminder",
        *_header(vals, oioubl),
        cac("AccountingSupplierParty", party_node(vals["supplier"], oioubl)),
        cac(
            "AccountingCustomerParty",
            cbc("SupplierAssignedAccountID", customer.get("ref")),
            party_node(customer, oioubl),
        ),
        _payment_means(vals, oioubl),
        *(_charge(vals, charge, oioubl) for charge in vals["charges"]),
        _total(vals, oioubl),
        *(_line(vals, *numbered, oioubl) for numbered in enumerate(vals["lines"], 1)),
    )


def find_gaps(vals):
    """What the profile cannot do without and is missing.

    Plain UBL gets by with what there is. OIOUBL is routed by addresses, names the
    sender's registration and knows two decimals only.

    :return: (what, whose): `endpoint` of `supplier` or `customer`, `legal_id` of
        `supplier`, `decimals` of `currency`
    :rtype: list[tuple[str, str]]
    """
    if vals["profile"] != OIOUBL:
        return []
    gaps = [
        ("endpoint", role)
        for role in ("supplier", "customer")
        if not has_endpoint(vals[role])
    ]
    if not gaps and not has_legal_id(vals["supplier"]):
        gaps.append(("legal_id", "supplier"))
    if vals["decimals"] > 2:
        gaps.append(("decimals", "currency"))
    return gaps


# === DOCUMENT === #


def _header(vals, oioubl):
    coded = oioubl_list("remindertypecode-1.1") if oioubl else {}
    yield cbc("UBLVersionID", "2.1")
    if oioubl:
        yield cbc("CustomizationID", "OIOUBL-2.1")
        scheme = oioubl_scheme("profileid-1.6")
        yield cbc("ProfileID", "Procurement-BilSim-1.0", **scheme)
    yield cbc("ID", vals["id"])
    yield cbc("CopyIndicator", "false")
    yield cbc("IssueDate", vals["date"])
    # F-REM061: the two codes there are; the second one says that nothing is overdue yet
    kind = "Advis" if vals["is_advice"] else "Reminder"
    yield cbc("ReminderTypeCode", kind, **coded)
    yield cbc("ReminderSequenceNumeric", vals["sequence"])
    yield cbc("Note", vals.get("note"))
    yield cbc("DocumentCurrencyCode", vals["currency"])
    if not oioubl:  # F-REM003
        yield cbc("LineCountNumeric", len(vals["lines"]))


def _line(vals, number, line, oioubl):
    # neither may be negative: a credit stands in an element of its own
    side = "CreditLineAmount" if line["amount"] < 0 else "DebitLineAmount"
    signed = period = None
    # OIOUBL knows no signed amount here, and a period only if the parties agree on it
    if not oioubl:
        signed = amount(vals, "Amount", line["amount"])
        period = cac("ReminderPeriod", *_overdue_period(vals["date"], line))
    return cac(
        "ReminderLine",
        cbc("ID", number),
        cbc("Note", line.get("note")),
        amount(vals, side, abs(line["amount"])),
        signed,
        period,
        _billing_reference(line, oioubl),
    )


def _overdue_period(date, line):
    """From the due date to the day of the reminder, if it has come."""
    due = line.get("due")
    yield cbc("StartDate", due)
    yield cbc("EndDate", date if due and due <= date else None)


def _billing_reference(line, oioubl):
    name = DOCUMENTS[line["kind"]]
    number = cbc("ID", line["document"])
    # F-REM090: a payment on account is only named in the note
    if number is None or (oioubl and line["kind"] == "other"):
        return None
    document_node = cac(name, number, cbc("IssueDate", line.get("date")))
    return cac("BillingReference", document_node)


def _charge(vals, charge, oioubl):
    """Late interest or a fee; both are outside the scope of VAT."""
    reason = cbc("AllowanceChargeReason", charge["reason"])
    category = None
    if oioubl:
        reason = cbc(
            "AllowanceChargeReasonCode",
            CHARGE_CODES[charge["kind"]],
            **oioubl_list("reminderallowancechargereasoncode-1.0"),
        )
        category = cac(
            "TaxCategory",
            cbc("ID", "ZeroRated", **oioubl_scheme("taxcategoryid-1.3")),
            cbc("Percent", "0.00"),
            tax_scheme_node("DK", oioubl),
        )
    return cac(
        "AllowanceCharge",
        cbc("ChargeIndicator", "true"),
        reason,
        amount(vals, "Amount", charge["amount"]),
        category,
    )


def _total(vals, oioubl):
    claim = sum((money(vals, line["amount"]) for line in vals["lines"]), Decimal())
    charges = sum((money(vals, c["amount"]) for c in vals["charges"]), Decimal())
    own_tax = None
    if oioubl:  # F-REM079: the reminder's own tax; what it repeats was taxed before
        own_tax = amount(vals, "TaxExclusiveAmount", 0)
    return cac(
        "LegalMonetaryTotal",
        amount(vals, "LineExtensionAmount", claim),
        own_tax,
        amount(vals, "TaxInclusiveAmount", claim + charges),
        amount(vals, "ChargeTotalAmount", charges) if charges else None,
        amount(vals, "PayableAmount", claim + charges),
    )


# === PAYMENT === #


def _payment_means(vals, oioubl):
    account = vals.get("account") or {}
    means = _oioubl_means if oioubl else _plain_means
    code, channel, reference, payee = means(account, vals["id"])
    return cac(
        "PaymentMeans",
        cbc("PaymentMeansCode", code),
        cbc("PaymentDueDate", vals.get("deadline")),
        channel,
        reference,
        payee,
    )


def _plain_means(account, reference):
    """30, a credit transfer; 1, not defined, where there is no account."""
    return (
        "30" if account.get("number") else "1",
        None,
        cbc("PaymentID", reference),
        _payee(account),
    )


def _oioubl_means(account, reference):
    """31 with IBAN and BIC, 42 for a Danish account, else 1: not defined."""
    number, bic = account.get("number") or "", account.get("bic")
    note = cbc("PaymentNote", reference[:20])  # F-LIB111
    branch, code, channel = None, "1", None
    if is_iban(number) and bic:
        code, channel = "31", "IBAN"
    elif is_iban(number) and number.startswith("DK"):
        # check digits, registration number of the bank, account
        code, channel, branch, number = "42", "DK:BANK", number[4:8], number[8:]
    elif account.get("country") == "DK" and re.fullmatch(r"\d{5,14}", number):
        code, channel, branch, number = "42", "DK:BANK", number[:4], number[4:]
    if channel:
        coded = oioubl_list("paymentchannelcode-1.1")
        channel = cbc("PaymentChannelCode", channel, **coded)
    payee = _payee(account | {"number": number}, note, branch)
    return code, channel, cbc("InstructionID", reference), payee


def is_iban(number):
    """Whether an account's number is an IBAN, by its check digits.

    >>> is_iban("DK5000400440116243"), is_iban("DK5100400440116243"), is_iban("123456")
    (True, False, False)
    """
    if not re.fullmatch(r"[A-Z]{2}\d\d[0-9A-Z]{11,30}", number):
        return False
    digits = "".join(str(int(char, 36)) for char in number[4:] + number[:4])
    return int(digits) % 97 == 1


def _payee(account, note=None, branch=None):
    if not account.get("number"):
        return None
    institution = None
    if not branch:
        institution = cac(
            "FinancialInstitution",
            cbc("ID", account.get("bic")),
            cbc("Name", account.get("bank")),
        )
    return cac(
        "PayeeFinancialAccount",
        cbc("ID", account["number"]),
        cbc("Name", account.get("holder")),
        note,
        cac("FinancialInstitutionBranch", cbc("ID", branch), institution),
    )
