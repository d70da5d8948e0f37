#!/usr/bin/env bash
# constant_time.sh <probe>
# Fails when memcheck finds that what the link does hangs on a secret, or does not find it where the probe's two
# controls make it so.
set -euo pipefail
probe=$1
found=99  # valgrind's exit code for an error; the probe's own are 0, 1 and 2

# under_memcheck <control>: its exit code; what it said is in $said.
under_memcheck() {
  local status=0
  said=$(valgrind --error-exitcode=$found --leak-check=no "$probe" "$1" 2>&1) || status=$?
  return $status
}

expect() {
  local control=$1 wanted=$2 status=0
  under_memcheck "$control" || status=$?
  if ((status != wanted)) || grep -q 'not so:' <<<"$said"; then
    printf '%s\nconstant_time: %s ended with %d and not with %d\n' "$said" "$control" "$status" "$wanted" >&2
    exit 1
  fi
}
# found_in <what> <function of the probe>: there are errors of that kind, and all of them stand there.
found_in() {
  local errors places
  errors=$(grep -cE "$1" <<<"$said" || true)
  places=$(grep -E -A1 "$1" <<<"$said" | grep -cE "\b$2\b.*\(constant_time_probe\.cpp:" || true)
  if ((errors == 0 || errors != places)); then
    printf '%s\nconstant_time: wanted errors "%s" in %s alone\n' "$said" "$1" "$2" >&2
    exit 1
  fi
}

expect branch $found
found_in 'Conditional jump or move depends on uninitialised value' equal
expect address $found
found_in 'Use of uninitialised value of size' public_of
expect link 0
