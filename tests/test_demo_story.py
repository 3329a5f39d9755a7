"""The demo's year: installed with demo data, its open items equal the ledger on every day."""

from support import (
    MODULES,
    TEMPLATE_DEMO_DB,
    assert_clean_log,
    odoo_run,
    odoo_shell,
    sql,
)

ALL = ",".join(MODULES)

# Runs in Odoo's shell: prints the days on which a debtor's open items and the balance of
# the receivable accounts differ, then how many days were looked at.
EVERY_DAY = """
from datetime import timedelta
from odoo.tools import SQL

LEDGER = '''
    SELECT contact.commercial_partner_id, SUM(line.balance)
      FROM account_move_line line
      JOIN account_account account ON account.id = line.account_id
 LEFT JOIN res_partner contact ON contact.id = line.partner_id
     WHERE line.company_id = %s AND line.parent_state = 'posted'
       AND account.account_type = 'asset_receivable' AND line.date <= %s
  GROUP BY 1 HAVING SUM(line.balance) != 0'''
source = env["ar.open.item"]
count = 0
for name in ("company_eur_demo", "company_gbp_demo"):
    company = env.ref("ar_collections." + name)
    today = company._ar_today()
    for age in range(430, -1, -1):
        day = today - timedelta(days=age)
        items = source._get_sql(source._get_ledger_domain(company), day, today)
        ours = dict(env.execute_query(SQL(
            "SELECT partner_id, SUM(residual) FROM (%s) i GROUP BY 1"
            " HAVING SUM(residual) != 0", items)))
        ledger = dict(env.execute_query(SQL(LEDGER, company.id, day)))
        if ours != ledger:
            print("differs", name, day, ours, ledger)
        count += 1
print("days", count)
"""

# The statements of every debtor for each month: prints those that do not add up, then how
# many there were. `_get_figures` needs no statement and writes nothing.
EVERY_MONTH = """
from datetime import timedelta
from dateutil.relativedelta import relativedelta
from odoo.tools import SQL

LEDGER = '''
    SELECT contact.commercial_partner_id, SUM(line.balance)
      FROM account_move_line line
      JOIN account_account account ON account.id = line.account_id
      JOIN res_partner contact ON contact.id = line.partner_id
     WHERE line.company_id = %s AND line.parent_state = 'posted'
       AND account.account_type = 'asset_receivable' AND line.date <= %s
  GROUP BY 1'''
source = env["ar.statement.ledger"]
count = movements = 0
for name in ("company_eur_demo", "company_gbp_demo"):
    company = env.ref("ar_collections." + name)
    today = company._ar_today()
    ids = env["ar.debtor"].search([("company_id", "=", company.id)]).partner_id.ids
    for age in range(15):
        low = today.replace(day=1) - relativedelta(months=age)
        high = min(low + relativedelta(months=1, days=-1), today)
        before = low - timedelta(days=1)
        now = source._get_figures(company, [(i, i, low, high) for i in ids])
        last = source._get_figures(company, [(i, i, before, before) for i in ids])
        ledger = dict(env.execute_query(SQL(LEDGER, company.id, high)))
        for i in ids:
            closing = {s["currency_id"]: s["closing"] for s in last[i]["currencies"]}
            differs = [now[i]["amount"] - float(ledger.get(i, 0))]
            for s in now[i]["currencies"]:
                moved = sum(m["amount"] for m in s["movements"])
                movements += len(s["movements"])
                differs += [
                    s["opening"] - closing.get(s["currency_id"], 0),
                    s["opening"] + moved - s["closing"],
                    sum(item["open"] for item in s["items"]) - s["closing"],
                ]
            if any(round(value, 2) for value in differs):
                print("differs", name, i, low, differs)
            count += 1
print("statements", count > 300, "movements", movements > 300)
"""

# Deciding in a transaction that may not write; one line a verdict.
DECIDE = """
env.cr.execute("SET TRANSACTION READ ONLY")
company = env.ref("ar_collections.company_eur_demo")
rows = env["ar.dunning.engine"]._decide(company, company._ar_today())
print(" ".join(sorted({row["verdict"] for row in rows})))
"""


def test_demo_story(database):
    name = database(TEMPLATE_DEMO_DB)
    returncode, log = odoo_run(name, "-i", ALL, "--with-demo")
    assert returncode == 0, log
    assert_clean_log(log)
    assert sql(
        name, "select demo from ir_module_module where name = 'ar_collections'"
    ) == ["t"]
    assert odoo_shell(name, EVERY_DAY).strip() == "days 862"
    assert odoo_shell(name, EVERY_MONTH).strip() == "statements True movements True"
    verdicts = odoo_shell(name, DECIDE).split()
    for verdict in (
        "blocked",
        "covered",
        "dun",
        "minimum",
        "no_contact",
        "no_followup",
    ):
        assert verdict in verdicts
    assert sql(
        name, "select count(*) > 10 from ar_dunning_notice where state = 'sent'"
    ) == ["t"]
    # each is in its debtor's chatter, under its own day
    untold = """select count(*) from ar_dunning_notice n where state = 'sent' and not exists
        (select 1 from mail_message m where m.model = 'ar.debtor' and m.res_id = n.debtor_id
          and m.subject = n.subject and m.date::date = n.date_sent)"""
    assert sql(name, untold) == ["0"]
    odoo_shell(
        name,
        f"env['ir.module.module'].search([('name', 'in', {MODULES!r})])"
        ".button_immediate_uninstall()\nenv.cr.commit()",
        clean_log=True,
    )
    assert sql(name, r"select 1 from pg_tables where tablename like 'ar\_%'") == []
