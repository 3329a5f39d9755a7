# The demo database: built once, upgraded when our addons have changed (sourced).
#
# Its story is told as of the day of installation. What was built today from the same files, in whatever checkout,
# is in the cache (demos/<day>-<key>) and is restored from there.

DEMO_CONF=$ENV_DIR/demo.conf
MAIL=$ENV_DIR/mail

demo_day() { date -u +%F; }

demo_entry() { # day
  dump_entry "demos/$1-$({ echo "${TPLDEMO#"$(db_prefix)"} $ADDONS_KEY"; cat "$ROOT/dev/demo_db.sh"; } | digest)"
}

build_demo() {
  local day
  day=$(demo_day)
  clone_db "$TPLDEMO" "$DEMO.new"
  odoo_on "$DEMO.new" -i "$MODULES" --with-demo
  # what Odoo's own demo data wanted to send tells no story
  sql "update mail_mail set state = 'cancel' where state = 'outgoing'" "$DEMO.new"
  if [ "$(demo_day)" = "$day" ]; then keep_demo "$(demo_entry "$day")"; fi
  use_demo
}

keep_demo() { # entry; other days' are of no use
  find "$CACHE/demos" -mindepth 1 -maxdepth 1 -mtime +1 -exec rm -rf {} + 2>/dev/null || true
  keep_dump "$DEMO.new" "$1"
}

restore_demo() { # entry
  restore_db "$1" "$DEMO.new"
  use_demo
}

use_demo() {
  rm -f "$MAIL"/*.eml # of an older database
  mark_db "$DEMO.new" "$TPLDEMO $ADDONS_KEY"
  drop_db "$DEMO"
  rename_db "$DEMO.new" "$DEMO"
}

restore_today() {
  local entry
  entry=$(demo_entry "$(demo_day)")
  restore_step "$entry" "Demo database of today" restore_demo "$entry"
}

upgrade_demo() { # -i too: there may be a new addon
  odoo_on "$DEMO" -u "$MODULES" -i "$MODULES" --with-demo
  mark_db "$DEMO" "$TPLDEMO $ADDONS_KEY"
}

demo_db() {
  local made
  made=$(db_made_from "$DEMO")
  if [ "$made" = "$TPLDEMO $ADDONS_KEY" ]; then return; fi
  if [ "${made%% *}" = "$TPLDEMO" ]; then
    step "Demo database: upgrade $MODULES" "mend the addon, or build it anew: make clean-demo demo" upgrade_demo
    return
  fi
  restore_today
  [ -z "$RESTORED" ] || return 0
  template_demo
  step "Demo database: install $MODULES" "the lines above are warnings or errors of the installation" build_demo
}

# Where it is served differs from start to start; PDFs fetch their style sheets from there.
demo_parameters() { # URL
  sql "insert into ir_config_parameter (key, value) values
    ('report.url', '$1'), ('web.base.url', '$1'), ('web.base.url.freeze', 'True')
    on conflict (key) do update set value = excluded.value" "$DEMO"
}

demo_shell() { # its script comes on stdin
  "$VENV/bin/odoo" shell -c "$DEMO_CONF" -d "$DEMO" --no-http --shell-interface=python --log-level=warn
}
