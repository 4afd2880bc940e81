"""Serves an AGI script over FastAGI, one call at a time: python3 agi-server.py SCRIPT MODE. Prints its port.

Thousands of calls need not wait until Python has started. The script runs whole, but for its background processes: their
requests are sent at once.
"""
import importlib.machinery
import importlib.util
import os
import socketserver
import sys

loader = importlib.machinery.SourceFileLoader("script", sys.argv[1])
script = importlib.util.module_from_spec(importlib.util.spec_from_loader("script", loader))
loader.exec_module(script)
script.in_background = lambda send: send()
sys.argv = sys.argv[1:]


class Call(socketserver.BaseRequestHandler):
    def handle(self):
        for stream in (0, 1):
            os.dup2(self.request.fileno(), stream)
        sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", closefd=False)
        script.main()
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1):
            os.dup2(nothing, stream)
        os.close(nothing)


class Server(socketserver.TCPServer):
    request_queue_size = 100


with Server(("127.0.0.1", 0), Call) as server:
    print(server.server_address[1], flush=True)
    server.serve_forever(0.1)
