"""Says to the server at a UNIX socket what comes on standard input, and prints what it answers until its end.

usage: rpc_say.py SOCKET
"""

import os
import socket
import sys
import threading

with socket.socket(socket.AF_UNIX) as connection:
    connection.connect(sys.argv[1])

    def say():
        try:
            while data := os.read(0, 65536):
                connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the server refuses to hear more

    threading.Thread(target=say, daemon=True).start()
    try:
        while data := connection.recv(65536):
            os.write(1, data)
    except ConnectionResetError:
        sys.exit("the connection was reset")
