"""A small HTTP server that behaves badly in the middle of a body, which no real S3 server does on request."""

import http.server
import socket
import threading
import time


class FaultyServer:
    """Answers like an S3 bucket that holds `objects` ({key: bytes}), except for one fault:

    "close":  the connection is closed in the middle of every body, sent or received;
    "stall":  the body stops in the middle until the test ends. `in_body` is set when that point is reached.
    """

    def __init__(self, objects, fault):
        self.objects = objects
        self.fault = fault
        self.in_body = threading.Event()
        self.requests = []
        self.ended = threading.Event()
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self):
                self.answer(with_body=False)

            def do_GET(self):
                self.answer(with_body=True)

            def answer(self, with_body):
                owner.requests.append(f"{self.command} {self.path}")
                content = owner.objects.get(self.path.partition("?")[0].lstrip("/"))
                if content is None:
                    self.send_response(404)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                first, status = 0, 200
                if with_body and self.headers.get("Range", "").startswith("bytes="):
                    start, _, end = self.headers["Range"].removeprefix("bytes=").partition("-")
                    whole, first, status = len(content), int(start), 206
                    content = content[first : int(end) + 1 if end else None]
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.send_header("ETag", '"0123456789abcdef0123456789abcdef"')
                if status == 206:
                    self.send_header("Content-Range", f"bytes {first}-{first + len(content) - 1}/{whole}")
                self.end_headers()
                if with_body:
                    self.wfile.write(content[: len(content) // 2])
                    self.wfile.flush()
                    self.misbehave()

            def do_PUT(self):
                owner.requests.append(f"{self.command} {self.path}")
                if self.headers.get("Expect"):
                    self.send_response_only(100)
                    self.end_headers()
                self.rfile.read(min(1000, int(self.headers.get("Content-Length", "2")) // 2))
                self.misbehave()

            do_POST = do_PUT

            def misbehave(self):
                owner.in_body.set()
                if owner.fault == "stall":
                    owner.ended.wait(60)
                self.close_connection = True
                try:
                    self.connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # clients that go away are the point of these tests

        self.server = Server(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def wait_until_in_body(self, seconds=30):
        if not self.in_body.wait(seconds):
            raise AssertionError(f"no transfer began; requests: {self.requests}")
        time.sleep(0.2)  # the client takes in what was sent

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
