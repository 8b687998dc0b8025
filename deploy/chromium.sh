#!/bin/sh
# Exits 0 when a Chromium is there for the tests; installs Debian's if that needs no question.
# Debian's, not Playwright's: that one lacks H.264. The shell (Chromium without windows) where there is one.
set -u
package=chromium
line='apt-get install -y --no-install-recommends chromium'

there() {
  if [ -n "${SUUUPRA_TEST_CHROMIUM:-}" ]; then command -v "$SUUUPRA_TEST_CHROMIUM" >/dev/null; return; fi
  for name in chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$name" >/dev/null && return
  done
  return 1
}

there && exit 0
if command -v apt-get >/dev/null; then
  if [ "$(id -u)" = 0 ]; then as=
  elif sudo -n true 2>/dev/null; then as='sudo -n'
  else as=no
  fi
  if [ "$as" != no ]; then
    echo "Installing Chromium for the browser tests"
    $as apt-get update -qq >/dev/null </dev/null
    apt-cache show chromium-headless-shell >/dev/null 2>&1 && package=chromium-headless-shell
    $as env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends -qq "$package" \
      >/dev/null </dev/null
    there && exit 0
  fi
fi
echo "No Chromium for the browser tests. Run as root: $line" >&2
exit 1
