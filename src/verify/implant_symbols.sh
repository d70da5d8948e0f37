#!/usr/bin/env bash
# implant_symbols.sh <nm> <allow-list> <object, archive or program>...
# Fails when the files leave a symbol open that none of them defines and the list does not allow;
# names each with the object that asks for it.
set -euo pipefail
nm=$1 allow=$2
shift 2

# nm's output is caught first: inside a process substitution a failing nm would pass as "nothing open".
defined=$("$nm" --defined-only -P "$@" 2>/dev/null)
open=$("$nm" --undefined-only -A -P "$@" 2>/dev/null)

awk '
  pass == "allow"   { sub(/#.*/, ""); if (NF) known[$1] = 1; next }
  pass == "defined" { if (NF > 1) known[$1] = 1; next }
  {
    cut = index($0, ": ")                   # "archive[object]: symbol U"
    if (!cut) next
    symbol = substr($0, cut + 2)
    sub(/[ @].*/, "", symbol)               # its kind, the version of a libc symbol
    seen++
    if (!(symbol in known)) { print symbol "  <-  " substr($0, 1, cut - 1); bad = 1 }
  }
  END {
    if (bad) { print "implant_symbols: not allowed in the implant (see implant_symbols.txt)"; exit 1 }
    print "implant_symbols: " seen + 0 " references, all allowed"
  }
' pass=allow "$allow" pass=defined <(printf '%s\n' "$defined") pass=open <(printf '%s\n' "$open")
