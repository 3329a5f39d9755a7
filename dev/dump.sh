# Dumps of databases with their filestores, kept in the cache: write, check, restore (sourced).
#
# The embedded PostgreSQL's programs write and read them, whatever server and whatever older programs of the
# system there are: an archive of one version cannot be read by the programs of an older one.

pg_major() { "$1" --version | sed -E 's/[^0-9]*([0-9]+).*/\1/'; }
server_major() { sql "select current_setting('server_version_num')::int / 10000"; }

own_client() { [ -x "$PG_OWN_BIN/pg_dump" ] && [ "$(pg_major "$PG_OWN_BIN/pg_dump")" -ge "$(server_major)" ]; }

pg_client() { # psql, pg_dump or pg_restore: ours, unless the server is newer than it
  if own_client; then echo "$PG_OWN_BIN/$1"; else command -v "$1"; fi
}

dump_entry() { # name in the cache: its folder, another one for a format that ours could not read
  if own_client; then echo "$CACHE/$1"; else echo "$CACHE/$1-pg$(pg_major pg_dump)"; fi
}

dump_db() { # database, folder
  mkdir -p "$DATA_DIR/filestore/$1"
  "$(pg_client pg_dump)" -w -Fd -j2 -Z1 --no-owner --no-acl -f "$2/dump" "$1"
  tar -C "$DATA_DIR/filestore/$1" -cf "$2/filestore.tar" .
  (cd "$2" && sha256sum -- dump/* filestore.tar >SHA256SUMS)
}

# Whole, byte by byte? A damaged one is removed, and only that: a restore may also fail for the server's reasons.
dump_ok() { # folder
  [ -e "$1" ] || return 1
  if cache_ok "$1" && (cd "$1" && sha256sum --quiet -c SHA256SUMS) >/dev/null 2>&1; then return 0; fi
  note "${1#"$CACHE"/} in the cache is damaged, or of an older kind; it is made anew"
  rm -rf "$1"
  return 1
}

RESTORE_NEXT="the copy in the cache is whole, so the reason is the server's: see the lines above; is its disk full?"

restore_db() { # folder, database
  local -x PGOPTIONS="${PGOPTIONS:-} -c synchronous_commit=off" # else a durable server syncs each of 5000 statements
  new_odoo_db "$2"
  if [ "$(server_major)" -ge 17 ]; then
    "$(pg_client pg_restore)" -w -j2 --no-owner --no-acl --exit-on-error -d "$2" "$1/dump"
  else # a setting that older servers do not know
    "$(pg_client pg_restore)" --no-owner --no-acl -f - "$1/dump" | sed '1,60{/^SET transaction_timeout = 0;$/d}' |
      "$(pg_client psql)" -wqX -v ON_ERROR_STOP=1 -d "$2" >/dev/null
  fi
  mkdir -p "$DATA_DIR/filestore/$2"
  tar -C "$DATA_DIR/filestore/$2" -xf "$1/filestore.tar"
  sql analyze "$2"
}
