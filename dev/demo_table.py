"""Print what the ladder would do today, for `make demo`; read by `odoo shell`."""

COLUMNS = "{:<34} {:>6} {:>14} {:<22} {:<8}"


def print_decision(env):
    """One table per company: debtor, days overdue, amount, level, channel."""
    # ours: Odoo's own demo companies tell no story
    names = ("company_eur_demo", "company_gbp_demo")
    for company in [env.ref(f"ar_collections.{name}") for name in names]:
        env.cr.execute("SET TRANSACTION READ ONLY")  # deciding writes nothing
        rows = env["ar.dunning.engine"]._decide(company, company._ar_today())
        claims = {}
        for row in rows:
            if row["notice_level_id"] and row["verdict"] in ("dun", "along", "credit"):
                key = (row["group_id"], row["currency_id"], row["group_key"])
                claims.setdefault(key, []).append(row)
        if not claims:
            continue
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


print_decision(env)  # noqa: F821  `odoo shell` provides env
