"""The application of the small benches, one busybox httpd with one file: its repository, and what is done with it."""
import http.client
import json
import os
import subprocess
import sys
import time
from datetime import datetime

from belay_world.commands import run

PORT = 18791
COMPOSE = f"""
services:
  web:
    build: .
    image: bench-web
    init: true  # the httpd alone ignores SIGTERM, and would take ten seconds to stop
    ports: ["127.0.0.1:{PORT}:8080"]
"""
DOCKERFILE = 'FROM busybox\nCOPY page /page\nCMD ["httpd", "-f", "-p", "8080", "-h", "/page"]\n'
BELAY = """
app: bench
source: .
services: [web]
environments:
  here:
    host: {host}
    path: {live}
    compose: compose.yml
    health: {{ url: "http://127.0.0.1:{port}/version" }}
    {more}
"""


class App:
    """`repository` is the developer's, `live` what belay deploys to, `by_hand` what rsync does. After a `with` nothing of it runs."""

    def __init__(self, belay, root, host="local", more="", environment=()):
        self.belay, self.root, self.number, self.events = belay, root, 0, []
        self.repository, self.live, self.by_hand = root / "repository", root / "live", root / "by-hand"
        self.environment = {**os.environ, "XDG_CACHE_HOME": str(root / "cache"), "NO_COLOR": "1", **dict(environment)}
        self.write("compose.yml", COMPOSE)
        self.write("Dockerfile", DOCKERFILE)
        self.write(".dockerignore", "*\n!page\n")
        self.write("belay.yml", BELAY.format(host=host, live=self.live, port=PORT, more=more))
        self.git("init", "--quiet")
        self.git("config", "gc.auto", "0")  # it would run beside what is measured, and while the directory is removed

    def write(self, name, text):
        file = self.repository / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def git(self, *arguments):
        run("git", "-C", self.repository, "-c", "user.name=bench", "-c", "user.email=bench@example.org", *arguments, limit=600)

    def change(self, name="page/version"):
        """A commit: of the page that is served, or of a file that no image has in it. No build cache knows the version."""
        self.number += 1
        self.version = f"{self.number}.{time.time_ns()}"
        self.write(name, f"{self.version}\n")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", f"version {self.number}")

    def typed(self, *arguments):
        """Runs belay to its end; seconds. What it said is in `events`, when it began (by the clock) in `began`."""
        self.began, since = time.time(), time.monotonic()
        ended = subprocess.run([self.belay, *arguments, "--json"], cwd=self.repository, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        seconds = time.monotonic() - since
        self.events = [json.loads(line) for line in ended.stdout.splitlines()]
        if ended.returncode != 0:
            raise SystemExit(f"belay {arguments[0]} ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}")
        if arguments[0] != "plan":
            print(f"    belay {arguments[0]}, {seconds:.2f} s: {self.steps()}", file=sys.stderr, flush=True)
        return seconds

    def deploy(self):
        return self.typed("deploy", "here")

    def steps(self):
        """Where the time went, by the host's journal: "preflight 0.12, sync 0.05, …"."""
        return ", ".join(f"{event['step']} {event['took_ms'] / 1e3:.2f}" for event in self.events if event.get("type") == "step-done")

    def moment(self, kind, step=None):
        """When the first such event was written, by the clock."""
        return next(moment(event) for event in self.events if event.get("type") == kind and step in (None, event.get("step")))

    def up_by_hand(self, where=None):
        run("docker", "compose", "up", "-d", "--build", cwd=where or self.repository)

    def answers(self, version):
        until = time.monotonic() + 60
        while ask() != version:
            if time.monotonic() > until:
                raise SystemExit(f"version {version} does not answer within a minute; {ask()} does")
            time.sleep(0.005)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        for project in (self.live.name, self.repository.name, self.by_hand.name):
            found = run("docker", "ps", "-aq", "--filter", f"label=com.docker.compose.project={project}").out.split()
            if found:
                run("docker", "rm", "-f", *found)


def ask():
    """The version that answers; None if none does."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=2)
    try:
        connection.request("GET", "/version")
        answer = connection.getresponse()
        return answer.read().decode().strip() if answer.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def moment(event):
    return datetime.fromisoformat(event["at"].replace("Z", "+00:00")).timestamp()


def timed(act, *arguments):
    since = time.monotonic()
    act(*arguments)
    return {"total": time.monotonic() - since}
