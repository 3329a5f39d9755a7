"""Where the address of a letter stands, so that it shows in the window of its envelope.

In millimetres from the upper left corner of the sheet, folded twice and lying on the bottom
of the envelope. Sideways the sheet may lie anywhere: what is named here shows always.
"""

from collections import namedtuple

# left, top, right, bottom: what shows; start: where the first line is, below the letterhead;
# has_sender: the sender's address in one small line above is usual; folds: from the top
Window = namedtuple("Window", "left top right bottom start has_sender folds")

# DIN 5008 form B (address 45 to 90 mm from the top, text 25 mm from the left, folds at 105
# and 210) in DIN 680's window; Austria's ÖNORM A 1080 has it in the same place.
DIN = Window(24, 45, 105, 90, 57, True, (105, 210))
# BS 4264: 35 x 90 mm, 20 mm from the left and 18 from the bottom of DL (110 x 220 mm, ISO
# 269), the sheet folded into thirds.
BRITISH = Window(20, 46, 100, 81, 52, False, (99, 198))
# The same place; Dutch envelopes are sold with a window on either side (NEN 1026).
DUTCH = BRITISH._replace(has_sender=True)
# NF Z 11-001 and NF Q 11-001: 45 x 100 mm, 20 mm from the right and the bottom of DL.
FRENCH = Window(100, 34, 190, 79, 50, False, (99, 198))
# SN 010130, address on the right, in C5/6 with the window 12 mm from the right edge.
SWISS = Window(118, 45, 198, 90, 55, True, (99, 198))
# United States, No. 10 (4 1/8 x 9 1/2 in): window 1 1/8 x 4 1/2 in, 7/8 in from the left and
# 1/2 in from the bottom; letter paper folded into thirds.
NUMBER_10 = Window(23, 51.8, 111, 80.4, 57, False, (93, 186))

BY_COUNTRY = {
    "AT": DIN,
    "CA": NUMBER_10,
    "CH": SWISS,
    "DE": DIN,
    "FR": FRENCH,
    "GB": BRITISH,
    "IE": BRITISH,
    "LI": SWISS,
    "LU": FRENCH,
    "MC": FRENCH,
    "NL": DUTCH,
    "US": NUMBER_10,
}
# For other countries, and for who has envelopes with the window on the other side.
LEFT, RIGHT = DIN, FRENCH
# From here on to the right a window is on the right.
MIDDLE = 90
# Between the edge of what shows and the text.
PADDING = 1


def get_window(country, side="auto"):
    """The window of a country's usual envelope, or of one with the window on a side.

    >>> get_window("FR").left, get_window("DE").left, get_window("XX").left
    (100, 24, 24)
    >>> get_window("CH", "right") == get_window("CH")
    True
    >>> get_window("CH", "left") == LEFT, get_window("US", "right") == RIGHT
    (True, True)
    >>> get_window("DE", "none") is None
    True

    :param country: code of two letters, or none
    :param side: auto, left, right, or none
    :rtype: Window | None
    """
    if side == "none":
        return None
    window = BY_COUNTRY.get(country, LEFT)
    if side == "auto" or (side == "right") == (window.left >= MIDDLE):
        return window
    return RIGHT if side == "right" else LEFT
