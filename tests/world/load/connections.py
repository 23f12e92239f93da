"""Keep-alive HTTP/1.1 connections to one server, as many as there are answers outstanding.

Written here because an open-loop client needs what libraries hide: to know why a request failed, and never to have it
sent again behind one's back (a write that is sent twice proves nothing).
"""
import asyncio
import json
import select
import time

# A server closes what has been idle for long (a minute, for most), and a request that crosses that closing is lost: nobody's failure.
IDLE = 5.0


class Failed(Exception):
    """Why a request was not answered as it should have been, in few words that are equal for equal causes."""


def cause(error):
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, (ConnectionResetError, BrokenPipeError)):
        return "connection reset"
    return f"{type(error).__name__}: {error}"


class Connections:
    def __init__(self, host, port, timeout):
        self.host, self.port, self.timeout = host, port, timeout
        self.idle = []

    async def ask(self, method, path, body=None, *, expect):
        """The answer's JSON; Failed unless it has the status expected, within the time limit."""
        try:
            return await asyncio.wait_for(self.exchange(method, path, body, expect), self.timeout)
        except asyncio.TimeoutError:
            raise Failed(f"no answer in {self.timeout:g} s") from None
        except OSError as error:
            raise Failed(cause(error)) from None

    async def exchange(self, method, path, body, expect):
        reader, writer = await self.connection()
        reusable = False
        try:
            payload = b"" if body is None else json.dumps(body).encode()
            head = f"{method} {path} HTTP/1.1\r\nhost: {self.host}:{self.port}\r\n"
            if body is not None:
                head += f"content-type: application/json\r\ncontent-length: {len(payload)}\r\n"
            writer.write(head.encode() + b"\r\n" + payload)
            status, headers, answer = await read_answer(reader)
            reusable = headers.get("connection", "").lower() != "close"
        finally:
            if reusable:
                self.idle.append((reader, writer, time.monotonic()))
            else:
                writer.transport.abort()
        if status != expect:
            raise Failed(f"answered {status}")
        try:
            return json.loads(answer)
        except ValueError:
            raise Failed(f"answered {status} with something else than JSON") from None

    async def connection(self):
        # One that the server has closed meanwhile is no longer idle: not a failure, for nothing was asked on it.
        while self.idle:
            reader, writer, since = self.idle.pop()
            if time.monotonic() - since < IDLE and still_open(reader, writer):
                return reader, writer
            writer.transport.abort()
        return await asyncio.open_connection(self.host, self.port)


def still_open(reader, writer):
    """Asks the socket, too: the event loop may not have got round to reading that it is closed."""
    if reader.at_eof() or writer.is_closing() or reader.exception() is not None:
        return False
    poll = select.poll()
    poll.register(writer.get_extra_info("socket").fileno(), select.POLLIN | select.POLLRDHUP)
    return not poll.poll(0)


async def read_answer(reader):
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        return int(head[0].split()[1]), headers, await read_body(reader, headers)
    except asyncio.IncompleteReadError as error:
        raise Failed(f"connection closed {'within' if error.partial else 'before'} the answer") from None
    except (ValueError, IndexError, asyncio.LimitOverrunError):
        raise Failed("answered something else than HTTP") from None


async def read_body(reader, headers):
    try:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return await read_chunks(reader)
        return await reader.readexactly(int(headers.get("content-length", 0)))
    except asyncio.IncompleteReadError:
        raise Failed("body cut off") from None


async def read_chunks(reader):
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)
    return body
