"""On a terminal: a live view while it runs, and the same report as everywhere when it is over."""
import fcntl
import os
import pty
import re
import struct
import termios

import pytest


def on_a_terminal(world, *arguments, columns=100, lines=40):
    """Exit code, and all that was written to the terminal."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(world.repository.path)
        os.execve(world.binary, ["belay", *arguments], world.environment({"TERM": "xterm-256color", "LANG": "C.UTF-8"}))
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    written = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        written += part
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), written.decode()


@pytest.mark.core
def test_a_deployment_is_shown_live_and_ends_with_the_report(by_hand):
    by_hand.without_migration()
    by_hand.release("good-code")
    code, written = on_a_terminal(by_hand.world, "deploy", "production", "--skip-test")
    assert code == 0, written
    assert written.count("preflight") > 2 and "\x1b[" in written  # drawn again and again
    assert written.count("\x1b[?25h") == written.count("\x1b[?25l")  # the cursor, if it was hidden, is there again
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written)
    assert "✓ Deployed. production now serves" in text and "To roll back:  belay rollback production" in text
