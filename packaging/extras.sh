#!/bin/sh
# Makes what a package holds beside the program: completions and man pages.
#   sh packaging/extras.sh DIRECTORY
set -eu
dir=$1
rm -rf "$dir"
mkdir -p "$dir/completions"
for shell in bash zsh fish powershell; do
  go run . completion "$shell" > "$dir/completions/crmsync.$shell"
done
go run ./internal/reference man "$dir/man"
gzip -9n "$dir"/man/*.1 # n: no date, so that it is the same every time
