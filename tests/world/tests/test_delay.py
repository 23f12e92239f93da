"""tests/world/delay: the relay that makes a near host a far one."""
import signal
import socket
import subprocess
import threading
import time

import pytest
from belay_world.machine import SCRIPTS

HALF = 0.05


@pytest.fixture
def far():
    """(what one connects to, the listening socket behind it), 100 ms apart."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        relay = subprocess.Popen(
            [SCRIPTS / "delay", "--listen", "0", "--to", f"127.0.0.1:{server.getsockname()[1]}", "--rtt", "100"],
            stdout=subprocess.PIPE,
        )
        try:
            said = relay.stdout.readline().decode()
            assert "100 ms away" in said
            yield ("127.0.0.1", int(said.split()[0].rpartition(":")[2])), server
        finally:
            relay.send_signal(signal.SIGTERM)
            relay.wait(20)


def connected(far):
    near = socket.create_connection(far[0], timeout=20)
    there, _ = far[1].accept()
    there.settimeout(20)
    return near, there


def test_an_answer_comes_one_round_trip_later_and_never_sooner(far):
    near, there = connected(far)
    with near, there:
        began = time.monotonic()
        near.sendall(b"question")
        assert there.recv(100) == b"question"
        half_way = time.monotonic() - began
        there.sendall(b"answer")
        assert near.recv(100) == b"answer"
        assert half_way >= HALF and time.monotonic() - began >= 2 * HALF


def test_opening_a_connection_costs_the_handshake_too(far):
    began = time.monotonic()
    near, there = connected(far)
    with near, there:
        assert time.monotonic() - began >= 3 * HALF


def test_many_bytes_arrive_whole_and_do_not_wait_for_each_other(far):
    near, there = connected(far)
    sent = bytes(range(256)) * 65536  # 16 MB: 256 chunks, 12.8 s if each waited for the one before
    with near, there:
        began = time.monotonic()
        writer = threading.Thread(target=lambda: (near.sendall(sent), near.shutdown(socket.SHUT_WR)))
        writer.start()
        got = b"".join(iter(lambda: there.recv(1 << 20), b""))
        writer.join()
        assert got == sent
        assert time.monotonic() - began < 10


def test_after_the_end_of_one_direction_the_other_goes_on(far):
    near, there = connected(far)
    with near, there:
        near.shutdown(socket.SHUT_WR)
        assert there.recv(100) == b""
        there.sendall(b"still here")
        assert near.recv(100) == b"still here"


def test_a_broken_connection_is_broken_on_the_other_side_too(far):
    near, there = connected(far)
    with near:
        there.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        there.close()  # with a reset
        with pytest.raises(ConnectionResetError):
            near.recv(100)
