# Stops a served Odoo gently (sourced).

# A job or a request that loses its connections in the middle ends in a traceback: let it come to its end first.
settle() { # Odoo's process, its database
  local at_work="select count(*) from pg_stat_activity where datname = '$2' and state <> 'idle'" i
  for ((i = 0; i < 100; i++)); do
    kill -0 "$1" 2>/dev/null && [ "$(sql "$at_work" 2>/dev/null)" -gt 0 ] 2>/dev/null || return 0
    [ $i != 5 ] || note "a scheduled job or a request is at work; waiting up to 30 s for its end"
    sleep 0.3
  done
}

end_process() { # process or nothing: 10 s to leave by itself
  local i
  [ -n "$1" ] && kill "$1" 2>/dev/null || return 0
  for ((i = 0; i < 100; i++)); do kill -0 "$1" 2>/dev/null && sleep 0.1 || break; done
  kill -9 "$1" 2>/dev/null || true
}
