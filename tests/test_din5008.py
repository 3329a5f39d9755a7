"""Letters of a company whose layout is core's DIN 5008, which really is installed here."""

import base64
import importlib.util
import os
from pathlib import Path

from support import INSTALLED_DB, ROOT, OdooServer, odoo_run, odoo_shell
from test_crash import PREPARE

_spec = importlib.util.spec_from_file_location(
    "ar_pdf", ROOT / "ar_collections" / "tests" / "pdf.py"
)
pdf = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(pdf)

COMPANY = """
company.partner_id.write({
    "street": "Absenderweg 9", "zip": "10115", "city": "Berlin",
    "country_id": env.ref("base.de").id,
})
company.write({
    "external_report_layout_id": env.ref("l10n_din5008.external_layout_din5008").id,
    "paperformat_id": env.ref("l10n_din5008.paperformat_euro_din").id,
})
partners.write({
    "street": "Hauptstraße 1", "zip": "20095", "city": "Hamburg", "email": False,
    "country_id": env.ref("base.de").id,
})
run = env["ar.dunning.run"].create({})
run.action_preview()
"""
PRINT = """
import base64
notices = env["ar.dunning.notice"].search([], order="id")
letters = notices.with_context(force_report_rendering=True)._render_letters()
for notice in notices:
    print("letter", notice.name, base64.b64encode(letters[notice.id]).decode())
statement = env["ar.statement"].create({
    "debtor_id": notices[0].debtor_id.id, "company_id": notices[0].company_id.id,
    "date_from": "2026-01-01", "date_to": "2026-01-31",
})
print("account", statement.name, base64.b64encode(statement._render_pdfs()[statement.id]).decode())
"""
# Form B of the standard: the address field, with its first line 62.7 mm from the top.
LEFT, RIGHT, TOP, BOTTOM = 20, 105, 45, 90


def test_a_letter_in_the_layout_of_din_5008(database):
    name = database(INSTALLED_DB)
    returncode, log = odoo_run(name, "-i", "l10n_din5008")
    assert returncode == 0, log
    odoo_shell(name, PREPARE % {"debtors": 2, "more": COMPANY})
    with OdooServer(name, "--max-cron-threads=0"):
        output = odoo_shell(name, PRINT)
    letters = [line.split()[1:] for line in output.splitlines() if "letter " in line]
    assert len(letters) == 2
    [account] = [line.split()[1:] for line in output.splitlines() if "account " in line]
    [page] = pdf.get_text(base64.b64decode(account[1]))
    # its title is the title, and its number stands in the block beside the address
    assert "Statement of account as of January 31, 2026" in " ".join(page.split())
    assert page.count(account[0]) == 1
    for number, (notice, content) in enumerate(letters):
        check_letter(f"{number:03}", notice, base64.b64decode(content))


def check_letter(debtor, notice, content):
    if folder := os.environ.get("AR_KEEP_LETTERS"):
        Path(folder, f"din{debtor}.pdf").write_bytes(content)
    words = [word for word in pdf.get_words(content) if word.page == 1]
    texts = [word.text for word in words]
    address = words[texts.index("Debtor") :][:6]
    found = [word.text for word in address]
    assert found == ["Debtor", debtor, "Hauptstraße", "1", "20095", "Hamburg"]
    for word in address:
        assert LEFT <= word.left and word.right <= RIGHT, word
        assert TOP <= word.top and word.bottom <= BOTTOM, word
    # once: nothing of ours stands beside what the layout has itself
    assert texts.count("Hauptstraße") == 1
    assert texts.count(notice) == 1
    # the information block beside the address, the subject below
    reference = words[texts.index(notice)]
    assert reference.left > RIGHT and TOP <= reference.top <= BOTTOM
    subject = words[texts.index("friendly")]
    assert BOTTOM < subject.top < 120
    assert "Absenderweg" in texts[: texts.index("Debtor")]
    [page] = pdf.get_text(content)
    assert "1 of 1" in page
    # what to scan is beside the address, and costs no line below the text
    scan = words[texts.index("See")]
    assert scan.left > RIGHT and reference.top < scan.top < subject.top
    regards = words[texts.index("regards")]
    assert scan.top < regards.top
