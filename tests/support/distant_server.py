"""A server on loopback that seems far away: a proxy that holds back everything it is answered."""

import asyncio
import threading


class DistantServer:
    """Passes connections on to a port of loopback; what comes back is `seconds` late. For use in a `with` statement."""

    def __init__(self, port, seconds):
        self.target = port
        self.seconds = seconds
        self.port = None
        self.connections = 0
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self):
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    async def _serve(self, reader, writer):
        self.connections += 1
        target_reader, target_writer = await asyncio.open_connection("127.0.0.1", self.target)
        await asyncio.gather(
            self._pass_on(reader, target_writer, 0), self._pass_on(target_reader, writer, self.seconds),
            return_exceptions=True,
        )

    async def _pass_on(self, reader, writer, seconds):
        try:
            while data := await reader.read(1 << 16):
                if seconds:
                    await asyncio.sleep(seconds)
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()
