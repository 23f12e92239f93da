"""Draws rows together into projects: a seed decides which. Rows of one service have keys that differ; a project has no claim
twice. A sample is some of a draw's projects: another seed draws and picks others."""
from .project import BUILT, CHANGING, FOUND, Group, Project

SERVICES = 12  # of one project, about
SERVICES_APART = 14  # the same where each row has a service of its own
ROWS_OF_SERVICE = 6
SAMPLE_TOGETHER = 2  # projects of many rows: some twenty services, each of several rows
SAMPLE_BY_ITSELF = 4  # rows that have a project each


class _Sheet:
    """A project that is being drawn."""

    def __init__(self, number, rows_of_service):
        self.number, self.rows_of_service = number, rows_of_service
        self.rows, self.groups, self.claims, self.weight = [], [], set(), 0

    def add(self, row, random):
        """Whether there was room for the row."""
        if set(row.claims) & self.claims:
            return False
        needs_group = bool(row.service or row.image)
        group = self.group_for(row, random) if needs_group else None
        weight = len(row.services) + (1 if needs_group and group is None else 0)
        if self.rows and self.weight + weight > (SERVICES if self.rows_of_service > 1 else SERVICES_APART):
            return False
        if needs_group and group is None:
            group = Group(f"s{self.number}-{len(self.groups) + 1}", [], self.base(random))
            self.groups.append(group)
        if group:
            group.rows.append(row)
        self.rows.append(row)
        self.claims |= set(row.claims)
        self.weight += weight
        return True

    def group_for(self, row, random):
        """One of the services that the row's keys can be put into, or None."""
        fitting = [group for group in self.groups if len(group.rows) < self.rows_of_service and agree(group.rows, row)]
        return random.choice(fitting) if fitting else None

    def base(self, random):
        return CHANGING if self.rows_of_service == 1 else random.choice([BUILT, CHANGING, CHANGING, FOUND])


def agree(rows, row):
    """Whether the row's keys can stand in one service with those of the others."""
    keys = set().union(*(other.service_keys for other in rows))
    clashes = set(row.clashes) & keys or any(set(other.clashes) & row.service_keys for other in rows)
    return not row.service_keys & keys and not clashes


def draw(rows, random, rows_of_service=ROWS_OF_SERVICE):
    """[[groups, rows]]: every row is in one of the projects."""
    shuffled = list(rows)
    random.shuffle(shuffled)
    sheets = []
    for row in shuffled:
        if row.by_itself:
            continue
        if not any(sheet.add(row, random) for sheet in sheets):
            sheets.append(_Sheet(len(sheets) + 1, rows_of_service))
            sheets[-1].add(row, random)
    # The dearer ones first, so that no worker is left with one at the end.
    return [(sheet.groups, sheet.rows) for sheet in sheets] + [single(row) for row in shuffled if row.by_itself]


def sample(drawn, random):
    """Some of these projects, in their order."""
    together = [one for one in drawn if not one[1][0].by_itself]
    alone = [one for one in drawn if one[1][0].by_itself]
    picked = [*random.sample(together, min(SAMPLE_TOGETHER, len(together))), *random.sample(alone, min(SAMPLE_BY_ITSELF, len(alone)))]
    return [one for one in drawn if any(one is other for other in picked)]


def services(drawn):
    """How many services these projects have."""
    return sum(len(groups) + sum(len(row.services) for row in rows) for groups, rows in drawn)


def single(row):
    """A row by itself."""
    return ([Group("s1", [row], FOUND if row.unchanging else CHANGING)] if row.service or row.image else [], [row])


def without(drawn, names):
    """The same project without these rows."""
    groups, rows = drawn
    smaller = [Group(group.service, [row for row in group.rows if row.name not in names], group.base) for group in groups]
    return [group for group in smaller if group.rows], [row for row in rows if row.name not in names]


def project(drawn, place, numbers, edge=False):
    groups, rows = drawn
    return Project(groups, rows, place, numbers, edge)
