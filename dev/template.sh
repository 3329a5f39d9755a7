#!/usr/bin/env bash
# Builds a template database when it is not there: template.sh plain|demo|installed; prints its name.
. "$(dirname "$0")/setup.sh"

setup
case ${1:-} in
  plain) template_plain && echo "$TPL" ;;
  demo) template_demo && echo "$TPLDEMO" ;;
  installed) template_installed && echo "$INST" ;;
  *) die "template.sh plain|demo|installed" ;;
esac
