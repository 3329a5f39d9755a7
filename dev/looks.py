"""Render every message of the ready policies, for `make looks`; read by `odoo shell`.

Nothing is kept: the shell's transaction is never committed.
"""

import os
import re
from datetime import timedelta
from pathlib import Path

from odoo import Command

from odoo.addons.ar_collections.tools.plaintext import to_plaintext

OUT = Path(os.environ.get("LOOKS_DIR", "looks"))
URL = os.environ.get("LOOKS_URL", "")
LANGS = os.environ.get("LANGS", "en_US,de_DE,fr_FR,es_ES,it_IT,nl_NL").split(",")
LETTERS = os.environ.get("LETTERS", "1") != "0"
PROFILES = ("new", "good", "slow", "chronic")

CUSTOMERS = {
    "en_US": ("Harbour & Finch Ltd", "3 Quay Street", "Dublin", "base.ie"),
    "de_DE": ("Sägewerk Überlingen GmbH & Co. KG", "Seeweg 1", "Bremen", "base.de"),
    "fr_FR": ("Ébénisterie de l’Île", "4, rue du Port", "Nantes", "base.fr"),
    "es_ES": ("Almacenes Peñalosa, S.L.", "C/ Mayor, 12", "Zaragoza", "base.es"),
    "it_IT": ("Officine Città Alta S.r.l.", "Via Roma 8", "Bergamo", "base.it"),
    "nl_NL": ("Zuivelhandel IJsselmeer B.V.", "Kade 21", "Zwolle", "base.nl"),
}

# (days since the due date, amount, reference, what is open of it) per kind of level
ITEMS = {
    "upcoming": [(-5, 1190, "PO-4711", 1190)],
    "mixed": [(-4, 350, "", 350), (12, 2380, "PO-4711", 2380)],
    "late": [(19, 2380, "PO-4711 / Lager Süd", 1880), (1, 95.5, "", 95.5)],
    "credit": [(44, 12405.27, "", 12405.27), (9, -400, "", -400)],
}
KINDS = {"new": "late", "good": "late", "slow": "credit", "chronic": "credit"}


def create_customer(env, lang):
    name, street, city, country = CUSTOMERS[lang]
    return env["res.partner"].create(
        {
            "name": name,
            "is_company": True,
            "street": street,
            "zip": "1234",
            "city": city,
            "country_id": env.ref(country).id,
            "email": "accounts@customer.example.com",
            "lang": lang,
        }
    )


def create_invoice(env, customer, due, amount, reference):
    move = env["account.move"].create(
        {
            "move_type": "out_invoice" if amount > 0 else "out_refund",
            "partner_id": customer.id,
            "invoice_date": due - timedelta(days=14),
            "invoice_date_due": due,
            "invoice_payment_term_id": False,
            "ref": reference,
            "access_token": "00000000-0000-0000-0000-000000000000",
            "invoice_line_ids": [
                Command.create(
                    {"name": "Goods", "price_unit": abs(amount), "tax_ids": False}
                )
            ],
        }
    )
    move.action_post()
    return move.line_ids.filtered(lambda ln: ln.account_type == "asset_receivable")


def create_notice(env, run, level, profile, items):
    """A notice as a run would write it, about these items."""
    customer = items[0][0].partner_id
    notice = env["ar.dunning.notice"].create(
        {
            "run_id": run.id,
            "company_id": run.company_id.id,
            "debtor_id": env["ar.debtor"]._get(customer, run.company_id).id,
            "partner_id": customer.id,
            "level_id": level.id,
            "payer_profile": profile,
            "currency_id": run.company_id.currency_id.id,
            "date": run.date,
            "channel": "email",
            "amount_due": sum(amount for _item, _days, amount in items),
            "line_ids": [
                Command.create(
                    {
                        "move_line_id": item.id,
                        "level_id": level.id if amount > 0 else False,
                        "is_live": False,
                        "amount_residual": amount,
                        "date_due": run.date - timedelta(days=days),
                        "days_overdue": days,
                    }
                )
                for item, days, amount in items
            ],
        }
    )
    notice.date_deadline = notice._get_deadline(run.date)
    notice.date_sent = run.date
    return notice


def get_kind(level, profile):
    if level.delay_days < 0:
        return "upcoming" if profile in ("new", "good") else "mixed"
    return KINDS[profile]


def render(notice, path):
    """The e-mail as HTML and as plain text, the way core makes it."""
    message = notice._render_messages()[notice.id]
    notice.write(message)
    html = str(notice._prepare_mail_vals()["body_html"])
    path.with_suffix(".html").write_text(html)
    path.with_suffix(".txt").write_text(
        f"{message['subject']}\n\n{to_plaintext(html)}\n"
    )


def render_letters(notices, path):
    report = notices.env["ir.actions.report"]
    pdf, _kind = report._render_qweb_pdf(
        "ar_collections.report_ar_dunning_notice", notices.ids
    )
    path.with_suffix(".pdf").write_bytes(pdf)


def write_index(rows):
    lines = ["<meta charset='utf-8'><title>What customers get</title><table>"]
    for folder, letters, names in rows:
        pdf = f" <a href='{letters}'>letters</a>" if letters else ""
        links = " · ".join(
            f"<a href='{folder}/{n}.html'>{n}</a> (<a href='{folder}/{n}.txt'>text</a>)"
            for n in names
        )
        lines.append(f"<tr><th>{folder}{pdf}</th><td>{links}</td></tr>")
    (OUT / "index.html").write_text("\n".join([*lines, "</table>"]))


def get_name(number, level, profile):
    word = re.sub(r"\W+", "-", level.with_context(lang="en_US").name.lower())
    return f"{number}-{word}-{profile}"


def render_policy(env, run, policy, lang, items):
    """Each level in the words of each profile that has its own."""
    folder = OUT / lang / policy._get_external_ids()[policy.id][0].split("_")[-1]
    folder.mkdir(parents=True)
    done = []
    for number, level in enumerate(policy.level_ids.filtered("mail_template_id"), 1):
        seen = set()
        for profile in PROFILES:
            text = level._get_template(profile)
            if not text or level._get_variant(profile).is_skipped or text in seen:
                continue
            seen.add(text)
            kind = get_kind(level, profile)
            notice = create_notice(env, run, level, profile, items[kind])
            name = get_name(number, level, profile)
            render(notice, folder / name)
            done.append((name, notice))
    letters = LETTERS and folder / "letters.pdf"
    if letters:
        render_letters(env["ar.dunning.notice"].union(*(n for _, n in done)), letters)
    where = str(folder.relative_to(OUT))
    return where, letters and f"{where}/letters.pdf", [name for name, _ in done]


def render_all(env):
    company = env.ref("ar_collections.company_eur_demo")
    env = env(
        context={
            **env.context,
            "allowed_company_ids": company.ids,
            "tracking_disable": True,
            "mail_create_nolog": True,
        }
    )
    env["ir.config_parameter"].set_param("report.url", URL)
    today = company.with_env(env)._ar_today()
    run = env["ar.dunning.run"].create({"company_id": company.id, "date": today})
    policies = env["ar.policy"].with_context(active_test=False)
    policies = policies.search([("is_ready", "=", True)])
    rows = []
    for lang in LANGS:
        customer = create_customer(env, lang)
        items = {
            kind: [
                (
                    create_invoice(
                        env, customer, today - timedelta(days=days), amount, ref
                    ),
                    days,
                    residual,
                )
                for days, amount, ref, residual in specs
            ]
            for kind, specs in ITEMS.items()
        }
        for policy in policies:
            rows.append(render_policy(env, run, policy, lang, items))
            print(rows[-1][0], len(rows[-1][2]), flush=True)
    write_index(rows)


if "env" in globals():
    render_all(env)  # noqa: F821, odoo shell provides it
