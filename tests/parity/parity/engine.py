"""The Docker Engine over its socket (DOCKER_HOST, or the usual one)."""
import http.client
import json
import os
import socket
from urllib.parse import quote, urlencode


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("docker", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Engine:
    def __init__(self):
        host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
        if not host.startswith("unix://"):
            raise ValueError(f"DOCKER_HOST is {host}: the suite looks into processes, and needs an Engine on this machine")
        self.socket = host.removeprefix("unix://")

    def ask(self, method, path, body=None, accept=(200, 201, 204, 304), **query):
        connection = _UnixConnection(self.socket)
        if query:
            path += "?" + urlencode({key: json.dumps(value) if isinstance(value, (dict, list)) else value for key, value in query.items()})
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, path, text, {"Content-Type": "application/json"} if text else {})
            answer = connection.getresponse()
            data = answer.read().decode("utf-8", "replace")
        finally:
            connection.close()
        if answer.status not in accept:
            raise RuntimeError(f"Docker Engine: {method} {path} answered {answer.status}: {data.strip()}")
        return json.loads(data) if data and "json" in (answer.getheader("Content-Type") or "") else data

    def version(self):
        return self.ask("GET", "/version")["Version"]

    def containers(self, wanted):
        """What `docker inspect` says of each container, running or not, for whose entry in the list wanted(entry) holds."""
        found = []
        for entry in filter(wanted, self.ask("GET", "/containers/json", all=1)):
            one = self.ask("GET", f"/containers/{entry['Id']}/json", accept=(200, 404))
            if "Id" in one:
                found.append(one)
        return found

    def volumes(self):
        return self.ask("GET", "/volumes")["Volumes"] or []

    def networks(self):
        return self.ask("GET", "/networks")

    def image(self, name):
        answer = self.ask("GET", f"/images/{quote(name, safe='/:@')}/json", accept=(200, 404))
        return answer if "Id" in answer else None

    def image_names(self):
        return [tag for image in self.ask("GET", "/images/json") for tag in image["RepoTags"] or []]

    def remove_container(self, name):
        self.ask("DELETE", f"/containers/{quote(name)}", accept=(204, 404, 409), force=1, v=1)

    def remove_volume(self, name):
        self.ask("DELETE", f"/volumes/{quote(name)}", accept=(204, 404, 409), force=1)

    def remove_network(self, name):
        self.ask("DELETE", f"/networks/{quote(name)}", accept=(204, 404, 403, 409))

    def remove_image(self, name):
        self.ask("DELETE", f"/images/{quote(name, safe='/:@')}", accept=(200, 404, 409), force=1)
