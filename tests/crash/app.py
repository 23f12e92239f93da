"""A light application on this very machine (`host: local`): deployed in two seconds, so that it can be killed hundreds of times."""
import http.client
import os
import shutil
import signal
import subprocess
import threading
from pathlib import Path

from belay_world.commands import CommandFailed, run, wait_until
from belay_world.repository import Repository
from belay_world.state import state_of

DATABASE = "belay-crash-postgres"

COMPOSE = """\
services:
  web:
    build: .
    image: {name}
    container_name: {name}
    restart: unless-stopped
    ports: ["127.0.0.1:{port}:8080"]
"""
BELAY = """\
app: {name}
source: app
services: [web]
sync: {{ exclude: [.env, /uploads] }}
migrate: sh /app/migrate.sh
environments:
  production:
    host: local
    path: {live}
    compose: compose.yml
    keep: 2
    {strategy}
    backup: {{ postgres: {{ container: {database}, user: crash, database: crash }}, keep: 2 }}
    health: {{ url: "http://127.0.0.1:{port}/version", attempts: 200, interval: 100ms, timeout: 2s }}
"""
DOCKERFILE = 'FROM busybox\nCOPY . /app\nCMD ["sh", "/app/serve.sh"]\n'
SERVE = "trap 'exit 0' TERM\nhttpd -p 8080 -h /app/www\nwhile :; do sleep 1000 & wait $!; done\n"
# What an environment says of its strategy; the name is the one of the strategy.
EDGE = 'edge: { image: "haproxy:2.6", drain_timeout: 2s }'
STRATEGIES = {
    "recreate": "edge: off",
    "blue-green": f"{EDGE}\n    soak: 1s",
    "canary": f"{EDGE}\n    strategy: canary\n    canary: {{ steps: [50%, 100%], for: 2s }}",
}
CRASH = "echo this release is broken\nexit 3\n"


class App:
    """One environment with its own names and port; several can be deployed, and killed, at the same time."""

    def __init__(self, number, place, binary, engine, strategy="recreate"):
        self.strategy, self.edge = strategy, strategy != "recreate"
        self.name, self.port = f"belay-crash-{number}", 18300 + number
        self.place, self.binary, self.engine = Path(place) / self.name, Path(binary), engine
        # Its last name is the compose project: one for each.
        self.live, self.temporary = self.place / f"{self.name}-live", self.place / "tmp"
        self.faults, self.struck = self.place / "faults", self.place / "faults.struck"
        self.repository = Repository(self.place / "repository")
        self.version = 0  # of the release committed last
        self.in_service = threading.Event()  # not set while the app is made anew: then nobody asks it
        self.renew()

    def renew(self):
        """As on the first day: a release of belay's serves."""
        self.in_service.clear()
        self.remove()
        for folder in (self.live / "uploads", self.temporary, self.place / "home", self.repository.path):
            folder.mkdir(parents=True)
        (self.live / "uploads" / "kept").write_text("a user's file\n")
        (self.live / ".env").write_text("A=1\n")
        self.repository.git("init", "-q")
        words = {"name": self.name, "port": self.port, "live": self.live, "database": DATABASE}
        words["strategy"] = STRATEGIES[self.strategy]
        self.repository.write("belay.yml", BELAY.format(**words))
        self.repository.write("app/compose.yml", COMPOSE.format(**words))
        self.repository.write("app/Dockerfile", DOCKERFILE)
        self.repository.write("app/migrate.sh", "echo migrated\n")
        self.faults.write_text("")
        self.commit()
        finished = self.belay("deploy", "production", "--skip-test")
        if finished.code != 0:
            raise CommandFailed(str(finished))
        self.in_service.set()

    def commit(self, broken=False):
        """The next release; its version."""
        self.version += 1
        self.repository.write("app/www/version", f"{self.version}\n")
        self.repository.write("app/serve.sh", CRASH if broken else SERVE)
        self.repository.commit(f"version {self.version}{', broken' if broken else ''}")
        return self.version

    def environment(self):
        own = {name: value for name, value in os.environ.items() if not name.startswith(("BELAY_", "GIT_", "CI"))}
        own |= {"HOME": str(self.place / "home"), "TMPDIR": str(self.temporary), "BELAY_FAULT_FILE": str(self.faults)}
        return own

    def start(self, *arguments):
        """belay beside the test: its stdout is a pipe, what it says else goes to a file."""
        with open(self.place / "stderr", "ab") as said:
            return subprocess.Popen(
                [self.binary, *arguments], cwd=self.repository.path, env=self.environment(), stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=said, text=True, start_new_session=True,
            )

    def belay(self, *arguments):
        return run(self.binary, *arguments, cwd=self.repository.path, env=self.environment(), check=False)

    def serves(self):
        """The version that answers; None when nothing does."""
        return self.ask()[0]

    def ask(self, limit=60.0):
        """(the version that answers, "") or (None, why not). The limit is longer than an edge holds a request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=limit)
        try:
            connection.request("GET", "/version")
            answer = connection.getresponse()
            body = answer.read()
            return (int(body), "") if answer.status == 200 else (None, f"answered {answer.status}")
        except (OSError, http.client.HTTPException, ValueError) as error:
            return None, f"{type(error).__name__}: {error}"
        finally:
            connection.close()

    @property
    def state(self):
        return state_of(self.live)

    def host_processes(self):
        """belay's own on the host: {pid: its arguments}."""
        found = {}
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and os.readlink(entry / "exe").startswith((f"{self.live}/", f"{self.state}/")):
                    found[int(entry.name)] = (entry / "cmdline").read_bytes().split(b"\0")[1:3]
            except OSError:
                continue  # it ended while we looked
        return found

    def kill_host_processes(self):
        def none_left():
            found = self.host_processes()
            for pid in found:
                kill(pid)
            return not found

        wait_until("belay's processes on the host are gone", none_left)

    def runs(self):
        folder = self.live / ".belay" / "runs"
        return sorted(folder.iterdir()) if folder.exists() else []

    def remove(self):
        self.kill_host_processes()
        for container in self.engine.containers():
            if any(name.lstrip("/").startswith(self.name) for name in container["Names"]) or container["Labels"].get(
                "com.docker.compose.project.working_dir", ""
            ).startswith(str(self.place)):
                self.engine.remove_container(container["Id"])
        for image in self.engine.images():
            for tag in image["RepoTags"]:
                if tag.startswith(f"{self.name}:"):
                    self.engine.remove_image(tag)
        shutil.rmtree(self.state, ignore_errors=True)
        shutil.rmtree(self.place, ignore_errors=True)


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


class Database:
    """A PostgreSQL for all of them: something for the backups to dump."""

    def __init__(self, engine):
        self.engine = engine
        self.stop()
        run("docker", "run", "-d", "--name", DATABASE, "-e", "POSTGRES_USER=crash", "-e", "POSTGRES_PASSWORD=only-for-tests", "postgres:15")
        wait_until("the database answers", self.answers, limit=60)
        run("docker", "exec", DATABASE, "psql", "-U", "crash", "-q", "-c", "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS id")

    @staticmethod
    def answers():
        return run("docker", "exec", DATABASE, "pg_isready", "-q", "-h", "127.0.0.1", "-U", "crash", check=False).code == 0

    def stop(self):
        if (found := self.engine.container(DATABASE)) is not None:
            self.engine.remove_container(found["Id"])

