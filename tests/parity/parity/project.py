"""Several rows put together into one project: the files of each release, what only the server has, and its belay.yml.

Compose files are put together as text, section by section, so that anchors, tags and interpolation stay as they were written.
Tokens in a row's texts: @p@ (the project's name, a prefix for all names), @image@ (an image that is there), @live@ (the live
directory), @disk@ (a block device), @release@ (1 or 2), @net@ (the first three numbers of a subnet), @six@ (the first ones of an
IPv6 subnet), @port@, @port2@ … @port4@.
"""
import re
from dataclasses import dataclass, field, replace

import yaml

from .table import lacking, sections

PULSE = """\
  pulse:
    image: @image@
    command: ["serve", "8080"]
    environment: { RELEASE: "@release@" }
    ports: ["127.0.0.1:@pulse@:8080"]
"""
PULSE_THAT_DIES = PULSE.replace('["serve", "8080"]', '["sh", "-c", "echo this release is broken; exit 7"]')
BUILT = "build: { context: ./app }\n"
FOUND = "image: @image@\n"
CHANGING = FOUND + "@changes@\n"  # another one in each release, though no row's key differs


@dataclass
class Place:
    """Where a project lives, and the names and numbers that are its own."""

    number: int
    live: str
    image: str
    disk: str = "/dev/null"  # a block device of this machine

    @property
    def prefix(self):
        return f"belay-parity-{self.number}"

    @property
    def first_port(self):
        return 20000 + 1600 * self.number

    @property
    def pulse(self):
        return self.first_port + 1590

    def put(self, text, row_number, release=1):
        """The text with its tokens replaced."""
        more, third = divmod(row_number, 250)
        words = {
            "release": release, "p": self.prefix, "image": self.image, "live": self.live, "pulse": self.pulse, "disk": self.disk,
            "net": f"10.{100 + 2 * self.number + more}.{third}",
            "six": f"fd{self.number:02x}:bea0:{row_number:x}",
            "port": self.first_port + 5 * row_number + 1,
        }
        for k in range(1, 5):
            words[f"port{k}"] = self.first_port + 5 * row_number + k
        return re.sub(r"@(\w+)@", lambda match: str(words.get(match[1], match[0])), text)


def put_together(texts):
    """One compose file of several. Sections that are maps or lists are appended to each other; others may be there only once."""
    merged = {}
    for text in texts:
        for name, lines in sections(text).items():
            one_line = len(lines) == 1 or not any(line.strip() for line in lines[1:])
            if name not in merged:
                merged[name] = list(lines)
            elif one_line or len(merged[name]) == 1:
                raise ValueError(f"section {name} cannot be put together")
            else:
                merged[name] += lines[1:]
    # Anchors are defined before they are used.
    order = sorted(merged, key=lambda name: (not name.startswith("x-"), name == "services", name))
    return "\n".join(line for name in order for line in merged[name]) + "\n"


def indented(text, by):
    return "".join(f"{' ' * by}{line}\n" if line.strip() else "\n" for line in text.splitlines())


@dataclass
class Group:
    """Rows that share one service."""

    service: str
    rows: list
    base: str = BUILT

    def text(self, release):
        body = [row.service if release == 1 or row.service_then is None else row.service_then for row in self.rows]
        keys = set().union(*(row.service_keys for row in self.rows))
        dockerfile = any(row.image for row in self.rows)
        if dockerfile:
            body.insert(0, f"build: {{ context: ./{self.service} }}\n")
        elif not keys & {"build", "image", "extends", "<<", "provider"}:
            changes = next((f'{key}: {{ release: "{release}" }}' for key in ("labels", "environment") if key not in keys), "")
            body.insert(0, self.base.replace("@changes@", changes))
        return f"  {self.service}:\n" + "".join(indented(part, 4) for part in body)


@dataclass
class Project:
    groups: list  # of rows with `service`
    rows: list  # all of them
    place: Place
    numbers: dict  # {row's name: its number in the table}
    edge: bool = False
    made_of: dict = field(default_factory=dict)  # {service: [rows]}

    def __post_init__(self):
        self.made_of = {group.service: [row.name for row in group.rows] for group in self.groups}
        for row in self.rows:
            for name in row.services:
                self.made_of.setdefault(name, [])
                if row.name not in self.made_of[name]:
                    self.made_of[name].append(row.name)

    @property
    def main(self):
        """The compose file. A directory's name becomes the project's: it holds @p@, so that what runs is known to be the place's."""
        return next((self._put(row.main, row) for row in self.rows if row.main != "docker-compose.yml"), "docker-compose.yml")

    @property
    def by_hand(self):
        return [self._put(word, row) for row in self.rows for word in row.by_hand]

    def _put(self, text, row, release=1):
        return self.place.put(text, self.numbers[row.name], release)

    def compose(self, release):
        shown = min(release, 2)
        parts = ["services:\n" + self.place.put(PULSE_THAT_DIES if release == 3 else PULSE, 0, release)]
        for row in self.rows:
            text = row.compose if shown == 1 or row.compose_then is None else row.compose_then
            if text.strip():
                parts.append(self._put(text, row, shown))
        # A row's own tokens are put in before its text is joined to the others'.
        for group in self.groups:
            put = Group(group.service, [self._with_tokens(row, shown) for row in group.rows], self.place.put(group.base, 0))
            parts.append("services:\n" + put.text(shown))
        return put_together(parts)

    def services_that_go(self):
        """Services of release 1 that release 2 no longer has."""
        before, after = (set(yaml.safe_load(self.compose(release))["services"]) for release in (1, 2))
        return sorted(before - after)

    def _with_tokens(self, row, release):
        then = None if row.service_then is None else self._put(row.service_then, row, release)
        return replace(row, service=self._put(row.service, row, release), service_then=then)

    def files(self, release):
        """{name: text} of the repository. No two files that an image copies have one text: BuildKit knows a copy by its
        content alone, and of two that are made at once either may become the layer of both."""
        shown = min(release, 2)
        found = {
            self.main: self.compose(release),
            "app/Dockerfile": f"FROM {self.place.image}\nCOPY release /release\n",
            "app/release": f"{self.place.prefix} {shown}\n",
        }
        for group in self.groups:
            lines = [self._put(row.image, row) for row in group.rows if row.image]
            if lines:
                found[f"{group.service}/Dockerfile"] = f"FROM {self.place.image}\nCOPY release /release\n" + "".join(lines)
                found[f"{group.service}/release"] = f"{self.place.prefix} {group.service} {shown}\n"
        for row in self.rows:
            files = row.files if release == 1 else {**row.files, **row.files_then}
            for name, text in files.items():
                if text is None:
                    continue
                text, name = self._put(text, row, shown), self._put(name, row)
                found[name] = found[name] + text if name in found and name == ".env" else text
        found["belay.yml"] = self.belay_yml(release)
        return found

    def server_files(self):
        found = {}
        for row in self.rows:
            for name, text in row.server.items():
                found[name] = found.get(name, "") + self._put(text, row)
        return found

    def accessories(self):
        return [name for row in self.rows for name in row.accessories]

    def released(self, release):
        names = ["pulse"] + [group.service for group in self.groups]
        for row in self.rows:
            names += [name for name in row.releases(release) if name not in row.accessories]
        return list(dict.fromkeys(names))

    def belay_yml(self, release):
        environment = {
            "host": "local",
            "path": self.place.live,
            "health": {
                "url": f"http://127.0.0.1:{self.place.pulse}/", "attempts": 300, "interval": "100ms", "timeout": "2s", "successes": 1,
            },
        }
        if self.edge:
            environment["edge"] = "haproxy:3.0"
        for row in self.rows:
            environment |= yaml.safe_load(self._put(yaml.safe_dump(row.belay), row))
        document = {"app": self.place.prefix, "services": self.released(release), "environments": {"production": environment}}
        for key in ("services", "source"):
            if key in environment:
                document[key] = environment.pop(key)
        return yaml.safe_dump(document, sort_keys=False)

    def outside(self, kind):
        return [self._put(name, row) for row in self.rows for name in row.outside.get(kind, [])]

    def refused_by(self):
        """("belay" or "compose", the pattern of its words); None: nobody refuses it."""
        for row in self.rows:
            if refused := row.refused or (self.edge and row.behind_an_edge):
                return "belay", refused["says"]
            if row.compose_refuses:
                return "compose", row.compose_refuses
        return None

    def refused_then(self, machine):
        """The pattern of belay's words where it refuses release 2 on this machine; None: it does not."""
        for row in self.rows:
            if row.refused_then and not lacking(row.refused_then["since"], machine):
                return row.refused_then["says"]
        return None
