# Which addons there are, and Odoo's configuration files (sourced).

# Odoo splits addons_path at commas: a folder with one in its path is named by a link.
comma_free() { # folder
  local link
  if [[ $1 != *,* ]]; then
    echo "$1"
    return
  fi
  link=/tmp/ar-link-$(id -u)-$(printf %s "$1" | digest)
  [ "$(readlink "$link")" = "$1" ] || ln -sfn "$1" "$link"
  [ "$(stat -c %u "$link")" = "$(id -u)" ] || die "$link belongs to another user" "remove it, or move this checkout to a path without a comma"
  echo "$link"
}

# Our addons that can be installed here, and what they depend on outside of this repository.
read_addons() { # sets MODULES and BASE_MODULES
  local lines root odoo
  root=$(comma_free "$ROOT")
  odoo=$(comma_free "$ODOO_PATH")
  lines=$("$VENV/bin/python" "$ROOT/dev/addons.py" "$root" "$odoo" "$root/.env/venv")
  MODULES=${MODULES:-$(sed -n 1p <<<"$lines")}
  BASE_MODULES=${BASE_MODULES:-$(sed -n 2p <<<"$lines")}
  ADDONS_PATH=$(sed -n 3p <<<"$lines")
  ADDONS_KEY=$(addons_key)
}

addons_key() { # changes with anything that an installation or upgrade reads: not with words and pictures about it
  (cd "$ROOT" && find ${MODULES//,/ } -name __pycache__ -prune -o -path '*/tests/*' -prune -o -path '*/readme/*' -prune \
    -o -path '*/static/description/*' -prune -o -name README.rst -prune -o -type f -print0 |
    sort -z | xargs -0r sha256sum) | digest
}

write_conf() { # file, HTTP port, SMTP port (1: nobody listens there)
  cat >"$1.new" <<C
[options]
${PGHOST:+db_host = $PGHOST
}${PGPORT:+db_port = $PGPORT
}${PGPASSWORD:+db_password = $PGPASSWORD
}db_user = $PGUSER
data_dir = $DATA_DIR
addons_path = $ADDONS_PATH
screenshots = $ENV_DIR/screenshots
http_interface = 127.0.0.1
http_port = $2
workers = 0
max_cron_threads = 1
list_db = False
email_from = odoo@localhost
smtp_server = 127.0.0.1
smtp_port = $3
C
  chmod 600 "$1.new"
  mv "$1.new" "$1"
}
