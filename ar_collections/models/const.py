"""Words that several models share."""

# How a debtor pays; what each means is decided in `ar_debtor_profile.py`.
PROFILES = [
    ("new", "New"),
    ("good", "Good"),
    ("slow", "Slow"),
    ("chronic", "Chronic"),
]
# The same as rows of a query.
PROFILE_ROWS_SQL = f"VALUES {', '.join(f'({name!r})' for name, _label in PROFILES)}"

MANAGER = "ar_collections.ar_collections_group_manager"
