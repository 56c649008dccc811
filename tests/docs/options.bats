#!/usr/bin/env bats
# The options of --help are those of the manual page and of the completions. TOOLS_DIR is the folder of the binaries.

setup() {
  root=$BATS_TEST_DIRNAME/../..
  TOOLS_DIR=$(cd "${TOOLS_DIR:-$root/build/release/bin}" && pwd)
  PATH=$TOOLS_DIR:$PATH
}

# What a shell reads (ipcutils.bash) is no tool.
tools() { (cd "$TOOLS_DIR" && find . ! -name . -executable -printf '%f\n' | sort); }

# Each function prints the options of a tool, one a line, sorted: "-m", "--mode".

options_of_help() {
  "$1" --help | sed -nE 's/^  +((-[[:alnum:]], )*--[[:alnum:]-]+).*/\1/p' | tr -d ' ' | tr , '\n' | sort
}

options_of_page() {
  sed -n '/^\.It Fl /{s/\\-/-/g; p}' "$root/man/$1.1" | grep -oE 'Fl [[:alnum:]-]+' | sed 's/^Fl /-/' | sort
}

options_of_bash() {
  bash -c '. "$1"
    COMP_LINE="$2 -" COMP_POINT=$((${#2} + 2)) COMP_WORDS=("$2" -) COMP_CWORD=1
    "_ipcutils_$2" "$2" - "$2"
    printf "%s\n" "${COMPREPLY[@]}"' bash "$root/completions/bash/$1" "$1" | sort
}

# Specifications stand one a line: 'what excludes them' {-m+,--mode=}'[help]…', or '(what excludes it)--remove[help]'.
options_of_zsh() {
  sed -nE "/^  ['{]/{s/[:[].*//; s/\([^)]*\)//; p}" "$root/completions/zsh/_$1" | grep -oE -- '--?[[:alnum:]][[:alnum:]-]*' | sort
}

options_of_fish() {
  sed -n "/^complete -c $1 /{s/ -d .*//; p}" "$root/completions/fish/$1.fish" | grep -oE -- ' -[sl] [[:alnum:]-]+' |
    sed 's/^ -s /-/; s/^ -l /--/' | sort
}

# Compares what a function prints with --help, of every tool.
compare_with_help() {
  local tool failed=0
  for tool in $(tools); do
    [ -n "$(options_of_help "$tool")" ] || { echo "$tool: --help has no options"; failed=1; }
    diff --label "$tool --help" <(options_of_help "$tool") --label "$1" -u <("$1" "$tool") || failed=1
  done
  return "$failed"
}

@test "the manual pages have the options of --help" { compare_with_help options_of_page; }

@test "the bash completions have the options of --help" { compare_with_help options_of_bash; }

@test "the zsh completions have the options of --help" { compare_with_help options_of_zsh; }

@test "the fish completions have the options of --help" { compare_with_help options_of_fish; }

@test "the columns of ipcls --help are those of the page and of the completions" {
  columns=$(ipcls --help | sed -nE 's/^  ([A-Z]+) +.*/\1/p' | sort)
  [ -n "$columns" ]
  diff -u <(echo "$columns") \
    <(sed -n '/^\.Ss Columns/,/^\.Ss JSON/s/^\.It //p' "$root/man/ipcls.1" | grep -oE '[A-Z]+' | sort)
  for file in bash/_ipcutils zsh/_ipcls fish/ipcls.fish; do
    diff -u <(echo "$columns") <(sed -n '/\<REF KIND/,/MTIME/p' "$root/completions/$file" | grep -owE '[A-Z]{2,}' | sort)
  done
}

@test "mandoc finds nothing to warn of in the manual pages" {
  command -v mandoc >/dev/null || skip "mandoc is not installed"
  run mandoc -T lint -W warning "$root"/man/*.[1-9]
  echo "$output"
  [ "$status" -eq 0 ]
  [[ $output != *WARNING* && $output != *ERROR* ]]
}

@test "shellcheck finds nothing in the bash completions and in the runner of the examples" {
  command -v shellcheck >/dev/null || skip "shellcheck is not installed"
  cd "$root"
  shellcheck -x completions/bash/* tests/docs/run
}
