# Template databases, built or restored from the cache once, then only cloned (sourced).
#
#   tpl_<key>      what our addons depend on, without demo data
#   tpldemo_<key>  the same with demo data
#   inst_<key>     tpl_<key> with our addons
# Each is built under another name and renamed at the end. The first two depend on nothing of ours, so their
# dumps are kept in the cache (databases/<name>).

template_names() { # sets TPL, TPLDEMO, INST
  local key
  key=$(echo "$ODOO_KEY $PYTHON_LOCK_KEY $BASE_MODULES" | digest | cut -c1-10)
  TPL=$(db_prefix)tpl_$key
  TPLDEMO=$(db_prefix)tpldemo_$key
  INST=$(db_prefix)inst_$(echo "$key $ADDONS_KEY" | digest | cut -c1-10)
}

dump_db() { # database, folder
  mkdir -p "$DATA_DIR/filestore/$1"
  pg_dump -Fd -j2 -Z1 --no-owner --no-acl -f "$2/dump" "$1"
  tar -C "$DATA_DIR/filestore/$1" -cf "$2/filestore.tar" .
}

restore_db() { # folder, database
  drop_db "$2"
  sql "create database \"$2\" encoding 'unicode' lc_collate 'C' template template0"
  pg_restore -j2 --no-owner --no-acl --exit-on-error -d "$2" "$1/dump"
  mkdir -p "$DATA_DIR/filestore/$2"
  tar -C "$DATA_DIR/filestore/$2" -xf "$1/filestore.tar"
  sql analyze "$2"
}

build_base() { # name, Odoo's arguments…
  local name=$1
  shift
  drop_db "$name.new"
  odoo_on "$name.new" -i "$BASE_MODULES" "$@"
  cache_fill "$CACHE/databases/${name#"$(db_prefix)"}" dump_db "$name.new"
  rename_db "$name.new" "$name"
}

restore_base() { # name
  restore_db "$CACHE/databases/${1#"$(db_prefix)"}" "$1.new"
  rename_db "$1.new" "$1"
}

base_template() { # name, what to call it, Odoo's arguments…
  local name=$1 what=$2 entry=$CACHE/databases/${1#"$(db_prefix)"}
  shift 2
  ! has_db "$name" || return 0
  if cache_ok "$entry"; then
    # a dump that cannot be restored is made anew
    try step "Template database ($what): restore from the cache" "it is built anew now" restore_base "$name"
    if [ "$TRIED" = 0 ]; then return; fi
    rm -rf "$entry"
  fi
  step "Template database ($what): build, about a minute and a half, once" "see the log" build_base "$name" "$@"
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
