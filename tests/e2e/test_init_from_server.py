"""`belay init --from-server`: a script that only the server has is read there by ssh, and never run."""
import os

import pytest
from belay_world.commands import run
from elsewhere import binary
from plain_sshd import PlainSshd

SSH_PORT = 18424
WORKFLOW = """\
on: {{ push: {{ branches: [main] }} }}
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - run: ssh -p {port} root@127.0.0.1 'cd {live} && ./deploy.sh production && ./binary.sh; ./large.sh; ./gone.sh'
"""
COMPOSE = """\
services:
  web:
    build: .
"""
SCRIPT = """\
#!/bin/bash
touch {live}/was-run
cd "$(dirname "$0")"
git pull
./build.sh "$1"
"""
BUILD = """\
docker compose up -d --build web
curl -fsS --retry 7 http://localhost:8080/$1/health
export DB_PASSWORD=hunter2
"""


@pytest.fixture
def server():
    server = PlainSshd(SSH_PORT)
    yield server
    server.close()


class Laptop:
    def __init__(self, place, server):
        self.place, self.server = place, server
        self.repository, self.live = place / "shop", place / "live with blanks"
        for directory in (self.repository / ".github/workflows", self.live):
            directory.mkdir(parents=True)
        self.binary, self.known_hosts, self.config = binary(place), place / "known_hosts", place / "ssh_config"
        self.config.write_text(f"Host *\n  IdentityFile {server.place}/login_key\n  IdentitiesOnly yes\n  UserKnownHostsFile {self.known_hosts}\n  GlobalKnownHostsFile /dev/null\n  IdentityAgent none\n")
        quoted = str(self.live).replace(" ", "\\ ")
        (self.repository / ".github/workflows/deploy.yml").write_text(WORKFLOW.format(port=SSH_PORT, live=quoted))
        (self.repository / "compose.yml").write_text(COMPOSE)
        for name, text in {"deploy.sh": SCRIPT.format(live=quoted), "build.sh": BUILD, "binary.sh": "#!/bin/sh\n\0", "large.sh": "#\n" * (129 << 10)}.items():
            (self.live / name).write_text(text)

    def init(self, *arguments):
        own = {k: v for k, v in os.environ.items() if not k.startswith(("BELAY_", "SSH_", "CI"))}
        own |= {"HOME": str(self.place), "TMPDIR": str(self.place), "XDG_RUNTIME_DIR": "/tmp", "BELAY_SSH_CONFIG": str(self.config)}
        return run(self.binary, "init", "--print", *arguments, cwd=self.repository, env=own, limit=100, check=False)


@pytest.mark.core
def test_a_script_that_only_the_server_has_is_read_there_and_never_run(server, tmp_path):
    laptop = Laptop(tmp_path, server)

    # Nobody asked for it: no server is reached, and the script is named.
    alone = laptop.init()
    assert alone.code == 0 and "deploy.yml:6: ./deploy.sh production" in alone.err and "--from-server" in alone.err, alone
    assert server.logins() == 0

    # An unknown host key is a refusal. The draft is there all the same.
    unknown = laptop.init("--from-server")
    assert unknown.code == 0 and "app: shop" in unknown.out and server.fingerprint in unknown.err, unknown
    assert server.logins() == 0

    laptop.known_hosts.write_text(server.known_hosts_line())
    read = laptop.init("--from-server")
    assert read.code == 0 and server.logins() == 1, read  # one connection for all files
    assert f'path: "{laptop.live}"' in read.out or f"path: {laptop.live}" in read.out, read
    assert "http://localhost:8080/production/health" in read.out and "attempts: 7" in read.out, read
    assert f"127.0.0.1:{laptop.live}/build.sh:2" in read.out, read  # each value names its line
    for why in ("it is a binary file", "it has more than 256 KiB", f"cat: '{laptop.live}/gone.sh': No such file or directory"):
        assert why in read.err, read
    assert "hunter2" not in read.out + read.err, read
    assert not (laptop.live / "was-run").exists()

    # By another login, and from a host that is away.
    other = laptop.init("--from-server", "--host", "root@127.0.0.1:1")
    assert other.code == 0 and "app: shop" in other.out and "nothing accepts ssh connections there" in other.err, other
