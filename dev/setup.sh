# The whole set-up, each part at once when it is there already; then PostgreSQL runs and all names are set (sourced).

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
for part in cache python apt odoo venv browser pg conf db dump templates; do . "$ROOT/dev/$part.sh"; done

setup_tools() { # Odoo and Python, no database
  local start
  start=$(now)
  [[ $ROOT != *$'\n'* ]] || die "the path of this checkout has a newline, which Odoo's configuration cannot hold" "move it"
  need flock util-linux
  need sha256sum coreutils
  lock_setup
  say "Odoo 19 and Python: see what is there and whether the cache is whole"
  get_odoo
  get_venv
  check_wkhtmltopdf
  PYTHON_LOCK_KEY=$(digest <"$LOCK")
  pg_env
  read_addons
  say "Odoo 19 ($ODOO_KEY) and $("$VENV/bin/python" -V) are ready ($(since "$start"))"
}

# Leaves the set-up lock held: the caller builds its databases under it, then calls unlock_setup.
setup() {
  setup_tools
  trap pg_down EXIT
  pg_up
  mkdir -p "$DATA_DIR/filestore" "$ENV_DIR/log"
  write_conf "$ENV_DIR/odoo.conf" 8069 1
  template_names
  export ODOO_RC=$ENV_DIR/odoo.conf AR_DATA_DIR=$DATA_DIR AR_MODULES=$MODULES AR_DB_MARK=$(db_mark) \
    AR_TEMPLATE_DB=$TPL AR_TEMPLATE_DEMO_DB=$TPLDEMO
}
