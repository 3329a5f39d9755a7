# Template databases, built or restored from the cache once, then only cloned (sourced).
#
#   tpl_<key>      what our addons depend on, without demo data
#   tpldemo_<key>  the same with demo data
#   inst_<key>     tpl_<key> with our addons
# Each is built under another name and renamed at the end. The first two depend on nothing of ours, so their
# dumps are kept in the cache (databases/<name>).

template_names() { # sets TPL, TPLDEMO, INST, DEMO
  local key
  key=$(echo "$ODOO_KEY $PYTHON_LOCK_KEY $BASE_MODULES" | digest | cut -c1-10)
  TPL=$(db_prefix)tpl_$key
  TPLDEMO=$(db_prefix)tpldemo_$key
  INST=$(db_prefix)inst_$(echo "$key $ADDONS_KEY" | digest | cut -c1-10)
  DEMO=$(db_prefix)demo
}

build_base() { # name, Odoo's arguments…
  local name=$1
  shift
  new_odoo_db "$name.new"
  sql "create extension pg_trgm" "$name.new" # as Odoo would
  odoo_on "$name.new" -i "$BASE_MODULES" "$@"
  keep_dump "$name.new" "$(base_entry "$name")"
  rename_db "$name.new" "$name"
}

restore_base() { # name
  restore_db "$(base_entry "$1")" "$1.new"
  rename_db "$1.new" "$1"
}

base_entry() { dump_entry "databases/${1#"$(db_prefix)"}"; }

base_template() { # name, what to call it, Odoo's arguments…
  local name=$1 what=$2
  shift 2
  ! has_db "$name" || return 0
  restore_step "$(base_entry "$name")" "Template database ($what)" restore_base "$name"
  [ -n "$RESTORED" ] || step "Template database ($what): build, about a minute and a half, once" \
    "see the log; is the disk full, this one's or the database server's?" build_base "$name" "$@"
}

template_plain() { base_template "$TPL" "$BASE_MODULES"; }
template_demo() { base_template "$TPLDEMO" "$BASE_MODULES with demo data" --with-demo; }

build_installed() {
  clone_db "$TPL" "$INST.new"
  odoo_on "$INST.new" -i "$MODULES"
  rename_db "$INST.new" "$INST"
}

template_installed() {
  template_plain
  has_db "$INST" || step "Template database: install $MODULES" \
    "the lines above are warnings or errors of the installation: mend the addon" build_installed
}
