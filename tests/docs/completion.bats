#!/usr/bin/env bats
# shellcheck disable=SC2016 # what single quotes hold is for another shell
# shellcheck disable=SC2154 # completed is set by eval
# The completions, driven in the three shells. TOOLS_DIR is the folder of the binaries.

setup() {
  completions=$BATS_TEST_DIRNAME/../../completions
  completions=$(cd "$completions" && pwd)
  TOOLS_DIR=$(cd "${TOOLS_DIR:-$BATS_TEST_DIRNAME/../../build/release/bin}" && pwd)
  PATH=$TOOLS_DIR:$PATH
  export HOME=$BATS_TEST_TMPDIR
  unset XDG_CONFIG_HOME XDG_DATA_HOME ZDOTDIR
  prefix=/ipcutils-test.$$.$BATS_TEST_NUMBER
  name=${prefix}.frame
  strange="${prefix}.\$(touch pwned) a;b'c\"d"
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  rm -f -- "/dev/shm$name" "/dev/shm$strange"
}

make_objects() {
  echo 1 | shmput "$name"
  echo 2 | shmput "$strange"
}

# Completes a command line in bash, as it calls the function: words are split at ':' and '=', and the second argument
# is what readline will replace. Prints the candidates, one a line.
in_bash() {
  bash --norc -c '
    line=$1
    tool=${line%% *}
    . "$2/bash/$tool"
    COMP_LINE=$line COMP_POINT=${#line}
    read -ra COMP_WORDS <<<"$(sed -E "s/([:=])/ \1 /g" <<<"$line")"
    [[ $line == *" " ]] && COMP_WORDS+=("")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    text=${line##*["$3"]}
    "$(complete -p "$tool" | sed "s/.*-F \([^ ]*\).*/\1/")" "$tool" "$text" "${COMP_WORDS[COMP_CWORD - 1]}"
    printf "%s\n" "${COMPREPLY[@]}"' bash "$1" "$completions" " :=\"'"
}

# has_line LINE: one of the lines of $output is this.
has_line() { grep -Fqx -e "$1" <<<"$output" || { echo "no '$1' in:"; echo "$output"; return 1; }; }
has_no_line() { ! grep -Fqx -e "$1" <<<"$output" || { echo "'$1' in:"; echo "$output"; return 1; }; }

@test "bash: options" {
  run in_bash 'shmget --'
  has_line --timeout
  has_line --zero-copy
  run in_bash 'shmput --existing --pri'
  [ "$output" = --print-ref ]
  run in_bash 'shmget -- --'
  [ "$output" = '' ]
}

@test "bash: arguments of options" {
  run in_bash 'shmget --progress=a'
  [ "$output" = $'auto\nalways' ]
  run in_bash 'shmput --mode 64'
  [ "$output" = $'640\n644' ]
  run in_bash 'shmput --size 16'
  has_line 16K
  run in_bash 'ipcls -o REF,KEY,s'
  has_line REF,KEY,size
  has_no_line REF,KEY,ref
  run in_bash 'ipcls --output=+MT'
  [ "$output" = +MTIME ]
}

@test "bash: live objects" {
  make_objects
  run in_bash "shmget $prefix.f"
  [ "$output" = "$name" ]
  run in_bash "shmget -z --offset 2 $prefix.f"
  [ "$output" = "$name" ]
  run in_bash "shmput -m 600 $prefix.f"
  [ "$output" = "$name" ]
  run in_bash "shmget shm:$prefix.f"   # what stands before the colon stays
  [ "$output" = "$name" ]
  run in_bash "ipcdel shm:$prefix.f"
  [ "$output" = "$name" ]
  run in_bash "ipcls shm:$prefix.f"
  [ "$output" = "$name" ]
  run in_bash "ipcdel shm:$name shm:$prefix.f"   # is given already
  [ "$output" = '' ]
  run in_bash 'ipcdel '
  has_line "shm:$name"
}

@test "bash: an object's identifier" {
  segment=$(ipcnew -M 1)
  run in_bash "shmget ${segment#shm:}"
  result=$output
  ipcdel "$segment"
  echo "$result"
  [ "$result" = "${segment#shm:}" ]
}

@test "bash: strange names are quoted and not executed" {
  make_objects
  for open in '' "'" '"'; do
    run in_bash "shmget $open$prefix.\$"
    if [ -z "$open" ]; then run in_bash "shmget $prefix.\\\$"; fi
    [ -n "$output" ]
    eval "completed=$open$output$open"
    [ "$completed" = "$strange" ]
  done
  [ ! -e pwned ]
}

@test "bash: files where a file is wanted" {
  touch 'a file'
  run in_bash 'shmput /x a'
  [ "$output" = 'a file' ]
  run in_bash 'shmput /x <a'
  [ "$output" = 'a file' ]
  run in_bash 'shmput file:a'
  [ "$output" = 'a\ file' ]
  run in_bash 'ipcdel shm:file:a'
  [ "$output" = 'a\ file' ]
  run in_bash 'ftok a'
  [ "$output" = 'a file' ]
}

@test "bash: without ipcls there are no objects and no message" {
  make_objects
  PATH=/usr/bin:/bin run in_bash "shmget $prefix"
  [ "$output" = '' ]
}

@test "fish: options, arguments and live objects" {
  command -v fish >/dev/null || skip "fish is not installed"
  make_objects
  in_fish() { fish --no-config -c 'for file in $argv[1]/fish/*.fish; source $file; end; complete -C$argv[2]' "$completions" "$1" | cut -f 1; }
  run in_fish 'shmget --'
  has_line --zero-copy
  run in_fish 'shmget /'
  has_line "$name"
  has_line "$strange"
  run in_fish 'shmget shm:/'
  has_line "shm:$name"
  run in_fish "ipcdel shm:$prefix.f"
  [ "$output" = "shm:$name" ]
  run in_fish 'ipcls -o REF,SI'
  [ "$output" = REF,SIZE ]
  run in_fish 'shmput --progress=al'
  [ "$output" = --progress=always ]
  touch afile
  run in_fish 'shmput -m 600 /x af'
  [ "$output" = afile ]
  run in_fish 'shmput file:af'
  [ "$output" = file:afile ]
  [ ! -e pwned ]
}

# Types a line with a tab behind it into an interactive zsh, and fails unless the pattern shows up in a while.
in_zsh() {
  timeout 20 zsh -f -c '
    zmodload zsh/zpty || exit 1
    zpty shell zsh -f -i
    zpty -w shell "unsetopt zle_bracketed_paste; fpath=(${(q)1}/zsh \$fpath); autoload -Uz compinit; compinit -u -D; print rea\"\"dy"
    zpty -r -m shell output "*ready*" || exit 1
    zpty -w -n shell "$2"$'"'\\t'"'
    zpty -r -m shell output "*$3*"
    result=$?
    zpty -d shell
    exit result' zsh "$completions" "$1" "$2"
}

@test "zsh: syntax" {
  command -v zsh >/dev/null || skip "zsh is not installed"
  for file in "$completions"/zsh/_*; do zsh -n "$file"; done
}

@test "zsh: options, arguments and live objects" {
  command -v zsh >/dev/null || skip "zsh is not installed"
  zsh -f -c 'zmodload zsh/zpty' || skip "zsh has no zpty"
  make_objects
  in_zsh 'shmget --zer' 'o-copy'
  in_zsh 'shmget --progress=al' 'ways'
  in_zsh 'ipcls -o ref,MT' 'IME'
  in_zsh "shmget $prefix.f" 'rame'
  in_zsh "shmget shm:$prefix.f" 'rame'
  in_zsh "ipcdel shm:$prefix.f" 'rame'
  ipcdel "shm:$name"
  in_zsh "shmget $prefix" 'pwned\\\)\\ a\\;b'
  touch afile
  in_zsh 'shmput /x af' 'ile'
  in_zsh 'shmput file:af' 'ile'
  [ ! -e pwned ]
}

@test "zsh: what does not fit is not completed" {
  command -v zsh >/dev/null || skip "zsh is not installed"
  zsh -f -c 'zmodload zsh/zpty' || skip "zsh has no zpty"
  make_objects
  # The bell is all that comes back.
  in_zsh "ipcdel $prefix.f" $'\a'
}
