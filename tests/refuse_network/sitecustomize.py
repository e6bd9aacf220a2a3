"""Put on a child's path, this lets it reach nothing but its own machine: whatever else it calls, it cannot."""

import sys

_LOCAL = ("127.0.0.1", "::1", "localhost", "0.0.0.0", "")


def _refuse(event, arguments):
    if event == "socket.connect":
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else ""
    elif event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        host = arguments[0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host is not None and host not in _LOCAL:
        sys.stderr.write(f"the network was asked for {host}\n")
        raise OSError(f"the network is refused: {host}")


sys.addaudithook(_refuse)
