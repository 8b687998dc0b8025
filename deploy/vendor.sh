#!/bin/sh
# Rebuilds src/suuupra/web/static/vendor from npm packages pinned here, and vendor.lock with their hashes.
# Needs npm; nothing at run or test time does. A test compares the files with the lock.
set -eu
cd "$(dirname "$0")"
here=$(pwd)
out=$here/../src/suuupra/web/static/vendor
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

htmx=4.0.1 hls=1.7.4 tus=4.3.1 inter=5.3.0 bricolage=5.3.0 lucide=1.62.0

cd "$work"
npm init -y >/dev/null 2>&1
npm install --no-audit --no-fund --ignore-scripts --loglevel=error \
  "htmx.org@$htmx" "hls.js@$hls" "tus-js-client@$tus" "lucide-static@$lucide" \
  "@fontsource-variable/inter@$inter" "@fontsource-variable/bricolage-grotesque@$bricolage" >/dev/null

rm -rf "$out"
mkdir -p "$out/licences"
{
  echo "# Written by deploy/vendor.sh: what the browser gets that is not ours. Paths are relative to this file."
} >"$out/vendor.lock"

# take PACKAGE VERSION LICENCE SOURCE TARGET: copies one built file and notes it.
take() {
  cp "node_modules/$1/$4" "$out/$5"
  note "$1" "$2" "$3" "$5"
}

note() {
  licence=licences/$(printf %s "$1" | tr -d @ | tr / -).txt
  cp "node_modules/$1/LICENSE" "$out/$licence"
  chmod 644 "$out/$licence" "$out/$4"
  printf '\n[[file]]\npackage = "%s"\nversion = "%s"\nlicence = "%s"\nlicence_text = "%s"\npath = "%s"\nsha256 = "%s"\n' \
    "$1" "$2" "$3" "$licence" "$4" "$(sha256sum "$out/$4" | cut -d' ' -f1)" >>"$out/vendor.lock"
}

# One sprite of line icons: our names, their drawings. Stroke and fill come from the page's CSS.
sprite() {
  echo '<svg xmlns="http://www.w3.org/2000/svg">'
  while read -r name source; do
    body=$(sed -e '/<!--/d' "node_modules/lucide-static/icons/$source.svg" | tr '\n' ' ' |
      sed -e 's/<svg[^>]*>//; s/<\/svg>//; s/  */ /g; s/ \/>/\/>/g; s/^ //; s/ $//; s/> </></g')
    printf '<symbol id="%s" viewBox="0 0 24 24">%s</symbol>\n' "$name" "$body"
  done <"$here/icons.txt"
  echo '</svg>'
}

take htmx.org "$htmx" 0BSD dist/htmx.min.js htmx.min.js
take hls.js "$hls" Apache-2.0 dist/hls.min.mjs hls.min.mjs
take tus-js-client "$tus" MIT dist/tus.min.js tus.min.js
take @fontsource-variable/inter "$inter" OFL-1.1 files/inter-latin-wght-normal.woff2 inter-latin.woff2
take @fontsource-variable/bricolage-grotesque "$bricolage" OFL-1.1 files/bricolage-grotesque-latin-wght-normal.woff2 bricolage-latin.woff2
sprite >"$out/icons.svg"
note lucide-static "$lucide" ISC icons.svg
