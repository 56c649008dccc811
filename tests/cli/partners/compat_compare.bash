# What the tests of libexec/ipcutils/compat share; they source it, and shells in namespaces too.
# shellcheck shell=bash disable=SC2016,SC2154

original=/usr/bin
compat=$(cd "$TOOLS_DIR/../libexec/ipcutils/compat" && pwd) # the folder of the replacements
compared=0

skip_unless_known_version() { # TOOL
  local version
  version=$("$original/$1" -V 2>/dev/null) || skip "no $1 to compare with"
  [[ $version == "$1 from util-linux 2.38"* ]] || skip "another version: $version"
}

# Sets `namespace` to what runs a command in an IPC namespace of its own.
need_namespace() {
  namespace=(unshare --ipc)
  ((EUID == 0)) || namespace=(unshare --user --map-current-user --ipc)
  "${namespace[@]}" true 2>/dev/null || skip "no IPC namespace to be had"
}

# outcome FOLDER TOOL [ARG]...: what it writes on both channels, and its status. It is called as TOOL.
outcome() {
  local folder=$1 tool=$2 status=0
  shift 2
  "${as[@]}" bash -c 'exec -a "$0" "$@"' "$tool" "$folder/$tool" "$@" >"$scratch/out" 2>"$scratch/err" || status=$?
  printf 'standard output:\n'
  cat "$scratch/out"
  printf 'standard error:\n'
  cat "$scratch/err"
  printf 'exit status %d\n' "$status"
}

# same TOOL [ARG]...: the original and the replacement do the same. `as` may hold a prefix, `prepare` and `effect`
# commands that run before, and whose output is compared after.
same() {
  local tool=$1 folder
  for folder in "$original" "$compat"; do
    "${prepare[@]}"
    { outcome "$folder" "$@"; "${effect[@]}"; } >"$scratch/${folder//\//_}"
  done
  compared=$((compared + 1))
  diff "$scratch/${original//\//_}" "$scratch/${compat//\//_}" && return
  printf 'They differ: %s\n' "${*@Q}"
  exit 1
}

as=(env)
prepare=(:)
effect=(:)
