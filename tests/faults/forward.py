"""Passes TCP connections on, in whatever network namespace it is started.

python -m tests.faults.forward 10.9.1.1 127.0.0.1 6379 5432    # listens on the first address
"""

import asyncio
import sys
from contextlib import suppress


async def main(here: str, there: str, ports: list[int]) -> None:
    """Listen on each of `ports` at `here` and go on to the same port at `there`."""
    servers = [await _serve(here, there, port) for port in ports]
    print("ready", flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


async def _serve(here: str, there: str, port: int) -> asyncio.Server:
    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(there, port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))

    return await asyncio.start_server(take, here, port)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(64 * 1024):
            writer.write(piece)
            await writer.drain()
    writer.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], [int(port) for port in sys.argv[3:]]))
