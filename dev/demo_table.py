"""Print what the ladder would do today, for `make demo`; read by `odoo shell`."""

import unicodedata
from datetime import timedelta

COLUMNS = (("Debtor", -34), ("Days overdue", 12), ("Amount", 18), ("Level", -24))

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


def get_width(text):
    """How many places a terminal needs: two for each wide character, none for marks."""
    return sum(
        0
        if unicodedata.combining(char) or unicodedata.category(char) == "Cf"
        else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )


def fit(text, width):
    """Cut and pad to so many places; on the left if the width is negative."""
    room = abs(width)
    if get_width(text) > room:
        while get_width(text) > room - 1:
            text = text[:-1]
        text += "…"
    padding = " " * (room - get_width(text))
    return text + padding if width < 0 else padding + text


def print_row(*cells):
    """The last cell is the channel; nothing stands to the right of it."""
    widths = [width for _title, width in COLUMNS]
    fitted = [fit(str(c), w) for c, w in zip(cells[:-1], widths, strict=True)]
    print(*fitted, cells[-1], sep="  ")


def print_claims(env, company, claims):
    print(f"\nTonight in {company.name}:")
    print_row(*[title for title, _width in COLUMNS], "Channel")
    for (partner_id, currency_id, _key), items in sorted(
        claims.items(), key=lambda kv: -max(r["days_overdue"] for r in kv[1])
    ):
        currency = env["res.currency"].browse(currency_id)
        level = env["ar.dunning.level"].browse(items[0]["notice_level_id"])
        print_row(
            env["res.partner"].browse(partner_id).name,
            max(r["days_overdue"] for r in items),
            f"{sum(r['amount'] for r in items):,.2f} {currency.name}",
            level.name,
            items[0]["channel"],
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
