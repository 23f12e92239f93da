"""The differences of one project."""
import re


class Judged(list):
    """[Difference]; it knows which rows they may come from."""

    def __init__(self, found, project):
        super().__init__(found)
        self.project = project

    def by_row(self):
        """{row: its differences}, of the differences in services that are one row's."""
        exact = {}
        for difference in self:
            of_service = self.project.made_of.get(difference.service, [])
            if len(of_service) == 1:
                exact.setdefault(of_service[0], []).append(difference)
        return exact

    def rows(self):
        """The rows that the differences may come from, by the services that they name."""
        names = []
        for difference in self:
            services = [difference.service]
            if difference.service.startswith("("):
                services = [name for name in self.project.made_of if names_it(difference.path + difference.text, name)]
            for service in services:
                names += [name for name in self.project.made_of.get(service, []) if name not in names]
        return names


def names_it(text, service):
    return re.search(rf"(?<![\w-]){re.escape(service)}(?!\w)", text)
