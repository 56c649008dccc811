# Completion of rpccall(1) in fish.

# The operands that have been given.
function __ipcutils_rpccall_operands
    set -l words (commandline -opc)[2..]
    argparse -i w/timeout= framing= max-response= into= -- $words 2>/dev/null
    string match -v -r -- '^-.' $argv
end

function __ipcutils_rpccall_has_operands
    test (count (__ipcutils_rpccall_operands)) $argv
end

function __ipcutils_rpccall_addresses
    set -l word (commandline -ct)
    switch $word
        case 'unix:*'
            string replace -r '^' unix: -- (__fish_complete_path (string replace unix: '' -- $word))
        case 'abstract:*'
            string replace -rf '^([^ ]+ +){7}@' abstract: </proc/net/unix
        case '*/*'
            __fish_complete_path $word
        case '*'
            printf '%s\n' unix: abstract: tcp: exec:
    end
end

# The methods of the server that is given, with their parameters. Programs are not started for that, a server that does
# not answer is not waited for, and of what it answers only names are taken.
function __ipcutils_rpccall_list
    set -l words (commandline -opc)[2..]
    argparse -i framing= -- $words 2>/dev/null
    set -l address (__ipcutils_rpccall_operands)[1]
    string match -q 'exec:*' -- $address; and return
    timeout -s KILL 0.2 rpccall --list --framing=(set -q _flag_framing; and echo $_flag_framing; or echo line) -- $address \
        2>/dev/null </dev/null | string match -r '^[\w.-]+(?: [\w.-]+)*$'
end

function __ipcutils_rpccall_methods
    __ipcutils_rpccall_list | string replace -r ' .*' ''
end

# Those of the method that is given, but for the ones on the command line already.
function __ipcutils_rpccall_parameters
    set -l given (__ipcutils_rpccall_operands)
    for line in (__ipcutils_rpccall_list)
        set -l names (string split ' ' -- $line)
        test "$names[1]" = "$given[2]"; or continue
        for name in $names[2..]
            string match -qr -- "^$name:?=" $given; or echo $name=
        end
    end
end

complete -c rpccall -f
complete -c rpccall -n '__ipcutils_rpccall_has_operands -eq 0' -a '(__ipcutils_rpccall_addresses)' -d Address
complete -c rpccall -n '__ipcutils_rpccall_has_operands -eq 1' -a '(__ipcutils_rpccall_methods)' -d Method
complete -c rpccall -n '__ipcutils_rpccall_has_operands -ge 2' -a '(__ipcutils_rpccall_parameters)' -d Parameter
complete -c rpccall -l notify -d 'Send a notification'
complete -c rpccall -l batch -d 'Send the requests on standard input as a batch'
complete -c rpccall -l list -d 'Print the methods of the server'
complete -c rpccall -s w -l timeout -x -a '0 100ms 1s 10s 1m inf' -d 'Wait at most this long'
complete -c rpccall -l nonblock -d 'Never wait'
complete -c rpccall -l raw -d 'Write a string without quotes'
complete -c rpccall -s j -l json -d 'Write an error as JSON'
complete -c rpccall -l framing -x -a 'line lsp nul' -d 'What separates messages'
complete -c rpccall -l memfd -d 'Let the server pass a large result as memory'
complete -c rpccall -l max-response -x -a '4K 64K 1M 16M 1G' -d 'Refuse a longer answer'
complete -c rpccall -s v -l verbose -d 'Show all messages'
complete -c rpccall -l into -x -d 'Assign to this variable of the shell'
complete -c rpccall -s h -l help -d 'Print help'
complete -c rpccall -s V -l version -d 'Print the version'
