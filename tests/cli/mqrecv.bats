# mqrecv(1).

load helpers
