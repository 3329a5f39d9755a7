import doctest
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import ubl_party, ubl_reminder
from ..tools.ubl import OIOUBL, UBL
from ..tools.ubl_reminder import build_reminder, find_gaps
from .ubl import UblAssertions

DAY = date(2026, 3, 31)
IBAN = "DK5000400440116243"
ACCOUNTS = (
    {},
    {"number": IBAN, "bic": "NDEADKKK", "bank": "Bank A/S"},
    {"number": IBAN, "bic": None},
    {"number": "BE71096123456769", "bic": None},
    {"number": "00400440116243", "country": "DK"},
    {"number": "123-456 US", "country": "US"},
)
# everything that a name may hold, also what XML cannot say
text = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"]), st.sampled_from("<>&\"'\0\x0b")
    ),
    max_size=20,
)
cents = st.integers(1, 10**9)
parties = st.builds(
    lambda name, words, country, ids, contact: {
        "name": "A" + name,
        "street": words[0],
        "street2": words[1],
        "city": words[2],
        "zip": words[3],
        "state": words[4],
        "country": country,
        "vat": ids[0],
        "registry": ids[1],
        "endpoint": ids[2],
        "contact": {"id": 7, "name": contact, "email": words[1], "phone": None},
    },
    text,
    st.lists(st.one_of(st.none(), text), min_size=5, max_size=5),
    st.sampled_from(["DK", "DE", "FR", "US", None, False]),
    st.sampled_from(
        [
            ("DK12345674", None, None),
            (None, "12 34 56 74", None),
            ("DE136695976", False, None),
            (False, "73282932000074", None),
            (None, None, ("0088", "5798009811578")),
            (None, None, ("0184", "12345674")),
            (None, None, ("9930", "DE136695976")),
            (None, None, None),
        ]
    ),
    text,
)
lines = st.builds(
    lambda amount, kind, due, number, note: {
        "document": number,
        "kind": kind if amount < 0 else "invoice",
        "date": DAY - timedelta(days=90),
        "due": DAY - timedelta(days=due) if due is not None else None,
        "amount": amount / 100,
        "note": note,
    },
    st.one_of(cents, cents.map(lambda amount: -amount)),
    st.sampled_from(["credit_note", "other"]),
    st.one_of(st.none(), st.integers(-20, 400)),
    text,
    text,
)
charges = st.builds(
    lambda kind, amount: {"kind": kind, "reason": "Late", "amount": amount / 100},
    st.sampled_from(["interest", "fee"]),
    cents,
)
reminders = st.fixed_dictionaries(
    {
        "profile": st.sampled_from([UBL, OIOUBL]),
        "id": st.integers(1, 10**9).map(lambda number: f"DUN/2026/{number:05}"),
        "date": st.just(DAY),
        "deadline": st.sampled_from([None, DAY + timedelta(days=7)]),
        "sequence": st.integers(1, 9),
        "is_advice": st.booleans(),
        "currency": st.sampled_from(["EUR", "DKK"]),
        "decimals": st.just(2),
        "note": st.one_of(st.none(), text),
        "supplier": parties,
        "customer": parties,
        "account": st.sampled_from(ACCOUNTS),
        "lines": st.lists(lines, min_size=1, max_size=6),
        "charges": st.lists(charges, max_size=2),
    }
)


def make(**changes):
    """A plain reminder, for tests of one thing."""
    party = {
        "name": "Firm",
        "country": "DK",
        "vat": "DK12345674",
        "contact": {"id": 1, "name": "Somebody"},
    }
    return {
        "profile": UBL,
        "id": "DUN/2026/00001",
        "date": DAY,
        "deadline": None,
        "sequence": 2,
        "is_advice": False,
        "currency": "EUR",
        "decimals": 2,
        "supplier": party,
        "customer": party,
        "account": {},
        "lines": [{"document": "INV/1", "kind": "invoice", "amount": 100.0}],
        "charges": [],
        **changes,
    }


@tagged("post_install", "-at_install")
class TestUblReminder(UblAssertions, BaseCase):
    """The document by itself: whatever is in it, the schema accepts it."""

    # === EVERY REMINDER === #

    @settings(
        max_examples=300,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(reminders)
    def test_any_reminder_is_valid_and_adds_up(self, vals):
        total = sum(round(Decimal(str(ln["amount"])), 2) for ln in vals["lines"])
        if vals["profile"] == OIOUBL and (find_gaps(vals) or total <= 0):
            return  # nothing that is sent
        root = self.parse(build_reminder(vals))
        debit, credit = (
            sum(map(Decimal, self.values(root, f"//cbc:{side}LineAmount")))
            for side in ("Debit", "Credit")
        )
        self.assertEqual(debit - credit, total)
        charged = sum(round(Decimal(str(c["amount"])), 2) for c in vals["charges"])
        sums = "cac:LegalMonetaryTotal/cbc:%s"
        self.assertEqual(
            Decimal(self.value(root, sums % "PayableAmount")), total + charged
        )
        self.assertEqual(Decimal(self.value(root, sums % "LineExtensionAmount")), total)
        self.assertEqual(
            sum(map(Decimal, self.values(root, "cac:AllowanceCharge/cbc:Amount"))),
            charged,
        )

    def test_doctests(self):
        for module in (ubl_party, ubl_reminder):
            found = doctest.testmod(module)
            self.assertTrue(found.attempted)
            self.assertFalse(found.failed)

    # === AMOUNTS === #

    def test_a_credit_is_not_a_negative_debit(self):
        line = {"document": "RINV/1", "kind": "credit_note", "amount": -40.0}
        lines = [*make()["lines"], line]
        root = self.parse(build_reminder(make(lines=lines)))
        self.assertEqual(self.values(root, "//cbc:DebitLineAmount"), ["100.00"])
        self.assertEqual(self.values(root, "//cbc:CreditLineAmount"), ["40.00"])
        self.assertEqual(
            self.values(root, "cac:ReminderLine/cbc:Amount"), ["100.00", "-40.00"]
        )
        self.assertEqual(self.value(root, "//cbc:PayableAmount"), "60.00")
        number = "//cac:CreditNoteDocumentReference/cbc:ID"
        self.assertEqual(self.value(root, number), "RINV/1")

    def test_decimals_are_those_of_the_currency(self):
        for decimals, expected in ((0, "100"), (2, "100.00"), (3, "100.000")):
            root = self.parse(build_reminder(make(decimals=decimals)))
            self.assertEqual(self.value(root, "//cbc:PayableAmount"), expected)

    def test_oioubl_has_two_decimals_or_none(self):
        root = self.parse(build_reminder(make(profile=OIOUBL, decimals=0)))
        self.assertEqual(self.value(root, "//cbc:PayableAmount"), "100.00")
        gaps = find_gaps(make(profile=OIOUBL, decimals=3))
        self.assertEqual(gaps, [("decimals", "currency")])
        self.assertFalse(find_gaps(make(decimals=3)))

    def test_charges_are_added_to_the_claim(self):
        charges = [
            {"kind": "interest", "reason": "Late interest", "amount": 8.25},
            {"kind": "fee", "reason": "Reminder fee", "amount": 13.4},
        ]
        for profile, path in (
            (UBL, "//cbc:AllowanceChargeReason"),
            (OIOUBL, "//cbc:AllowanceChargeReasonCode"),
        ):
            vals = make(profile=profile, charges=charges)
            root = self.parse(build_reminder(vals))
            expected = {
                UBL: ["Late interest", "Reminder fee"],
                OIOUBL: ["PenaltyRate", "PenaltyFee"],
            }
            self.assertEqual(self.values(root, path), expected[profile])
            self.assertEqual(self.value(root, "//cbc:ChargeTotalAmount"), "21.65")
            self.assertEqual(self.value(root, "//cbc:PayableAmount"), "121.65")

    # === WORDS === #

    def test_special_characters_are_kept_and_control_characters_dropped(self):
        name = "Möller & <Söhne> \"'\0\x1f ☂"
        customer = make()["customer"] | {"name": name}
        root = self.parse(build_reminder(make(customer=customer)))
        path = "cac:AccountingCustomerParty//cac:PartyName/cbc:Name"
        self.assertEqual(self.value(root, path), "Möller & <Söhne> \"' ☂")

    # === NUMBERS OF THE PARTIES === #

    def _get_endpoint(self, **changes):
        customer = {"name": "Firm", "contact": {"name": "Somebody"}, **changes}
        vals = make(profile=OIOUBL, customer=customer)
        if find_gaps(vals):
            return find_gaps(vals)
        root = self.parse(build_reminder(vals))
        path = "cac:AccountingCustomerParty/cac:Party/cbc:EndpointID"
        (node,) = self.nodes(root, path)
        return node.get("schemeID"), node.text, node.get("schemeAgencyID")

    def test_oioubl_endpoints(self):
        missing = [("endpoint", "customer")]
        for changes, expected in (
            ({"country": "DK", "vat": "DK12345674"}, ("DK:CVR", "DK12345674", None)),
            ({"country": "DK", "registry": "12345674"}, ("DK:CVR", "DK12345674", None)),
            ({"vat": "dk 12 34 56 74"}, ("DK:CVR", "DK12345674", None)),
            ({"country": "DE", "vat": "136695976"}, ("DE:VAT", "DE136695976", None)),
            ({"endpoint": ("0088", "5798009811578")}, ("GLN", "5798009811578", "9")),
            ({"endpoint": ("0184", "12345674")}, ("DK:CVR", "DK12345674", None)),
            ({"country": "DK", "vat": "DK123"}, missing),
            ({"country": "US", "vat": "12-3456789"}, missing),
            ({"country": "DE"}, missing),
            ({"vat": False, "registry": False}, missing),
        ):
            with self.subTest(**changes):
                self.assertEqual(self._get_endpoint(**changes), expected)

    def test_oioubl_sender_needs_a_registration(self):
        supplier = {
            "name": "Firm",
            "endpoint": ("0088", "5798009811578"),
            "contact": {"name": "Somebody"},
        }
        gaps = find_gaps(make(profile=OIOUBL, supplier=supplier))
        self.assertEqual(gaps, [("legal_id", "supplier")])
        supplier["registry"] = "HRB 1234"
        self.assertFalse(find_gaps(make(profile=OIOUBL, supplier=supplier)))

    # === PAYMENT === #

    def test_ways_to_pay(self):
        codes = {
            profile: [
                self.value(
                    self.parse(build_reminder(make(profile=profile, account=account))),
                    "//cbc:PaymentMeansCode",
                )
                for account in ACCOUNTS
            ]
            for profile in (UBL, OIOUBL)
        }
        self.assertEqual(codes[UBL], ["1", "30", "30", "30", "30", "30"])
        self.assertEqual(codes[OIOUBL], ["1", "31", "42", "1", "42", "1"])

    def test_a_danish_iban_without_bic_is_taken_apart(self):
        root = self.parse(build_reminder(make(profile=OIOUBL, account=ACCOUNTS[2])))
        account = "cac:PaymentMeans/cac:PayeeFinancialAccount"
        self.assertEqual(self.value(root, f"{account}/cbc:ID"), "0440116243")
        branch = f"{account}/cac:FinancialInstitutionBranch/cbc:ID"
        self.assertEqual(self.value(root, branch), "0040")
