# The demo database: built once, upgraded when our addons have changed (sourced).
#
# A comment on the database says what it was made from.

DEMO=$(db_prefix)demo
DEMO_CONF=$ENV_DIR/demo.conf

build_demo() {
  clone_db "$TPLDEMO" "$DEMO.new"
  odoo_on "$DEMO.new" -i "$MODULES" --with-demo
  # what Odoo's own demo data wanted to send tells no story, nor do mails of an older database
  sql "update mail_mail set state = 'cancel' where state = 'outgoing'" "$DEMO.new"
  rm -f "$ENV_DIR"/mail/*.eml
  sql "comment on database \"$DEMO.new\" is '$TPLDEMO $ADDONS_KEY'"
  drop_db "$DEMO"
  rename_db "$DEMO.new" "$DEMO"
}

upgrade_demo() { # -i too: there may be a new addon
  odoo_on "$DEMO" -u "$MODULES" -i "$MODULES" --with-demo
  sql "comment on database \"$DEMO\" is '$TPLDEMO $ADDONS_KEY'"
}

demo_db() {
  local made=
  ! has_db "$DEMO" || made=$(db_comment "$DEMO")
  if [ "$made" = "$TPLDEMO $ADDONS_KEY" ]; then return; fi
  if [ "${made%% *}" = "$TPLDEMO" ]; then
    step "Demo database: upgrade $MODULES" "mend the addon, or build it anew: make clean-demo demo" upgrade_demo
  else
    template_demo
    step "Demo database: install $MODULES" "the lines above are warnings or errors of the installation" build_demo
  fi
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
