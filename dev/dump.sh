# Dumps of databases with their filestores, kept in the cache: write, check, restore (sourced).
#
# The embedded PostgreSQL's programs write and read them, whatever server and whatever older programs of the
# system there are: an archive of one version cannot be read by the programs of an older one. Nor does an older
# server understand the statements of a newer one's dump, so each major version has entries of its own.

pg_major() { "$1" --version | sed -E 's/[^0-9]*([0-9]+).*/\1/'; }
server_major() { sql "select current_setting('server_version_num')::int / 10000"; }

own_client() { [ -x "$PG_OWN_BIN/pg_dump" ] && [ "$(pg_major "$PG_OWN_BIN/pg_dump")" -ge "$(server_major)" ]; }

pg_client() { # psql, pg_dump or pg_restore: ours, unless the server is newer than it
  if own_client; then echo "$PG_OWN_BIN/$1"; else command -v "$1"; fi
}

dump_entry() { # name in the cache: the folder of this server's version
  echo "$CACHE/$1-pg$(server_major)"
}

keep_dump() { # database, entry; what cannot be kept is built again next time
  if [ "$(pg_major "$(pg_client pg_dump)")" -ge "$(server_major)" ]; then
    cache_fill "$2" dump_db "$1"
  else
    note "no pg_dump here is as new as the server: ${2#"$CACHE"/} is not kept in the cache"
  fi
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

# Sets RESTORED where the entry is there and can be restored. A whole one is left alone if it cannot: the reason
# may be the server's, and what is built anew then does without it.
restore_step() { # entry, what it does, command…
  RESTORED=
  [ -e "$1" ] || return 0
  say "$2: check the copy in the cache"
  dump_ok "$1" || return 0
  attempt "$2: restore from the cache" "${@:3}"
  if [ "$TRIED" = 0 ]; then
    RESTORED=yes
  else
    note "$FAILURE"
    note "it is built instead; ${1#"$CACHE"/} is whole and stays in the cache"
  fi
}

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
