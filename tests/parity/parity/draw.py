"""Draws rows together into projects: a seed decides which. Rows of one service have keys that differ; a project has no claim twice."""
from .project import BUILT, CHANGING, FOUND, Group, Project

SERVICES = 9  # of one project, about
ROWS_OF_SERVICE = 6


class _Sheet:
    """A project that is being drawn."""

    def __init__(self, number, rows_of_service):
        self.rows_of_service = rows_of_service
        self.number, self.rows, self.groups, self.claims, self.weight = number, [], [], set(), 0

    def add(self, row, random):
        """Whether there was room for the row."""
        claims = set(row.claims)
        if claims & self.claims:
            return False
        group = None
        if row.service or row.image:
            open_groups = [group for group in self.groups if len(group.rows) < self.rows_of_service and agree(group.rows, row)]
            group = random.choice(open_groups) if open_groups else None
        weight = len(row.releases(1)) + len(row.accessories) + (1 if (row.service or row.image) and group is None else 0)
        if self.rows and self.weight + weight > (SERVICES if self.rows_of_service > 1 else 14):
            return False
        if (row.service or row.image) and group is None:
            group = Group(f"s{self.number}-{len(self.groups) + 1}", [], CHANGING if self.rows_of_service == 1 else random.choice([BUILT, CHANGING, CHANGING, FOUND]))
            self.groups.append(group)
        if group:
            group.rows.append(row)
        self.rows.append(row)
        self.claims |= claims
        self.weight += weight
        return True


def agree(rows, row):
    """Whether the row's keys can stand in one service with those of the others."""
    keys = set().union(*(other.service_keys for other in rows))
    return not row.service_keys & keys and not clashes_of(row) & keys and not any(clashes_of(other) & row.service_keys for other in rows)


def clashes_of(row):
    return set(row.clashes)


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
    return [(sheet.groups, sheet.rows) for sheet in sheets] + [single(row) for row in shuffled if row.by_itself]


def single(row):
    """A row by itself."""
    return ([Group("s1", [row], CHANGING)] if row.service or row.image else [], [row])


def without(drawn, names):
    """The same project without these rows."""
    groups, rows = drawn
    smaller = [Group(group.service, left, group.base) for group in groups if (left := [row for row in group.rows if row.name not in names])]
    return smaller, [row for row in rows if row.name not in names]


def project(drawn, place, numbers, edge=False):
    groups, rows = drawn
    return Project(groups, rows, place, numbers, edge)
