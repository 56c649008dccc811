# Completion of rpcserve(1) in fish.

# Whether the cursor is behind the first "--", where a command line of its own stands.
function __ipcutils_rpcserve_has_command
    contains -- -- (commandline -opc)
end

function __ipcutils_rpcserve_command
    set -l words (commandline -opc)
    set -e words[1..(contains -i -- -- $words)]
    complete -C (string join ' ' -- (string escape -- $words) (commandline -ct))
end

complete -c rpcserve -f
complete -c rpcserve -n __ipcutils_rpcserve_has_command -a '(__ipcutils_rpcserve_command)'
complete -c rpcserve -n 'not __ipcutils_rpcserve_has_command' -a 'unix: abstract: tcp: accept-fd: -' -d Address
complete -c rpcserve -l method -x -d 'Program of a method, NAME=PATH'
complete -c rpcserve -l dir -x -a '(__fish_complete_directories)' -d 'Directory of programs'
complete -c rpcserve -l raw -d 'Output of commands is a string'
complete -c rpcserve -l framing -x -a 'line lsp nul' -d 'What separates messages'
complete -c rpcserve -l mcp -d 'Be a server of the Model Context Protocol'
complete -c rpcserve -l memfd -d 'Pass large results as memory'
complete -c rpcserve -l call-timeout -x -a '1s 10s 1m inf' -d 'End a command that takes longer'
complete -c rpcserve -l message-timeout -x -a '1s 10s 1m inf' -d 'Refuse a message that takes longer to come'
complete -c rpcserve -l max-children -x -d 'Commands at once'
complete -c rpcserve -l max-clients -x -d 'Clients at once'
complete -c rpcserve -l max-request -x -a '4K 64K 1M 16M 1G' -d 'Refuse a longer message'
complete -c rpcserve -l max-result -x -a '4K 64K 1M 16M 1G' -d 'End a command that writes more'
complete -c rpcserve -l allow-uid -x -a '(__fish_complete_users)' -d 'Only this user may connect'
complete -c rpcserve -l allow-gid -x -a '(__fish_complete_groups)' -d 'Only this group may connect'
complete -c rpcserve -l ready-fd -x -d 'Tell this descriptor when ready'
complete -c rpcserve -l port-file -r -F -d 'Write the port to this file'
complete -c rpcserve -s v -l verbose -d 'Tell of clients'
complete -c rpcserve -s h -l help -d 'Print help'
complete -c rpcserve -s V -l version -d 'Print the version'
