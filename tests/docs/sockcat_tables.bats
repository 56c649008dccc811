#!/usr/bin/env bats
# The addresses and options of sockcat --help-addresses are those of its manual page, where keywords are .Ic and options
# .Cm. TOOLS_DIR is the folder of the binaries.

setup() {
  root=$BATS_TEST_DIRNAME/../..
  TOOLS_DIR=$(cd "${TOOLS_DIR:-$root/build/release/bin}" && pwd)
  PATH=$TOOLS_DIR:$PATH
  page=$root/man/sockcat.1
}

# A part of the help: Addresses or Options.
help_of() { sockcat --help-addresses | sed -n "/^$1:/,/^\$/p"; }

# The names and aliases of a part of the help, one a line, sorted.
spellings_of_help() {
  help_of "$1" | sed -nE 's/^  ([a-z0-9-]+).*/\1/p; s/^      also: //p' | tr ' ' '\n' | sort
}

# The forms of a part of the help, as tcp-listen:PORT or backlog=N.
forms_of_help() { help_of "$1" | sed -nE 's/^  ([^ ]+)$/\1/p' | sort; }

# The lines of a section of the page; all of them without a name.
section() {
  awk -v name="${1-}" '/^\.Sh / { is_in = $0 == ".Sh " name } is_in || name == ""' "$page" | sed 's/\\-/-/g; s/\\&//g'
}

# The arguments of a macro in lines of the page, one a line, sorted: up to the next macro, without punctuation.
arguments_of() {
  awk -v macro="$1" '/^\.[^\\]/ {
    sub(/^\./, "")
    is_in = 0
    for (i = 1; i <= NF; ++i) {
      if ($i ~ /^[A-Z][a-z]$/) is_in = $i == macro
      else if (is_in && $i !~ /^[][.,:;()=|-]$/) print $i
    }
  }' | sort
}

# The forms of the rows of a section of the page that have one, written as the help writes them.
forms_of_page() {
  section "$2" | sed -nE "/ , /d; s/^\.It $1 //p" |
    sed 's/ Ns Op = Ns Ar BOOL/[=0|1]/; s/ Ns Op : Ns Ar \(.*\)/[:\1]/; s/ Ns \([=/]\) Ns Ar /\1/g; s/ : Ns Ar /:/g; s/=Ar /=/' | sort
}

# What two files have not in common, the first of the help and the second of the page.
compare() { diff -u --label help "$1" --label page "$2"; }

@test "the help has addresses and options" {
  [ "$(spellings_of_help Addresses | wc -l)" -gt 50 ]
  [ "$(spellings_of_help Options | wc -l)" -gt 80 ]
}

@test "the page has every keyword and alias, and no other" {
  compare <(spellings_of_help Addresses | grep -vx -e -) <(section ADDRESSES | arguments_of Ic | uniq)
}

@test "the page has every option and alias, and no other" {
  compare <(spellings_of_help Options) <(section 'ADDRESS OPTIONS' | arguments_of Cm | uniq)
}

@test "no other part of the page has keywords or options that there are not" {
  run comm -13 <(spellings_of_help Addresses) <(section | arguments_of Ic | uniq)
  [ "$output" = '' ]
  run comm -13 <(spellings_of_help Options) <(section | arguments_of Cm | uniq)
  [ "$output" = '' ]
}

# "NAME ALIAS" of each alias.
aliases_of_help() {
  help_of "$1" | awk '/^  [^ ]/ { name = $1; sub(/[^a-z0-9-].*/, "", name) }
    $1 == "also:" { for (i = 2; i <= NF; ++i) if ($i != "-") print name, $i }' | sort
}
# Of rows with one name: what stands behind "Also".
aliases_of_page() {
  local name='' line before=''
  while IFS= read -r line; do
    case $line in
      ".It $1 "*) name=$(arguments_of "$1" <<<"$line") ;;
      ".$1 "*) [[ $before != Also || $name == *$'\n'* ]] || arguments_of "$1" <<<"$line" | sed "s/^/$name /" ;;
    esac
    before=$line
  done < <(section "$2") | sort
}

@test "aliases stand behind their names" {
  compare <(aliases_of_help Options) <(aliases_of_page Cm 'ADDRESS OPTIONS')
  compare <(aliases_of_help Addresses | grep -v '^[a-z]*[46]') <(aliases_of_page Ic ADDRESSES)
}

@test "what follows keywords and options is what follows them in the help" {
  run comm -13 <(forms_of_help Addresses) <(forms_of_page Ic ADDRESSES)
  [ "$output" = '' ]
  run comm -13 <(forms_of_help Options) <(forms_of_page Cm 'ADDRESS OPTIONS')
  [ "$output" = '' ]
}

# "GROUP NAME" of each option.
groups_of_help() {
  help_of Options | awk '/^  [^ ]/ { name = $1; sub(/[[=].*/, "", name) } $1 == "groups:" { for (i = 2; i <= NF; ++i) print $i, name }' | sort
}
# A list of the page can be that of several groups.
groups_of_page() {
  local group='' line name
  while IFS= read -r line; do
    case $line in
      '.\" group: '*) group=${line#*: } ;;
      .El) group='' ;;
      '.It '*) for name in $group; do arguments_of Cm <<<"$line" | sed "s/^/$name /"; done ;;
    esac
  done < <(section 'ADDRESS OPTIONS') | sort
}

@test "options stand in the list of the addresses that take them" {
  compare <(groups_of_help) <(groups_of_page)
}
