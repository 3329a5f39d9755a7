"""Who the demo customers are. Pure data: no ORM, no dates.

External id = ``ar_collections.partner_<ref>_demo``. What a reader should see on the day
of installation (overdue days are exact, they do not depend on the calendar):

=================  ===============================================================
ref                story -> what is seen today
=================  ===============================================================
early              pays 8-12 days before the due date -> nothing overdue
forgot_once        reliable; one invoice slipped -> 9 days overdue, younger ones paid
always_late        every invoice paid exactly 20 days late -> one 5 days overdue
chronic            60-80 days late, in parts -> a row of overdue, one half paid
stopped_paying     on time, then silence -> 5 open, 35 to 155 days overdue
instalment         30/70 terms -> first part 25 days overdue, rest due in 35 days;
                   a second invoice: first part paid, rest due in 2 days
overpaid           1 open invoice, unapplied payment larger than the whole debt
credit_open        1 invoice 18 days overdue and an open, smaller credit note
usd                owes US dollars to the euro company: overdue, half paid, not due
head_office        no invoice of its own; three branches (ref branch_1..3) owe
no_email           full postal address, no e-mail -> a letter, 20 days overdue
no_contact         neither e-mail nor address -> needs attention
blacklisted        its e-mail address is on the blacklist -> 16 days overdue
three_euro         paid 3.00 short -> residual 3.00, 40 days overdue
no_followup        one invoice 28 days overdue, marked "no follow-up"
blocked            disputed invoice 34 days overdue, payment blocked
opening            opening balance from a general journal, no_followup set by core
consumer           a person, 12 days overdue
public             a municipality, slow but sure -> 22 days overdue
part_paid          half paid, the other half 45 days overdue
credited           one invoice fully credited, one partly credited and paid
pre_due, pre_due_2 on time, newest invoice due in 3 and in 6 days
uk_on_time         on time, newest invoice due in 7 days
uk_late            5-12 days late -> 6 days overdue
uk_chronic         as ``chronic``, in pounds
uk_hopeless        180, 240 and 300 days overdue, never paid
uk_consumer        a person, 7 days overdue
uk_public          a borough council -> 19 days overdue
uk_euro            owes euros to the pound company, 24 days overdue
two_companies      owes both companies: 14 days overdue here, 27 days there
=================  ===============================================================

Names are invented; e-mail addresses use the reserved example domains and phone numbers
come from the ranges national regulators keep for fiction.
"""

from typing import NamedTuple

EUR, GBP = "eur", "gbp"  # our two companies, by their currency
NOW, D14, D30, SPLIT = "now", "14_days", "30_days", "30_70"

# Days between invoice and (first) due date
TERM_DAYS = {NOW: 0, D14: 14, D30: 30, SPLIT: 0}


class Customer(NamedTuple):
    """One line of the table below; `behaviour` names a function of `behaviours`."""

    ref: str
    name: str
    address: tuple  # street, zip, city, country code; empty if unknown
    email: str
    behaviour: str
    amount: float  # usual net amount of an invoice, in the customer's currency
    terms: str = D30
    phone: str = ""
    lang: str = "en_US"
    kind: str = "business"
    companies: tuple = (EUR,)
    currency: str = ""  # empty: the currency of our company
    parent: str = ""


# One look per customer: the formatter would need a screen for each
# fmt: off
CUSTOMERS = [
    Customer("early", "Moonquay Bakery", ("Havenkade 12", "3511 AB", "Utrecht", "nl"),
             "accounts@moonquay.example.com", "early", 640, lang="nl_NL"),
    Customer("forgot_once", "Alder & Finch Interiors",
             ("Lindenhof 7", "04109", "Leipzig", "de"),
             "invoices@alderfinch.example.com", "forgot_once", 1180,
             phone="+49 30 23125 014", lang="de_DE"),
    Customer("always_late", "Ceramiche Rivolana",
             ("Via dei Forni 31", "48018", "Faenza", "it"),
             "amministrazione@rivolana.example.com", "always_late", 980, lang="it_IT"),
    Customer("chronic", "Nordkap Hochbau", ("Werftweg 3", "18055", "Rostock", "de"),
             "buchhaltung@nordkap.example.com", "chronic", 2350, D14,
             phone="+49 40 66969 120", lang="de_DE"),
    Customer("stopped_paying", "Papeterie du Hibou",
             ("14 rue du Moulin", "69003", "Lyon", "fr"),
             "compta@hibou.example.com", "stopped_paying", 720,
             phone="+33 1 99 00 12 34", lang="fr_FR"),
    Customer("instalment", "Tessaly Event Hall", ("Murgasse 19", "8010", "Graz", "at"),
             "office@tessaly.example.com", "instalment", 5400, SPLIT, lang="de_DE"),
    Customer("overpaid", "Lindviken Marin",
             ("Skeppsbron 5", "411 21", "Göteborg", "se"),
             "ekonomi@lindviken.example.com", "overpaid", 860, phone="+46 31 390 06 21",
             lang="sv_SE"),
    Customer("credit_open", "Grünzweig Gartenbau",
             ("Regnitzufer 2", "96047", "Bamberg", "de"),
             "info@gruenzweig.example.com", "credit_open", 1450, lang="de_DE"),
    Customer("usd", "Cascadelle Trail Outfitters",
             ("220 Juniper Street", "97205", "Portland", "us"),
             "ap@cascadelle.example.com", "foreign", 3100, phone="+1 503 555 0142",
             currency="USD"),
    Customer("head_office", "Polarlind Hotels",
             ("Zavelplein 8", "1000", "Brussels", "be"),
             "finance@polarlind.example.com", "head_office", 0, kind="head_office"),
    Customer("branch_1", "Polarlind Antwerp",
             ("Scheldekaai 44", "2000", "Antwerp", "be"),
             "antwerp@polarlind.example.com", "branch_overdue", 1250,
             parent="head_office"),
    Customer("branch_2", "Polarlind Ghent", ("Korenmarkt 61", "9000", "Ghent", "be"),
             "ghent@polarlind.example.com", "branch_just_due", 1250,
             parent="head_office"),
    Customer("branch_3", "Polarlind Bruges", ("Spinolarei 90", "8000", "Bruges", "be"),
             "bruges@polarlind.example.com", "branch_current", 1250,
             parent="head_office"),
    Customer("no_email", "Gasthof Zum Blauen Kranich",
             ("Mühlgasse 1", "87629", "Füssen", "de"),
             "", "no_email", 540, D14, lang="de_DE"),
    Customer("no_contact", "Delmarrow & Sons", (),
             "", "no_contact", 410),
    Customer("blacklisted", "Estudio Turialba",
             ("Calle del Turia 25", "46003", "Valencia", "es"),
             "hola@turialba.example.org", "blacklisted", 890, lang="es_ES"),
    Customer("three_euro", "Optyka Wodnik", ("ulica Wodna 9", "61-781", "Poznań", "pl"),
             "biuro@wodnik.example.com", "three_euro", 375, lang="pl_PL"),
    Customer("no_followup", "Strandhotel Möwenruf",
             ("Deichstraße 17", "24103", "Kiel", "de"),
             "empfang@moewenruf.example.com", "no_followup", 2100, lang="de_DE"),
    Customer("blocked", "Querfeld Logistik",
             ("Hafenring 88", "47119", "Duisburg", "de"),
             "rechnung@querfeld.example.com", "blocked", 3900, phone="+49 221 4710 233",
             lang="de_DE"),
    Customer("opening", "Hafenkontor Brinksen",
             ("Kaistraße 4", "27568", "Bremerhaven", "de"),
             "kontor@brinksen.example.com", "opening", 1600, lang="de_DE"),
    Customer("consumer", "Marta Lindner", ("Rosenweg 22", "79098", "Freiburg", "de"),
             "marta.lindner@example.org", "consumer", 285, NOW, lang="de_DE",
             kind="consumer"),
    Customer("public", "Municipality of Falkenried",
             ("Rathausplatz 1", "95615", "Falkenried", "de"),
             "kasse@falkenried.example.org", "public", 1680, lang="de_DE",
             kind="public_body"),
    Customer("part_paid", "Copperwhisk Catering",
             ("6 Shandon Lane", "T23 XY00", "Cork", "ie"),
             "pay@copperwhisk.example.com", "part_paid", 1320,
             phone="+353 20 911 1234"),
    Customer("credited", "Tössmann Werkzeuge", ("Töss 15", "8406", "Winterthur", "ch"),
             "fibu@toessmann.example.com", "credited", 1050, lang="de_DE"),
    Customer("pre_due", "Polder Pedal Cycles",
             ("Fietsweg 70", "9711 CD", "Groningen", "nl"),
             "hello@polderpedal.example.com", "due_in_3_days", 780, lang="nl_NL"),
    Customer("pre_due_2", "Fleurs du Quai Neuf",
             ("2 quai des Tulipes", "44000", "Nantes", "fr"),
             "bonjour@quaineuf.example.com", "due_in_6_days", 460, D14, lang="fr_FR"),
    Customer("uk_on_time", "Ashdowne Vale Gardens",
             ("Long Meadow 1", "TN22 0AA", "Uckfield", "gb"),
             "ledger@ashdowne.example.com", "due_in_7_days", 930, companies=(GBP,)),
    Customer("uk_late", "Penrowan Print Works",
             ("8 Tanner's Row", "TR1 0AB", "Truro", "gb"),
             "print@penrowan.example.com", "slightly_late", 610,
             phone="+44 20 7946 0331", companies=(GBP,)),
    Customer("uk_chronic", "Harrowmoor Tool Hire",
             ("Unit 5, Mill Yard", "HG1 0AC", "Harrogate", "gb"),
             "office@harrowmoor.example.com", "chronic", 1540, D14,
             phone="+44 113 496 0112", companies=(GBP,)),
    Customer("uk_hopeless", "Millbrooke Stage Trust",
             ("The Old Stage", "SO15 0AD", "Southampton", "gb"),
             "boxoffice@millbrooke.example.org", "hopeless", 1275, companies=(GBP,)),
    Customer("uk_consumer", "Daniel Okafor",
             ("31 Wren Close", "LS1 0AE", "Leeds", "gb"),
             "daniel.okafor@example.org", "uk_consumer", 145, NOW,
             phone="+44 7700 900 418", kind="consumer", companies=(GBP,)),
    Customer("uk_public", "Wexcombe Borough Council",
             ("Guildhall", "SN8 0AF", "Wexcombe", "gb"),
             "payments@wexcombe.example.org", "uk_public", 1890, kind="public_body",
             companies=(GBP,)),
    Customer("uk_euro", "Claddagh Quay Crafts",
             ("3 Quay Lane", "H91 XY00", "Galway", "ie"),
             "craft@claddaghquay.example.com", "foreign_overdue", 1130,
             companies=(GBP,), currency="EUR"),
    Customer("two_companies", "Orchardine Hotels",
             ("Orchard Lane 40", "BA1 0AG", "Bath", "gb"),
             "accounts@orchardine.example.com", "two_companies", 1475,
             companies=(EUR, GBP)),
]
# fmt: on
