# Shared by the commands in this folder: packages, build, messages. Sourced, never run.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export LC_ALL=C.UTF-8

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }
[[ -t 2 ]] || say() { printf '==> %s\n' "$*" >&2; }

die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# The packages of the given sections of scripts/packages.txt, one a line.
packages_of() {
  awk -v wanted=" $* " '
    /^\[.*\]/ { section = substr($1, 2, length($1) - 2); next }
    { sub(/#.*/, "") }
    NF && index(wanted, " " section " ") { print $1 }' "$root/scripts/packages.txt"
}

as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "must install packages: run as root, or install sudo"
  fi
}

# Debian's maintainer scripts ask policy-rc.d before they start a service. While our packages are installed the answer
# is no (101), so that a Prometheus meant for tests never listens on its own. A policy that was there before, as in
# container images, comes back afterwards, also when an earlier run was killed half way.
readonly policy=/usr/sbin/policy-rc.d
readonly policy_mark='# placed by argosy while it installs packages'

forbid_services() {
  allow_services
  if [[ -e $policy ]]; then
    as_root mv "$policy" "$policy.argosy-saved"
  fi
  printf '#!/bin/sh\n%s\nexit 101\n' "$policy_mark" | as_root tee "$policy" >/dev/null
  as_root chmod 755 "$policy"
}

allow_services() {
  if [[ -e $policy ]] && grep -qxF "$policy_mark" "$policy"; then
    as_root rm -f "$policy"
  fi
  if [[ -e $policy.argosy-saved ]]; then
    as_root mv "$policy.argosy-saved" "$policy"
  fi
}

# Whether an installed package stands in for this one, as a nodejs from elsewhere that brings npm along.
provided() {
  dpkg-query --show --showformat='${db:Status-Status}, ${Provides}\n' | awk -v wanted="$1" '
    { gsub(/ *\([^)]*\)/, "") }
    /^installed,/ && index($0 ",", ", " wanted ",") { found = 1 }
    END { exit !found }'
}

# install_packages SECTION...: installs what is missing; without anything missing it needs neither root nor network.
install_packages() {
  local package missing=()
  while read -r package; do
    # shellcheck disable=SC2016
    if [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) != installed ]] &&
      ! provided "$package"; then
      missing+=("$package")
    fi
  done < <(packages_of "$@")
  if ((${#missing[@]} == 0)); then
    return 0
  fi
  say "Installing ${#missing[@]} packages: ${missing[*]}"
  as_root apt-get -o DPkg::Lock::Timeout=300 -q update >&2
  # A subshell, so that the trap covers the installation and nothing else.
  (
    trap allow_services EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    forbid_services
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -q -y \
      install --no-install-recommends "${missing[@]}" >&2
  )
  # Installed for the tests' sake: they shall not start at the next boot either.
  local service
  for service in prometheus nginx; do
    if [[ " ${missing[*]} " == *" $service "* ]] && command -v update-rc.d >/dev/null; then
      as_root update-rc.d "$service" disable >/dev/null 2>&1 || true
    fi
  done
}

# install_node_packages: what tests/npm/package-lock.json names, when it changed or was never installed. Otherwise it needs
# no network.
install_node_packages() {
  # A copy of the lock file, placed last: after a run that was interrupted there is none.
  local folder=$root/tests/npm copy=$root/tests/npm/node_modules/.installed
  if cmp -s "$folder/package-lock.json" "$copy"; then
    return 0
  fi
  say "Installing the tests' packages of npm"
  rm -f "$copy"
  (cd "$folder" && npm ci --loglevel=error >&2) || die "npm could not install what tests/npm/package-lock.json names"
  cp "$folder/package-lock.json" "$copy"
}

# How many compilers at a time: one a core, but each needs up to 1.5 GiB (CAF and RESTinio are made of templates).
compile_jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemAvailable:/ { print int($2 / 1572864) }' /proc/meminfo)
  ((memory < 1)) && memory=1
  echo $((memory < cores ? memory : cores))
}

# build PRESET TARGET [cmake options]: configures when needed and compiles what changed.
build() {
  local preset=$1 target=$2
  shift 2
  if [[ -e $root/build && ! -w $root/build ]]; then
    die "$root/build belongs to another user (a run with sudo?): run with sudo again, or remove it"
  fi
  say "Building ($preset)"
  (
    cd "$root" || exit
    cmake --preset "$preset" "$@" >&2
    cmake --build --preset "$preset" --target "$target" -j "$(compile_jobs)" >&2
  )
}
