"""Who we are in the demo: two companies and the exchange rates between them. Pure data.

The account numbers are the examples of the IBAN register; the money is not real either.
"""

from .customers import EUR, GBP

COMPANIES = {
    EUR: {
        "name": "Northlight Supplies",
        "currency": "EUR",
        "address": ("Speicherstraße 10", "20457", "Hamburg", "de"),
        "phone": "+49 40 66969 100",
        "email": "receivables@northlight.example.com",
        "iban": "DE89370400440532013000",
        "bic": "COBADEFFXXX",
        "tax": 19.0,
    },
    GBP: {
        "name": "Northlight Overseas",
        "currency": "GBP",
        "address": ("14 Lantern Wharf", "E14 0AH", "London", "gb"),
        "phone": "+44 20 7946 0100",
        "email": "receivables@northlight-overseas.example.com",
        "iban": "GB29NWBK60161331926819",
        "bic": "NWBKGB2LXXX",
        "tax": 20.0,
    },
}

# (days ago, US dollars per euro, pounds per euro): made up, but of a plausible size
RATES = [
    (440, 1.0820, 0.8410),
    (380, 1.0560, 0.8310),
    (320, 1.0910, 0.8370),
    (260, 1.1240, 0.8480),
    (200, 1.1530, 0.8610),
    (140, 1.1710, 0.8660),
    (80, 1.1640, 0.8720),
    (20, 1.1580, 0.8690),
]
