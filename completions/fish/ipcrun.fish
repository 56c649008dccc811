# Completion of ipcrun(1) in fish.

# Whether the cursor is behind the first "--", where a command line of its own stands.
function __ipcutils_ipcrun_has_command
    contains -- -- (commandline -opc)
end

function __ipcutils_ipcrun_command
    set -l words (commandline -opc)
    set -e words[1..(contains -i -- -- $words)]
    complete -C (string join ' ' -- (string escape -- $words) (commandline -ct))
end

# What is made: NAME=REF[,OPTION=VALUE]...
function __ipcutils_ipcrun_makings
    set -l making (commandline -ct | string replace -r '^--make=' '')
    string match -rq '^(?<name>[^=]*=)(?<rest>.*)' -- $making; or return
    if string match -rq '^(?<form>((shm|sem):file|(shm|mq|sem):ftok):)(?<path>[^,]*)$' -- $rest
        string replace -r '^' "$name$form" -- (__fish_complete_path "$path")
    else if string match -rq '^(?<before>(?<kind>shm|mq|sem|mb):(?<slash>/?).*,)' -- $rest
        set -l options mode=600
        switch "$kind:$slash"
            case 'shm:*'
                set -a options size={4K,64K,1M,16M,1G}
            case mb:/
                set -a options size={4K,64K,1M,16M,1G} on-full={block,drop,overwrite}
            case mq:/
                set -a options max-messages= max-size={1K,4K,8K,64K,1M}
            case mq:
                set -a options qbytes={4K,16K,64K,1M}
            case sem:/
                set -a options init=
            case sem:
                set -a options sems= init=
        end
        printf '%s\n' "$name$before"$options
    else
        printf '%s\n' $name{shm,mq,sem}:{/,private,ftok:} "$name"mb:/ "$name"{shm,sem}:file:
    end
end

complete -c ipcrun -f
complete -c ipcrun -n __ipcutils_ipcrun_has_command -a '(__ipcutils_ipcrun_command)'
complete -c ipcrun -n 'not __ipcutils_ipcrun_has_command' -a -- -d 'What follows is the command'
complete -c ipcrun -l make -x -a '(__ipcutils_ipcrun_makings)' -d 'Make an object, and tell the command of it'
complete -c ipcrun -l isolate -d 'Run the command where there are no other objects'
complete -c ipcrun -s h -l help -d 'Print help'
complete -c ipcrun -s V -l version -d 'Print the version'
