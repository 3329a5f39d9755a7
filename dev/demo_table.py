"""Print what the ladder would do today, for `make demo`; read by `odoo shell`."""

from datetime import timedelta

COLUMNS = "{:<34} {:>6} {:>14} {:<22} {:<8}"

# How far ahead to look when nobody is due tonight.
HORIZON = 60


def get_claims(env, company, day):
    """The items of each letter that the ladder would write on a day."""
    claims = {}
    for row in env["ar.dunning.engine"]._decide(company, day):
        if row["notice_level_id"] and row["verdict"] in ("dun", "along", "credit"):
            key = (row["group_id"], row["currency_id"], row["group_key"])
            claims.setdefault(key, []).append(row)
    return claims


def print_claims(env, company, claims):
    print(f"\nTonight in {company.name}:")
    print(COLUMNS.format("Debtor", "Days", "Amount", "Level", "Channel"))
    for (partner_id, currency_id, _key), items in sorted(
        claims.items(), key=lambda kv: -max(r["days_overdue"] for r in kv[1])
    ):
        currency = env["res.currency"].browse(currency_id)
        level = env["ar.dunning.level"].browse(items[0]["notice_level_id"])
        print(
            COLUMNS.format(
                env["res.partner"].browse(partner_id).name[:34],
                max(r["days_overdue"] for r in items),
                f"{sum(r['amount'] for r in items):,.2f} {currency.name}",
                level.name,
                items[0]["channel"],
            )
        )


def print_next(env, company, today):
    """Nobody is due: say so, and when somebody will be if no one pays until then."""
    print(f"\nTonight in {company.name}: nobody is due.")
    waiting = env["ar.dunning.notice"].search_count(
        [("company_id", "=", company.id), ("state", "in", ("draft", "queued", "error"))]
    )
    if waiting:
        print(f"{waiting} notices wait already: Collections > Notices.")
    for days in range(1, HORIZON + 1):
        day = today + timedelta(days=days)
        if claims := get_claims(env, company, day):
            count = len(claims)
            print(f"Next: {day:%A %Y-%m-%d}, {count} letter{'s'[: count > 1]}.")
            return
    print(f"Nobody will be in the next {HORIZON} days either.")


def print_decision(env):
    """For each company a table: debtor, days overdue, amount, level, channel."""
    # ours: Odoo's own demo companies tell no story
    names = ("company_eur_demo", "company_gbp_demo")
    for company in [env.ref(f"ar_collections.{name}") for name in names]:
        env.cr.execute("SET TRANSACTION READ ONLY")  # deciding writes nothing
        today = company._ar_today()
        if claims := get_claims(env, company, today):
            print_claims(env, company, claims)
        else:
            print_next(env, company, today)


print_decision(env)  # noqa: F821  `odoo shell` provides env
