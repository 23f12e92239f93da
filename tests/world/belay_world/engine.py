"""The Docker Engine, asked over its socket: exact answers in a millisecond or two, where the client needs fifty."""
import http.client
import json
import socket
from urllib.parse import quote, urlencode

from .commands import CommandFailed, run

SOCKET = "/var/run/docker.sock"


class _UnixConnection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(SOCKET)


class Engine:
    def ask(self, method, path, body=None, *, accept=(200, 201, 204, 304), limit=60.0, **query):
        """The answer's JSON (or text); CommandFailed unless its status is among `accept`."""
        connection = _UnixConnection("docker", timeout=limit)
        if query:
            path += "?" + urlencode({k: json.dumps(v) if isinstance(v, (dict, list)) else v for k, v in query.items()})
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, path, text, {"Content-Type": "application/json"} if text else {})
            answer = connection.getresponse()
            data = answer.read().decode("utf-8", "replace")
        finally:
            connection.close()
        if answer.status not in accept:
            raise CommandFailed(f"Docker Engine: {method} {path} answered {answer.status}: {data.strip()}")
        return json.loads(data) if data and "json" in (answer.getheader("Content-Type") or "") else data

    def containers(self, **filters):
        """All of them, running or not: [{"Id", "Names", "State", "Labels", "Image", …}]."""
        return self.ask("GET", "/containers/json", all=1, filters={k: [v] for k, v in filters.items()})

    def container(self, name):
        """What `docker inspect` says of the container with exactly this name; None when there is none."""
        answer = self.ask("GET", f"/containers/{quote(name)}/json", accept=(200, 404))
        return answer if answer.get("Name") == f"/{name}" else None

    def remove_container(self, container_id):
        """With its anonymous volumes, running or not. One that is gone already is no failure."""
        self.ask("DELETE", f"/containers/{container_id}", accept=(204, 404), force=1, v=1)

    def images(self, **filters):
        """[{"Id", "RepoTags", "Labels", "Created"}]; RepoTags is [] for one without a name."""
        found = self.ask("GET", "/images/json", filters={k: [v] for k, v in filters.items()})
        for image in found:
            image["RepoTags"] = [tag for tag in image["RepoTags"] or [] if tag != "<none>:<none>"]
        return found

    def image(self, name):
        answer = self.ask("GET", f"/images/{quote(name, safe='/:')}/json", accept=(200, 404))
        return answer if "Id" in answer else None

    def tag(self, image, repository, tag):
        self.ask("POST", f"/images/{quote(image, safe='/:')}/tag", repo=repository, tag=tag)

    def remove_image(self, name):
        """A name, or an image with all its names. One that is gone, or still needed by another image, stays."""
        self.ask("DELETE", f"/images/{quote(name, safe='/:')}", accept=(200, 404, 409), force=1)

    def networks(self):
        return [network["Name"] for network in self.ask("GET", "/networks")]

    def volumes(self):
        """[{"Name", "Labels"}]"""
        return self.ask("GET", "/volumes")["Volumes"] or []

    def docker(self, *arguments, **options):
        """The client, for what is easier said with it (build, compose, exec)."""
        return run("docker", *arguments, **options)
