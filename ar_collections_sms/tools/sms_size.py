"""How long a text is as an SMS: characters and the parts that are paid for."""

# GSM 03.38, the alphabet in which a part holds 160 characters …
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# … and those of its characters that count twice.
EXTENDED = frozenset("^{}\\[~]|€\f")
# Typographic characters that would make the whole SMS a Unicode one, and their twins.
PLAIN = str.maketrans(
    {
        "\u00a0": " ",  # between amount and currency
        "\u202f": " ",
        "\u2007": " ",
        "\u2009": " ",
        "\u200b": "",
        "\u200e": "",
        "\u200f": "",
        "\u00ad": "",
        "‘": "'",
        "’": "'",
        "‚": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "«": '"',
        "»": '"',
        "–": "-",
        "—": "-",
        "\u2011": "-",
        "−": "-",
        "…": "...",
        "•": "-",
        "ç": "c",
        "ê": "e",
        "ë": "e",
        "î": "i",
        "ï": "i",
        "ô": "o",
        "û": "u",
        "â": "a",
        "á": "a",
        "í": "i",
        "ó": "o",
        "ú": "u",
        "œ": "oe",
        "À": "A",
        "Á": "A",
        "Â": "A",
        "È": "E",
        "Ê": "E",
        "Ë": "E",
        "Í": "I",
        "Î": "I",
        "Ï": "I",
        "Ó": "O",
        "Ô": "O",
        "Ú": "U",
        "Û": "U",
    }
)


def simplify(text):
    """The text with characters that an SMS holds cheaply.

    A single typographic blank halves what a part holds. Accents that the alphabet of
    SMS lacks are left out as people do on their phones, but only if that is enough;
    names in another script stay as they are.

    >>> simplify("1.234,56\\u00a0€ – “merci”, à bientôt")
    '1.234,56 € - "merci", à bientot'
    >>> simplify("Здравствуйте – François")
    'Здравствуйте - François'
    """
    plain = text.translate(PLAIN)
    if is_gsm(plain):
        return plain
    letters = {code: twin for code, twin in PLAIN.items() if not chr(code).isalpha()}
    return text.translate(letters)


def is_gsm(text):
    """Whether the text needs no Unicode.

    >>> is_gsm("1.234,56 €"), is_gsm("Łódź")
    (True, False)
    """
    return all(char in BASIC or char in EXTENDED for char in text)


def measure(text):
    """Length of a text and the number of SMS that it takes.

    :return: (characters, parts, whether it is Unicode)

    >>> measure("a" * 160), measure("a" * 161), measure("€" * 81)
    ((160, 1, False), (161, 2, False), (162, 2, False))
    >>> measure("Ł" * 70), measure("Ł" * 71), measure("")
    ((70, 1, True), (71, 2, True), (0, 0, False))

    A character that counts twice is not cut in two:

    >>> measure("a" * 152 + "€" + "b" * 152)
    (306, 3, False)
    """
    if is_gsm(text):
        sizes = [2 if char in EXTENDED else 1 for char in text]
        return sum(sizes), _count_parts(sizes, 160, 153), False
    sizes = [2 if ord(char) > 0xFFFF else 1 for char in text]
    return sum(sizes), _count_parts(sizes, 70, 67), True


def _count_parts(sizes, single, several):
    if sum(sizes) <= single:
        return int(bool(sizes))
    parts, room = 1, several
    for size in sizes:
        if size > room:
            parts, room = parts + 1, several
        room -= size
    return parts
