"""What customers read is there in every language that we ship; staff's screens may still be in English."""

import re
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).parent.parent
LANGUAGES = ("de", "es", "fr", "it", "nl")
# screens of the staff; whatever else is drawn by a template may be read by a customer
STAFF_VIEW = re.compile(
    r"_view_(form|list|search|kanban|activity|calendar|graph|pivot)\w*$|\.view_\w+$"
    r"|\.(debtor_profile_chart|late_charge_table|debtor_charge_totals|level_example|policy_ladder|policy_replay_\w+)$"
)
CUSTOMERS_FIELDS = (
    "model:ar.dunning.level,name:",
    "model:mail.template,body_html:",
    "model:mail.template,subject:",
    "model:sms.template,body:",
    "model_terms:ar.policy,description:",
    "code:addons/ar_collections/models/ar_charge_engine_words.py",
    "code:addons/ar_collections/models/ar_charge_engine_bill.py",
    "code:addons/ar_collections/models/ar_charge_waiver_discount.py",
    "code:addons/ar_collections/models/ar_charge_waiver_settle.py",
    "code:addons/ar_collections/models/ar_statement_xlsx.py",
    "code:addons/ar_collections_payment/controllers/",
)


def is_for_customers(occurrence):
    if occurrence.startswith("model_terms:ir.ui.view,arch_db:"):
        return not STAFF_VIEW.search(occurrence)
    return occurrence.startswith(CUSTOMERS_FIELDS)


def get_customers_texts(addon):
    pot = polib.pofile(ROOT / addon / "i18n" / f"{addon}.pot")
    return [
        entry.msgid
        for entry in pot
        if any(is_for_customers(place) for place, _line in entry.occurrences)
    ]


ADDONS = [
    path.stem
    for path in sorted(ROOT.glob("*/i18n/*.pot"))
    if get_customers_texts(path.stem)
]


def test_which_addons_write_to_customers():
    assert {"ar_collections", "ar_collections_payment", "ar_collections_sms"} <= set(
        ADDONS
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("addon", ADDONS)
def test_customers_texts_are_translated(addon, language):
    """An empty translation says that a text of one word is the same; the longer ones differ."""
    translated = {
        entry.msgid: entry.msgstr
        for entry in polib.pofile(ROOT / addon / "i18n" / f"{language}.po")
    }
    missing = [
        text
        for text in get_customers_texts(addon)
        if text not in translated
        or not (translated[text] or re.fullmatch(r"\W*[\w-]+( \{\{0\}\})?", text))
    ]
    assert not missing, (
        f"{addon}/i18n/{language}.po lacks what customers read: {missing}"
    )
