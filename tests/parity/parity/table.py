"""The table: a row for each key of the Compose specification. The rows stand in `rows/*.yml`, in the documentation's order."""
import re
from dataclasses import dataclass, field
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent.parent

KNOWN = {
    "row", "shows", "service", "service then", "compose", "compose then", "files", "files then", "server", "released",
    "released then", "accessories", "belay", "by hand", "main", "needs", "refused", "refused then", "compose refuses", "claims",
    "clashes", "alone", "unchanging", "outside", "image", "note", "behind an edge",
}


def sections(text):
    """{"services": its lines, …} of a compose file; a section of one line ("name: x") is kept as it is, under its name."""
    found, current = {}, None
    for line in text.splitlines():
        head = re.match(r"^([\w.-]+):(.*)$", line)
        if head:
            current = head[1]
            if current in found:
                raise ValueError(f"section {current} is there twice")
            found[current] = [line]
        elif current is None:
            if line.strip():
                raise ValueError(f"a line before the first section: {line}")
        else:
            found[current].append(line)
    return found


def services_in(text):
    """The names of the services that a compose file's text defines."""
    lines = sections(text).get("services", [])
    return [match[1] for line in lines[1:] if (match := re.match(r"^  ([\w.-]+):", line))]


@dataclass
class Row:
    """A small project of two releases that shows a key at work. Texts may hold tokens, see `project.py`."""

    name: str
    section: str  # the heading that it stands under in the documentation
    shows: str = ""
    service: str = ""  # keys of one service: rows whose keys differ are put into one
    service_then: str = None  # in release 2; None: unchanged
    compose: str = ""  # sections of a compose file
    compose_then: str = None
    files: dict = field(default_factory=dict)  # of the repository; {name: text}
    files_then: dict = field(default_factory=dict)  # what differs in release 2; a text of None: removed
    server: dict = field(default_factory=dict)  # what lies in the live directory only
    released: list = None  # the services that belay.yml names; None: all of the compose file but the accessories
    released_then: list = None
    accessories: list = field(default_factory=list)  # services that are not released
    belay: dict = field(default_factory=dict)  # further keys of the environment in belay.yml
    by_hand: list = field(default_factory=list)  # options of `docker compose`, as typed by hand
    main: str = "docker-compose.yml"
    needs: str = ""  # "compose>=2.30, engine>=23, privileged"
    refused: dict = field(default_factory=dict)  # {because: for people, says: a pattern of belay's answer}
    refused_then: dict = field(default_factory=dict)  # the same of release 2, {since: "compose>=2.31"}: before, as compose does
    behind_an_edge: dict = field(default_factory=dict)  # {because, says}: refused where the environment has an edge
    compose_refuses: str = ""  # a pattern of its words: compose does not bring the row up either
    claims: list = field(default_factory=list)  # what only one row of a project may have
    clashes: list = field(default_factory=list)  # keys that cannot stand in one service with these
    alone: bool = False  # a project of its own
    unchanging: bool = False  # its service is the same in each release, save for what the row itself changes
    outside: dict = field(default_factory=dict)  # what is there beforehand: {networks: [name], volumes: [name]}
    image: str = ""  # a Dockerfile's lines for the service, after FROM
    note: str = ""  # for the documentation

    def releases(self, release):
        """The services of its own that belay.yml names in this release."""
        named = self.released if release == 1 or self.released_then is None else self.released_then
        text = self.compose if release == 1 or self.compose_then is None else self.compose_then
        return named if named is not None else services_in(text)

    @property
    def services(self):
        """All services of its own, in either release."""
        in_file = services_in(self.compose) + services_in(self.compose_then or "")
        return list(dict.fromkeys([*in_file, *self.releases(1), *self.releases(2), *self.accessories]))

    @property
    def by_itself(self):
        """Whether it cannot be put together with others."""
        return bool(self.alone or self.unchanging or self.refused or self.refused_then or self.compose_refuses)

    @property
    def service_keys(self):
        found = set()
        for text in (self.service, self.service_then or ""):
            found |= set(re.findall(r"^([\w-]+|<<):", text, re.M))
        # What is built gets the name that `image` says: the two are never of two rows, nor is what may bring one of them.
        origin = {"build", "image", "extends"}
        return found | (origin if self.image or found & origin else set())


def load(folder=HERE / "rows"):
    """[Row], in the order of the files' names and of the rows in them."""
    rows = []
    for file in sorted(Path(folder).glob("*.yml")):
        content = yaml.safe_load(file.read_text())
        for entry in content["rows"]:
            unknown = set(entry) - KNOWN
            if unknown:
                raise ValueError(f"{file.name}, row {entry.get('row')}: unknown keys {', '.join(sorted(unknown))}")
            values = {key.replace(" ", "_"): value for key, value in entry.items() if key != "row"}
            rows.append(Row(name=entry["row"], section=content["section"], **values))
    names = [row.name for row in rows]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"rows that are there twice: {', '.join(twice)}")
    return rows


def known_wrong(file=HERE / "known_wrong"):
    """{row: why}: the rows that belay is known to get wrong."""
    found = {}
    for line in Path(file).read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, why = line.partition(":")
            found[name.strip()] = why.strip()
    return found


def version(text):
    return tuple(int(part) for part in re.findall(r"\d+", text)[:2])


def lacking(needs, versions):
    """What this machine lacks of a row's needs: "compose 2.30", "privileged"; None when it has all."""
    for need in filter(None, (part.strip() for part in needs.split(","))):
        program, _, wanted = need.partition(">=")
        if not wanted and not versions[program]:
            return program
        if wanted and versions[program] < version(wanted):
            return f"{program} {wanted}"
    return None


class _Loader(yaml.SafeLoader):
    """Takes compose's own tags (!reset, !override) as what they hold."""


def _any_tag(loader, _, node):
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


_Loader.add_multi_constructor("!", _any_tag)


def parsed(text):
    return yaml.load(re.sub(r"@(\w+)@", r"t-\1", text), Loader=_Loader) or {}


def used_keys(row):
    """The paths of all keys in the row's texts: "services.x.build.args", …; a list's items stand under the list's own path."""
    documents = [parsed(text) for text in (row.compose, row.compose_then or "")]
    documents += [{"services": {"x": parsed(text)}} for text in (row.service, row.service_then or "")]
    for files in (row.files, row.files_then, row.server):
        documents += [parsed(text) for name, text in files.items() if name.endswith((".yml", ".yaml")) and text]
    found = set()

    def walk(value, path):
        for key, item in value.items() if isinstance(value, dict) else ():
            found.add(".".join((*path, str(key))))
            walk(item, (*path, str(key)))
        for item in value if isinstance(value, list) else ():
            walk(item, path)

    for document in documents:
        walk(document, ())
    return found


def specification(file=HERE / "specification"):
    return [line for line in file.read_text().splitlines() if line and not line.startswith("#")]


def uncovered(rows):
    """Keys of the specification that no row uses."""
    used = set().union(*(used_keys(row) for row in rows))
    return [key for key in specification() if not any(pattern_of(key).fullmatch(path) for path in used)]


def pattern_of(key):
    return re.compile(r"\.".join(r"[^.]+" if part == "*" else re.escape(part) for part in key.split(".")))
