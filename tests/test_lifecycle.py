"""Our addons come, are upgraded and go without a warning, and leave nothing behind.

With demo data: see test_demo_story.py.
"""

from support import (
    INSTALLED_DB,
    MODULES,
    TEMPLATE_DB,
    OdooServer,
    assert_clean_log,
    odoo_run,
    odoo_shell,
    sql,
)

ALL = ",".join(MODULES)
OURS = "({})".format(", ".join(f"'{name}'" for name in MODULES))


# rows that protect each other: a customer who is chased, paused, and left alone by hand
HISTORY = """
company = env.company
partner = env["res.partner"].create({"name": "Kept Ltd", "email": "kept@example.com"})
debtor = env["ar.debtor"].create({"partner_id": partner.id, "company_id": company.id})
env["ar.pause"].create(
    {"debtor_id": debtor.id, "reason": "Kept", "date_to": "2099-01-01"}
)
env["ar.deviation"]._log("paused", [(debtor, "Kept", env["ar.dunning.notice"], 0)])
assert env["ar.deviation"].search_count([]) and env["ar.pause"].search_count([])
env.cr.commit()
"""


def run_clean(database, *arguments):
    returncode, log = odoo_run(database, *arguments)
    assert returncode == 0, log
    assert_clean_log(log)


def states(database):
    return set(
        sql(database, f"select state from ir_module_module where name in {OURS}")
    )


def test_install_on_a_database_without_demo_data(database):
    name = database(TEMPLATE_DB)
    run_clean(name, "-i", ALL)
    assert states(name) == {"installed"}


def test_upgrade(database):
    name = database(INSTALLED_DB)
    run_clean(name, "-u", ALL)
    assert states(name) == {"installed"}


def test_uninstall_leaves_nothing(database):
    name = database(INSTALLED_DB)
    odoo_shell(name, HISTORY, clean_log=True)
    before = leftovers(name)
    assert before, "the query for what is left finds nothing even before"
    odoo_shell(
        name,
        f"env['ir.module.module'].search([('name', 'in', {MODULES!r})])"
        ".button_immediate_uninstall()\nenv.cr.commit()",
        clean_log=True,
    )
    assert states(name) == {"uninstalled"}
    assert leftovers(name) == []
    run_clean(name)
    # no crons: one that is stopped in its work logs errors that are not ours
    with OdooServer(name, "--max-cron-threads=0") as server:
        assert server.login().call("res.partner", "search_count", []) > 0
    assert_clean_log(server.log)


def leftovers(database):
    """Tables, columns and named records that are ours."""
    return sql(
        database,
        rf"""
        select 'table ' || table_name from information_schema.tables
         where table_schema = 'public' and table_name like 'ar\_%'
        union all
        select 'column ' || table_name || '.' || column_name from information_schema.columns
         where table_schema = 'public' and column_name like 'ar\_%'
           and table_name in ('res_partner', 'account_move', 'account_move_line', 'res_company')
        union all
        select 'record ' || module || '.' || name from ir_model_data where module in {OURS}
        union all
        select 'model ' || model from ir_model where model like 'ar.%'
        order by 1
        """,
    )


def test_core_makes_its_records_while_we_are_not_loaded():
    """Odoo installs and upgrades other addons before ours is loaded: none of our columns may stop it."""
    columns = sql(
        INSTALLED_DB,
        """
        select distinct c.table_name || '.' || c.column_name
          from ir_model_data d
          join ir_model_fields f on f.id = d.res_id
          join information_schema.columns c
            on c.table_name = replace(f.model, '.', '_') and c.column_name = f.name
         where d.model = 'ir.model.fields' and d.module like 'ar\\_collections%'
           and f.model not like 'ar.%' and c.is_nullable = 'NO'
           and c.column_default is null and f.name not in ('id')
           and not exists (select from ir_model_data o
                            where o.model = 'ir.model.fields' and o.res_id = f.id
                              and o.module not like 'ar\\_collections%')
        """,
    )
    assert not columns, f"required by the database: {columns}"
