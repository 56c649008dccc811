# mqsend(1).

load helpers
