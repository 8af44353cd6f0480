#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Make the static archive OUT of CORE with nothing visible but the public functions, so that the short names inside
# cannot meet those of the program that links it.
# usage: localise.sh OUT CORE
set -eu
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
ld -r --whole-archive "$2" -o "$folder/joined.o"
objcopy --localize-hidden "$folder/joined.o" "$folder/mxcheck.o"
rm -f "$1"
ar rcsD "$1" "$folder/mxcheck.o"
