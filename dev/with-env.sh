#!/usr/bin/env bash
# Runs a command with everything set up, PostgreSQL running and the environment exported:
# with-env.sh [--installed] [--no-db] command…
#   --installed  AR_INSTALLED_DB names a template with our addons
#   --no-db      Odoo and Python only
. "$(dirname "$0")/setup.sh"

db=yes installed=
while [[ ${1:-} == --* ]]; do
  case $1 in
    --installed) installed=yes ;;
    --no-db) db= ;;
    *) die "with-env.sh: unknown option $1" ;;
  esac
  shift
done
[ $# -gt 0 ] || die "with-env.sh: no command"

if [ -z "$db" ]; then setup_tools; else setup; fi
if [ -n "$installed" ]; then
  template_installed
  export AR_INSTALLED_DB=$INST
fi
unlock_setup
rc=0
"$@" || rc=$?
exit $rc
