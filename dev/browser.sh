# Sees to the programs that tests need beside Python: Chromium, wkhtmltopdf, and poppler's to look at PDFs (sourced).

find_browser() { # the names Odoo looks for
  command -v google-chrome chromium chromium-browser google-chrome-stable | head -n 1
}

install_browser() { # Ubuntu's package of that name only installs a snap; the check afterwards tells
  apt-get -q update
  DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends chromium
}

get_browser() {
  [ -z "$(find_browser)" ] || return 0
  if is_root && command -v apt-get >/dev/null; then
    try step "Chromium for the browser tests" "see the log; meanwhile the browser tests fail" install_browser
  fi
  [ -n "$(find_browser)" ] ||
    note "no Chromium: every browser test will fail. Next: apt-get install chromium, or put a 'chromium' into PATH"
}

install_poppler() {
  apt-get -q update
  DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends poppler-utils
}

get_poppler() { # pdftotext and pdftoppm
  [ -z "$(command -v pdftotext)" ] || return 0
  if is_root && command -v apt-get >/dev/null; then
    try step "poppler-utils for the tests of letters" "see the log; meanwhile the tests of letters fail" install_poppler
  fi
  command -v pdftotext >/dev/null ||
    note "no pdftotext: the tests of letters will fail. Next: apt-get install poppler-utils"
}

check_wkhtmltopdf() { # once for an environment
  local mark=$VENV/.wkhtmltopdf
  [ ! -e "$mark" ] || return 0
  if "$VENV/bin/wkhtmltopdf" --version >/dev/null 2>&1; then
    touch "$mark"
  else
    note "the wkhtmltopdf of the environment does not run, so PDF tests will fail." \
      "Next: apt-get install libxrender1 libfontconfig1 libfreetype6 libxext6 libx11-6"
  fi
}
