"""The hand-written pipeline's figures, and belay's of this run beside them.

The script's figures are constants: they were measured once, by running the reference workflow's own `run:` blocks for real
against the same server, app and load (50 GET/s + 10 POST/s). "(29)": with the output of Docker 29's `docker images`, the only
one in which its rollback fires at all.
"""
from dataclasses import dataclass


@dataclass(frozen=True)
class Script:
    """What the hand-written pipeline did."""

    said: str
    seconds: str
    down: str
    failed: str  # requests failed of sent
    lost: str  # acknowledged writes missing afterwards
    serves: str  # what runs afterwards


@dataclass(frozen=True)
class Belay:
    """What belay did, measured in this run."""

    code: int
    seconds: float
    down: float | None
    failed: str
    lost: int | None
    serves: str


BROKEN = "the broken one, for good"
ROWS = {
    "good release, code only": Script("ok", "28", "1.0", "47/2205", "0", "the new one"),
    "good release with a migration": Script("ok", "32", "15.9", "797/2441", "0", "the new one"),
    "first deployment": Script("ok", "26", "18.3", "-", "0", "the new one"),
    "app that is slow to start (40 s; belay: 8 s)": Script("ok", "65", "46.4", "2319/4106", "0", "the new one"),
    "migration fails": Script("failed", "32", "28+", "1418/2524", "0", BROKEN),
    "migration fails (29)": Script("failed", "29", "28.4", "1421/2386", "0", "the old image"),
    "crash on start": Script("failed", "39", "24.5", "1225/3369", "0", BROKEN),
    "crash on start (29)": Script("failed", "14", "12.8", "641/1600", "0", "the old image"),
    "health answers 500": Script("failed", "189", "193", "9663/11028", "0", BROKEN),
    "health answers 500 (29)": Script("failed", "197", "185", "9244/10766", "0", "the old image"),
    "... and its migration renamed a column (29)":
        Script("failed", "204", "220+", "11016/12262", "0", "old image, new schema: fails"),
    "... and its compose file changed the port (29)":
        Script("failed", "221", "220+", "10978/12574", "0", "old image, new port: fails"),
    "first deployment is bad": Script("failed", "192", "204+", "all", "0", "the broken one"),
    "health request hangs": Script("never ends", "240+", "-", "-", "0", "0 of 30 attempts after 4 min"),
    "bad migration, then its fix, then a revert": Script("3 x failed", "87", "84", "4218/5682", "0", "every later one is refused"),
    "deployer killed between rm and up": Script("-", "-", "49+", "2470/3393", "0", "nothing"),
    "server's shell killed at the same point": Script("-", "-", "48+", "2419/3320", "0", "nothing"),
    "deployer killed in the health check, the next crashes (29)":
        Script("failed", "43", "93+", "4656/5086", "0", "the broken one, as 'rollback'"),
    "restore after a destructive migration": Script("ok", "-", "211", "10558/11375", "22", "15 errors, exit 0"),
    "database stopped during the deployment": Script("failed", "18", "22.5", "1126/2059", "0", "the new one, without a backup"),
    "crm-postgres-dev runs, crm-postgres does not": Script("failed", "21", "25.9", "1298/2082", "0", "a 0-byte backup counts"),
    "5 good backups, then 6 dumps that fail": Script("6 x ok", "100", "-", "-", "0", "0 good backups left"),
    "backup disk full": Script("ok", "17", "1.1", "55/1385", "0", "a truncated dump is kept"),
    "two pushes at once": Script("2 x ok", "37", "6.7", "336/1813", "0", "whichever was last"),
    "a file deleted in git": Script("failed", "-", "1.7", "84/2545", "0", "the deleted file was built"),
    "a source folder named like an exclude": Script("failed", "6", "0", "0/1158", "0", "it was never shipped"),
    "bug found after a good deployment": Script("ok", "18", "16.4", "-", "0", "nothing to go back to"),
}


class Table:
    def __init__(self):
        self._measured = {}

    def add(self, row, belay):
        assert row in ROWS, f"{row!r} is no row of the baseline"
        self._measured[row] = belay

    def lines(self):
        figures = ("s", "down", "failed/sent", "lost", "then serves")
        head = ("", "pipeline", *figures, "belay", *figures)
        rows = [head] + [(row, *self._script(row), *self._belay(row)) for row in ROWS]
        widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
        yield "The script's figures were measured once; its health budget was 30 attempts, 5 s apart. belay's are of this run;"
        yield "where a release has to spend the budget, belay was given 4 to 6 attempts, 2 s apart."
        yield "down: seconds in which requests failed; lost: acknowledged writes that are missing afterwards."
        for row in rows:
            yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()

    @staticmethod
    def _script(row):
        of = ROWS[row]
        return of.said, of.seconds, of.down, of.failed, of.lost, of.serves

    def _belay(self, row):
        if row not in self._measured:
            return "not run", "", "", "", "", ""
        of = self._measured[row]
        return (
            f"exit {of.code}", f"{of.seconds:.1f}", "-" if of.down is None else f"{of.down:.1f}", of.failed,
            "-" if of.lost is None else str(of.lost), of.serves,
        )
