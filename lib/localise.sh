#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Make the static archive OUT of CORE with nothing visible but the public functions, so that the short names inside
# cannot meet those of the program that links it. The tools are those that the compiler names: of the machine that is
# built for.
# usage: localise.sh OUT CORE COMPILER...
set -eu
out=$1 core=$2
shift 2
ar=$("$@" -print-prog-name=ar)
objcopy=$("$@" -print-prog-name=objcopy)
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
# With -flto, GCC would write code for a later LTO, whose names objcopy cannot hide; clang has no such option.
code=-flinker-output=nolto-rel
"$@" $code -x c -E /dev/null >"$folder/said" 2>&1 || code=
"$@" $code -r -nostdlib -o "$folder/joined.o" -Wl,--whole-archive "$core" -Wl,--no-whole-archive
"$objcopy" --localize-hidden "$folder/joined.o" "$folder/mxcheck.o"
rm -f "$out"
"$ar" rcsD "$out" "$folder/mxcheck.o"
