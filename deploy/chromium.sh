#!/bin/sh
# Exits 0 when a Chromium is there for the tests; installs Debian's if that needs no question.
# Its own Chromium, not Playwright's: that one lacks H.264.
set -u
line='apt-get install -y --no-install-recommends chromium'

there() {
  if [ -n "${SUUUPRA_TEST_CHROMIUM:-}" ]; then command -v "$SUUUPRA_TEST_CHROMIUM" >/dev/null; return; fi
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
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
    $as env DEBIAN_FRONTEND=noninteractive sh -c "apt-get update -qq && $line -qq" >/dev/null </dev/null
    there && exit 0
  fi
fi
echo "No Chromium for the browser tests. Run as root: $line" >&2
exit 1
