"""What is said at the end, and the results for JUnit."""
import re
import xml.sax.saxutils as xml
from dataclasses import dataclass
from pathlib import Path

SHOWN = 6  # differences of a row
ALONE = "./belay-dev test parity --row"
TOGETHER = "./belay-dev test parity --together"


@dataclass
class Case:
    name: str
    state: str  # "passed", "failed", "skipped"
    text: str = ""


def cases_of(learned, rows, known):
    """[Case]: a row that is known to be wrong passes as long as it is wrong, and fails once it is right."""
    cases = []
    for row in rows:
        name = row.name
        if name in learned.left_out:
            cases.append(Case(name, "skipped", learned.left_out[name]))
        elif name in learned.wrong and name in known:
            cases.append(Case(name, "passed", f"known to be wrong: {known[name]}"))
        elif name in learned.wrong:
            again = f"{ALONE} {name}" + (" --edge" if name in learned.behind_edge else "")
            cases.append(Case(name, "failed", f"{shown(learned.wrong[name])}\n  again: {again}"))
        elif name in learned.right and name in known:
            text = f"  tests/parity/known_wrong lists it ({known[name]}), but it is right now: remove the line"
            cases.append(Case(name, "failed", text))
        elif name in learned.right:
            cases.append(Case(name, "passed"))
    for seed, names, why in learned.together:
        text = f"  right by themselves, wrong together (seed {seed})\n{shown(why)}\n  again: {TOGETHER} {','.join(names)}"
        cases.append(Case(" + ".join(names), "failed", text))
    return cases


def say(cases, learned, known, seconds, verbose):
    for name in known:
        if verbose and name in learned.wrong:
            print(f"\nknown to be wrong: {name}\n{shown(learned.wrong[name])}")
    for case in cases:
        if case.state == "failed":
            print(f"\nFAILED {case.name}\n{case.text}")
    count = {state: sum(1 for case in cases if case.state == state) for state in ("passed", "failed", "skipped")}
    wrong = sum(1 for name in known if name in learned.wrong)
    print(
        f"\nparity: {count['passed'] - wrong} rows as compose does, {wrong} known to be wrong, {count['failed']} failed, "
        f"{count['skipped']} left out; {seconds:.0f} s"
    )
    for need in dict.fromkeys(learned.left_out.values()):
        names = [name for name, lack in learned.left_out.items() if lack == need]
        print(f"  left out, {need}: {', '.join(names)}")


def shown(found):
    lines = [f"  {one}" for one in found[:SHOWN]]
    return "\n".join(lines + ([f"  … and {len(found) - SHOWN} more"] if len(found) > SHOWN else []))


def write_junit(file, cases):
    lines = [f'<testsuite name="parity" tests="{len(cases)}">']
    for case in cases:
        text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "?", case.text)
        inner = {
            "failed": f"<failure>{xml.escape(text)}</failure>",
            "skipped": f"<skipped message={xml.quoteattr(text)}/>",
            "passed": f"<system-out>{xml.escape(text)}</system-out>",
        }[case.state]
        lines.append(f'<testcase classname="parity" name={xml.quoteattr(case.name)}>{inner}</testcase>')
    Path(file).write_text("\n".join([*lines, "</testsuite>"]) + "\n", encoding="utf-8")
