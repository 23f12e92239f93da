"""A small app in a repository of its own, released to a directory of the world's server: for what needs neither Node nor a database."""
import shutil
import textwrap
import urllib.request

from belay_world.commands import run
from belay_world.state import state_of


SERVE = 'CMD ["httpd", "-f", "-p", "8080", "-h", "/www"]\n'
DOCKERFILE = "FROM busybox:latest\nCOPY version /www/version\n" + SERVE
BROKEN = 'FROM busybox:latest\nCMD ["sh", "-c", "echo no such module; exit 3"]\n'
COMPOSE = """\
name: {project}
services:
  web:
    build: .
    image: {project}
    ports: ["127.0.0.1:{port}:8080"]
"""
HEALTH = 'health: {{ url: "http://127.0.0.1:{port}/version", attempts: 60, interval: 100ms }}\n'


class LightApp:
    """Serves /version at `port`."""

    def __init__(self, world, name, project, port):
        self.world, self.name, self.project, self.port = world, name, project, port
        self.repository, self.live = world.place / name, world.root / name
        for directory in (self.repository, state_of(self.live)):
            shutil.rmtree(directory, ignore_errors=True)
        for directory in (self.repository, self.live):
            directory.mkdir(parents=True)
        run("git", "init", "-q", "-b", "main", cwd=self.repository)

    def configure(self, keys="", environment="", health=HEALTH):
        """Writes belay.yml; `keys` and `environment` (of production) stand beside what each app says."""
        health = health.format(port=self.port) if health is HEALTH else health
        production = "host: ${VPS_USER}@${VPS_HOST}\n" + f"path: {self.live}\ncompose: compose.yml\n{environment}{health}"
        self.write("belay.yml", f"app: {self.name}\nservices: [web]\n{keys}environments:\n  production:\n" + textwrap.indent(production, "    "))

    def write_stack(self, dockerfile=DOCKERFILE, folder=""):
        """The compose file, and what its one service is built from. The image has the project's name."""
        self.write(folder + "compose.yml", COMPOSE.format(project=self.project, port=self.port))
        self.write(folder + "Dockerfile", dockerfile)

    def write(self, name, text):
        file = self.repository / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def commit(self):
        run("git", "add", "-A", cwd=self.repository)
        run("git", "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--allow-empty", "-qm", "more", cwd=self.repository)

    def serves(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/version", timeout=5) as answer:
            return answer.read().decode().strip()

    def gone(self, image):
        """Its containers, its images of that name, and its directory."""
        run("docker", "compose", "-p", self.project, "down", "-v", "-t", "1", check=False)
        for found in run("docker", "images", "-q", image).out.split():
            run("docker", "rmi", "-f", found, check=False)
        shutil.rmtree(state_of(self.live), ignore_errors=True)
        shutil.rmtree(self.live)
