# Completion of sockcat(1) in fish. What addresses and options there are, sockcat --help-addresses tells.

# Each row of a part of the help, Addresses or Options: form, text, aliases and groups, with tabs between them.
function __ipcutils_sockcat_rows
    type -q sockcat; or return
    set -l part
    set -l row
    for line in (sockcat --help-addresses 2>/dev/null)
        switch $line
            case 'Addresses:' 'Options:'
                set part $line
            case '      also: *'
                set row[3] (string replace -r '^ *also: ' '' -- $line)
            case '      groups: *'
                set row[4] (string replace -r '^ *groups: ' '' -- $line)
                test "$part" = "$argv[1]:"; and string join \t -- $row
            case '      *'
                set row[2] (string trim -- $line)
            case '  *'
                set row (string trim -- $line) '' '' ''
        end
    end
end

# The row of the help that has this spelling: __ipcutils_sockcat_find PART SPELLING
function __ipcutils_sockcat_find
    for row in (__ipcutils_sockcat_rows $argv[1])
        set -l fields (string split \t -- $row)
        if contains -- $argv[2] (string match -r '^[a-z0-9-]+' -- $fields[1]) (string split -n ' ' -- $fields[3])
            echo $row
            return
        end
    end
    return 1
end

# Names of rows behind PREFIX, or, where none fits what was begun, aliases. MARK stands behind those that need a value:
# __ipcutils_sockcat_spellings PREFIX BEGUN MARK ROW...
function __ipcutils_sockcat_spellings
    set -l begun (string lower -- $argv[2])
    set -l mark $argv[3]
    set -l names
    set -l aliases
    for row in $argv[4..-1]
        set -l fields (string split \t -- $row)
        string match -rq '^(?<name>[a-z0-9-]+)(?<form>.*)' -- $fields[1]
        for spelling in $name (string split -n ' ' -- $fields[3])
            test $spelling != - -a "$begun" = (string sub -l (string length -- "$begun") -- $spelling); or continue
            set -l candidates
            string match -q -- "$mark*" "$form"; or set -a candidates $argv[1]$spelling\t$fields[2]
            string match -q -- "*$mark*" "$form"; and not string match -q '[=*' -- "$form"
            and set -a candidates $argv[1]$spelling$mark\t$fields[2]
            if test $spelling = $name
                set -a names $candidates
            else
                set -a aliases $candidates
            end
        end
    end
    if set -q names[1]
        printf '%s\n' $names
    else if set -q aliases[1]
        printf '%s\n' $aliases
    end
end

# Files behind PREFIX: sockets alone, and directories, which may hold some, if KIND is socket:
# __ipcutils_sockcat_files PREFIX BEGUN KIND
function __ipcutils_sockcat_files
    for candidate in (complete -C "'' "$argv[2])
        set -l path (string split -m 1 \t -- $candidate)[1]
        set -l file (string replace -r '^~/' "$HOME/" -- $path)
        if test "$argv[3]" != socket; or test -S "$file"; or test -d "$file"
            echo $argv[1]$path
        end
    end
end

# Values of a kind, as the help names it: __ipcutils_sockcat_values KIND PREFIX BEGUN GROUPS
function __ipcutils_sockcat_values
    set -l prefix $argv[2]
    set -l values
    switch $argv[1]
        case PATH
            set -l kind
            set -l groups (string split ' ' -- $argv[4])
            contains unix $groups; and not contains open $groups; and set kind socket
            __ipcutils_sockcat_files $prefix $argv[3] "$kind"
        case SIZE
            set values 4K 64K 1M 16M
        case DURATION
            set values 100ms 1s 10s 1m inf
        case MODE
            set values 600 620 640 660 666
        case FAMILY
            set values ip4 ip6
        case FD
            set values (seq 0 9)
        case USER
            set values (__fish_complete_users)
        case GROUP
            string match -q '*=' -- $prefix; and set values (__fish_complete_groups)
        case HOST
            set values (__fish_print_hostnames):
        case INTERFACE
            set values (__fish_print_interfaces)
        case COMMAND
            set values (complete -C $argv[3])
        case NAME
            set values (string replace -rf '^(?:\S+ +){7}@' '' </proc/net/unix)
    end
    set -q values[1]; and printf '%s\n' $prefix$values
end

function __ipcutils_sockcat_addresses
    string match -rq '^(?<prefix>.*!!)?(?<address>.*)$' -- (commandline -ct)
    string match -rq '^(?<keyword>[^:,]*)(?<parameters>:[^,]*)?(?<options>,.*)?$' -- "$address"
    set keyword (string lower -- $keyword)
    set -l is_path
    if string match -q '*/*' -- $keyword
        set keyword gopen
        set is_path yes
    else if string match -rq '^[0-9]$' -- $keyword
        set keyword fd
    end
    # Form, text, aliases and groups.
    set -l fields (string split \t -- (__ipcutils_sockcat_find Addresses $keyword))

    if test -n "$options"
        string match -rq '^(?<before>.*,)(?<option>.*)$' -- $address
        if string match -rq '^(?<name>[^=]*)=(?<begun>.*)$' -- $option
            set -l row (__ipcutils_sockcat_find Options (string lower -- $name))
            set -l kind (string replace -r '^[^=]*=([^\t]*).*' '$1' -- $row)
            string match -q 'interface=*' -- $row; and set kind INTERFACE
            __ipcutils_sockcat_values "$kind" "$prefix$before$name=" "$begun" ''
        else
            set -l rows
            for row in (__ipcutils_sockcat_rows Options)
                contains -- (string split \t -- $row)[4] (string split ' ' -- $fields[4]); and set -a rows $row
            end
            __ipcutils_sockcat_spellings "$prefix$before" "$option" = $rows
        end
    else if test -n "$is_path"
        __ipcutils_sockcat_files "$prefix" $address any
    else if test -n "$parameters"
        string match -rq '^(?<before>.*:)(?<begun>.*)$' -- $address
        # The one at the cursor: colons of an IPv6 address do not count.
        set -l given (string replace -r '\[.*\]' host -- $parameters | string split :)
        set -l kinds (string replace -ra '[][]' '' -- $fields[1] | string split :)
        __ipcutils_sockcat_values "$kinds[$(count $given)]" "$prefix$before" "$begun" "$fields[4]"
    else
        __ipcutils_sockcat_spellings "$prefix" "$address" : (__ipcutils_sockcat_rows Addresses)
    end
end

# Whether the cursor is behind the first "--", where a command line of its own stands.
function __ipcutils_sockcat_has_command
    contains -- -- (commandline -opc)
end

function __ipcutils_sockcat_command
    set -l words (commandline -opc)
    set -e words[1..(contains -i -- -- $words)]
    complete -C (string join ' ' -- (string escape -- $words) (commandline -ct))
end

complete -c sockcat -f
complete -c sockcat -n __ipcutils_sockcat_has_command -a '(__ipcutils_sockcat_command)'
complete -c sockcat -n 'not __ipcutils_sockcat_has_command' -a '(__ipcutils_sockcat_addresses)'
complete -c sockcat -s u -l unidirectional -d 'From the first address to the second only'
complete -c sockcat -s U -l reverse -d 'From the second address to the first only'
complete -c sockcat -s b -l block-size -x -a '4K 8K 64K 1M' -d 'At most so many bytes a step'
complete -c sockcat -s t -l linger -x -a '100ms 1s 10s 1m inf' -d 'When one way has ended, wait at most this long for the other'
complete -c sockcat -s T -l idle -x -a '100ms 1s 10s 1m 1h' -d 'End when both are silent for this long'
complete -c sockcat -s d -l debug -d 'Tell warnings; twice notices, and so on'
complete -c sockcat -s l -l log -x -a 's y m u h' -d 'Where and how messages are told'
complete -c sockcat -o lf -r -F -d 'Append messages to this file'
complete -c sockcat -o lp -x -d 'Name of the program in messages'
complete -c sockcat -s v -l verbose -d 'Show what is copied as text'
complete -c sockcat -s x -l hex -d 'Show what is copied in hexadecimal'
complete -c sockcat -s r -l record-forward -r -F -d 'Append what goes forward to this file'
complete -c sockcat -s R -l record-backward -r -F -d 'Append what goes backward to this file'
complete -c sockcat -s s -l sloppy -d 'Warn of options that cannot be set'
complete -c sockcat -s 4 -l ipv4 -d 'Prefer IPv4'
complete -c sockcat -s 6 -l ipv6 -d 'Prefer IPv6'
complete -c sockcat -s n -l count -x -d 'With fork: end after so many connections'
complete -c sockcat -s w -l timeout -x -a '0 100ms 1s 10s 1m inf' -d 'Wait so long for a peer'
complete -c sockcat -l nonblock -d 'Never wait for a peer'
complete -c sockcat -s E -l timeout-status -x -d 'Exit status when time is up'
complete -c sockcat -l ready-fd -x -d 'Write a newline to this descriptor when ready'
complete -c sockcat -l port-file -r -F -d 'Write the port to this file'
complete -c sockcat -l allow-uid -x -a '(__fish_complete_users)' -d 'Peers may belong to this user'
complete -c sockcat -l allow-gid -x -a '(__fish_complete_groups)' -d 'Peers may belong to this group'
complete -c sockcat -l progress -f -a 'auto always never' -d 'Show progress'
complete -c sockcat -l stats -d 'Tell at the end how much was copied'
complete -c sockcat -l help-addresses -d 'Print all addresses and their options'
complete -c sockcat -s h -l help -d 'Print help'
complete -c sockcat -s V -l version -d 'Print the version'
