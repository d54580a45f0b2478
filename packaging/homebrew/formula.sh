#!/bin/sh
# Prints the formula of a release for the Homebrew tap, from what goreleaser left:
#   sh packaging/homebrew/formula.sh dist
set -eu
dist=$1
value() { sed -n 's/.*"'"$1"'":"\([^"]*\)".*/\1/p' "$dist/metadata.json"; }

version=$(value version)
commit=$(value commit)
archive=crmsync-$version.tar.gz
sum=$(sed -n "s/^\([0-9a-f]\{64\}\)  $archive\$/\1/p" "$dist/checksums.txt")
if [ -z "$version" ] || [ -z "$commit" ] || [ -z "$sum" ]; then
  echo "formula.sh: $dist has no release with its sources: $archive is to be in checksums.txt" >&2
  exit 1
fi
sed -e "s/@VERSION@/$version/g" -e "s/@SHA256@/$sum/" -e "s/@COMMIT@/$commit/" "$(dirname "$0")/crmsync.rb"
