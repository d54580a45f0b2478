#!/usr/bin/env bash
# Installs a release for action.yml: finds the archive of this runner in the
# release's checksums, fetches and checks it, and puts it on the PATH.
set -euo pipefail

releases=${CRMSYNC_RELEASES:-https://github.com/crmsync/crmsync/releases}
case ${VERSION:-latest} in
  latest) release=$releases/latest/download ;;
  v[0-9]*) release=$releases/download/$VERSION ;;
  [0-9]*) release=$releases/download/v$VERSION ;;
  *) echo "::error::version must be latest or a release such as v1.2.3, not $VERSION"; exit 1 ;;
esac

case $RUNNER_OS in
  Linux) os=linux ending=tar.gz ;;
  macOS) os=darwin ending=tar.gz ;;
  Windows) os=windows ending=zip ;;
  *) echo "::error::crmsync has no release for $RUNNER_OS"; exit 1 ;;
esac
case $RUNNER_ARCH in
  X64) arch=amd64 ;;
  ARM64) arch=arm64 ;;
  *) echo "::error::crmsync has no release for $RUNNER_ARCH"; exit 1 ;;
esac

dir=$RUNNER_TEMP/crmsync
mkdir -p "$dir"
cd "$dir"
fetch() { curl --fail --silent --show-error --location --retry 5 --output "$1" "$release/$1"; }

fetch checksums.txt
line=$(grep "_${os}_${arch}\.${ending}\$" checksums.txt) || { echo "::error::$release has no archive for $os/$arch"; exit 1; }
sum=${line%% *} archive=${line##* }
fetch "$archive"
if command -v sha256sum > /dev/null; then actual=$(sha256sum "$archive"); else actual=$(shasum -a 256 "$archive"); fi
if [ "${actual%% *}" != "$sum" ]; then
  echo "::error::$archive is not the file that checksums.txt speaks of: it was damaged on the way, or changed"
  exit 1
fi
case $ending in
  zip) unzip -qo "$archive" ;;
  *) tar -xzf "$archive" ;;
esac
rm -f "$archive"
echo "$dir" >> "$GITHUB_PATH"
./crmsync version
