#!/usr/bin/env bash
# Builds a template database when it is not there: template.sh plain|demo|installed; prints its name.
. "$(dirname "$0")/setup.sh"

setup
case ${1:-} in
  plain) name=$TPL; template_plain ;;
  demo) name=$TPLDEMO; template_demo ;;
  installed) name=$INST; template_installed ;;
  *) die "template.sh plain|demo|installed" ;;
esac
echo "$name"
