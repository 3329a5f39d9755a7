"""What the tests of UBL documents share: the schema, and OIOUBL's rules beyond it."""

import os
from functools import cache
from unittest import SkipTest

from lxml import etree

NAMESPACES = {
    prefix: f"urn:oasis:names:specification:ubl:schema:xsd:{name}-2"
    for prefix, name in (
        ("doc", "Reminder"),
        ("cac", "CommonAggregateComponents"),
        ("cbc", "CommonBasicComponents"),
    )
}


@cache
def schema():
    """OASIS' own; `dev/test.sh` fetches it and says where it is."""
    path = os.environ.get("AR_UBL_XSD")
    if not path:
        raise SkipTest("The schema of UBL was not found: run the tests by dev/test.sh")
    return etree.XMLSchema(etree.parse(path))


class UblAssertions:
    """For test cases that look into a document."""

    def parse(self, content):
        """The root of a document that the schema accepts."""
        root = etree.fromstring(content)
        schema().assertValid(root)
        if self.values(root, "/doc:Reminder/cbc:CustomizationID"):
            self._assert_oioubl(root)
        return root

    def nodes(self, root, path):
        return root.xpath(path, namespaces=NAMESPACES)

    def values(self, root, path):
        return [node.text for node in self.nodes(root, path)]

    def value(self, root, path):
        (value,) = self.values(root, path)
        return value

    def _assert_oioubl(self, root):
        """The rules of OIOUBL's Schematron that a reminder can break."""
        party = "/cac:Party"
        for role in ("cac:AccountingSupplierParty", "cac:AccountingCustomerParty"):
            (endpoint,) = self.nodes(root, f"{role}{party}/cbc:EndpointID")
            if endpoint.get("schemeID") == "DK:CVR":
                self.assertRegex(endpoint.text, r"^DK\d{8}$", "F-LIB180")
            forms = self.values(root, f"{role}{party}/cac:PostalAddress")
            formats = self.values(
                root, f"{role}{party}/cac:PostalAddress/cbc:AddressFormatCode"
            )
            self.assertEqual(len(forms), len(formats), "F-LIB025")
        legal = f"cac:AccountingSupplierParty{party}/cac:PartyLegalEntity/cbc:CompanyID"
        self.assertTrue(self.value(root, legal), "F-REM021, F-LIB187")
        contact = f"cac:AccountingCustomerParty{party}/cac:Contact"
        self.assertEqual(len(self.nodes(root, contact)), 1, "F-REM071")
        for name in ("LineCountNumeric", "TaxPointDate"):
            self.assertFalse(self.nodes(root, f"cbc:{name}"), "F-REM002, F-REM003")
        for amount in self.values(root, "//*[@currencyID]"):
            self.assertRegex(amount, r"^\d+\.\d\d$", "F-LIB013, F-LIB014")
        for amount in self.values(root, "cac:ReminderLine/*[@currencyID]"):
            self.assertNotEqual(float(amount), 0, "F-LIB013")
        excluded = (
            "cac:ReminderLine/cac:BillingReference/cac:AdditionalDocumentReference"
        )
        self.assertFalse(self.nodes(root, excluded), "F-REM090")
        self._assert_oioubl_means(root)

    def _assert_oioubl_means(self, root):
        means = "cac:PaymentMeans"
        account = f"{means}/cac:PayeeFinancialAccount"
        branch = f"{account}/cac:FinancialInstitutionBranch"
        code = self.value(root, f"{means}/cbc:PaymentMeansCode")
        channel = self.values(root, f"{means}/cbc:PaymentChannelCode")
        if code == "31":
            self.assertEqual(channel, ["IBAN"], "F-LIB109")
            self.assertTrue(
                self.value(root, f"{branch}/cac:FinancialInstitution/cbc:ID"),
                "F-LIB113",
            )
            self.assertFalse(self.values(root, f"{branch}/cbc:ID"), "F-LIB108")
        elif code == "42":
            self.assertEqual(channel, ["DK:BANK"], "F-LIB128")
            self.assertRegex(
                self.value(root, f"{branch}/cbc:ID"), r"^\d{4}$", "F-LIB132"
            )
            self.assertLessEqual(
                len(self.value(root, f"{account}/cbc:ID")), 10, "F-LIB131"
            )
        else:
            self.assertEqual((code, channel), ("1", []), "F-LIB100")
        for note in self.values(root, f"{account}/cbc:PaymentNote"):
            self.assertLessEqual(len(note), 20, "F-LIB111")
