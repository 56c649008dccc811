# Completion of mkfifo-pipe(1) in fish.

# FIFOs, and directories, which may hold some.
function __ipcutils_mkfifo_pipe_fifos
    for candidate in (complete -C "'' "(commandline -ct))
        set -l path (string split -m 1 \t -- $candidate)[1]
        set -l file (string replace -r '^~/' "$HOME/" -- $path)
        if test -p "$file"
            printf '%s\tFIFO\n' $path
        else if test -d "$file"
            echo $candidate
        end
    end
end

# Whether the cursor is behind the first "--", where a command line of its own stands.
function __ipcutils_mkfifo_pipe_has_command
    contains -- -- (commandline -opc)
end

function __ipcutils_mkfifo_pipe_command
    set -l words (commandline -opc)
    set -e words[1..(contains -i -- -- $words)]
    complete -C (string join ' ' -- (string escape -- $words) (commandline -ct))
end

# Whether a FIFO can stand here.
function __ipcutils_mkfifo_pipe_takes_fifo
    set -l words (commandline -opc)
    not contains -- -- $words; and not contains -- --private $words
end

# Whether a command is to follow.
function __ipcutils_mkfifo_pipe_takes_command
    set -l words (commandline -opc)
    not contains -- -- $words
    and begin
        contains -- --private $words; or contains -- --duplex $words
    end
end

complete -c mkfifo-pipe -f
complete -c mkfifo-pipe -n __ipcutils_mkfifo_pipe_has_command -a '(__ipcutils_mkfifo_pipe_command)'
complete -c mkfifo-pipe -n __ipcutils_mkfifo_pipe_takes_fifo -a '(__ipcutils_mkfifo_pipe_fifos)'
complete -c mkfifo-pipe -n __ipcutils_mkfifo_pipe_takes_command -a -- -d 'What follows is the command'
complete -c mkfifo-pipe -s s -l send -d 'Copy standard input into FIFO'
complete -c mkfifo-pipe -s r -l receive -d 'Copy FIFO to standard output'
complete -c mkfifo-pipe -l duplex -d 'Answer requests by a command'
complete -c mkfifo-pipe -l private -d 'Run a command with a FIFO of its own'
complete -c mkfifo-pipe -s m -l mode -x -a '600 620 640 660 666' -d 'Permissions of a new FIFO'
complete -c mkfifo-pipe -s x -l exclusive -d 'Fail if FIFO exists'
complete -c mkfifo-pipe -l existing -d 'Fail if it does not, and take it whoever owns it'
complete -c mkfifo-pipe -l remove -d 'Remove FIFO at the end'
complete -c mkfifo-pipe -l capacity -x -a '4K 64K 256K 1M' -d 'Bytes that it holds while it is open'
complete -c mkfifo-pipe -s w -l timeout -x -a '0 100ms 1s 10s 1m inf' -d 'Wait so long for the other side'
complete -c mkfifo-pipe -l nonblock -d 'Never wait'
complete -c mkfifo-pipe -l keep-open -d 'Go on when the other side leaves'
complete -c mkfifo-pipe -s n -l count -x -d 'End after so many writers, or clients'
complete -c mkfifo-pipe -l idle -x -a '100ms 1s 10s 1m 1h' -d 'End when nothing has come for this long'
complete -c mkfifo-pipe -l records -d 'Never mix lines with those of others'
complete -c mkfifo-pipe -s 0 -l null -d 'Records end in NUL'
complete -c mkfifo-pipe -l on-full -x -a 'block drop' -d 'What to do with records without room'
complete -c mkfifo-pipe -l ready-fd -x -d 'Write a newline to this descriptor when ready'
complete -c mkfifo-pipe -l zero-copy -d 'Pass pages of a file by reference'
complete -c mkfifo-pipe -l progress -f -a 'auto always never' -d 'Show progress'
complete -c mkfifo-pipe -s q -l quiet -d 'Do not tell how many records were dropped'
complete -c mkfifo-pipe -s v -l verbose -d 'Tell the capacity, and of dropped records at once'
complete -c mkfifo-pipe -s h -l help -d 'Print help'
complete -c mkfifo-pipe -s V -l version -d 'Print the version'
