# Sourced by the commands in tools/ and ci/: where the checkout is, a home that can be written to
# (Bazel needs one, and cron, containers and sudo leave HOME unset or pointing at somebody else's), and
# the options that every Bazel call of theirs shares.
# shellcheck shell=bash

weir_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
export LC_ALL=C.UTF-8

weir_writable_home() {
  local home
  for home in "${HOME:-}" "$(getent passwd "$(id -u)" | cut -d: -f6)"; do
    if [ -n "$home" ] && [ -d "$home" ] && [ -w "$home" ]; then
      echo "$home"
      return
    fi
  done
  home=${TMPDIR:-/tmp}/weir-home-$(id -u)
  mkdir -p -m 700 "$home"
  echo "$home"
}

HOME=$(weir_writable_home)
export HOME
# An own copy of XDG_CACHE_HOME may belong to another user just as HOME may.
if [ -n "${XDG_CACHE_HOME:-}" ] && ! { mkdir -p "$XDG_CACHE_HOME" && [ -w "$XDG_CACHE_HOME" ]; } 2>/dev/null; then
  unset XDG_CACHE_HOME
fi

# .bazelrc's ~ is the password file's home; HOME is what the user meant.
weir_disk_cache=$HOME/.cache/weir-bazel
bazel_options=("--disk_cache=$weir_disk_cache")
if [ ! -t 2 ]; then
  bazel_options+=(--color=no --curses=no --show_progress_rate_limit=60)
fi
