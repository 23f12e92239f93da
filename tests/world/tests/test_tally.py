"""tests/world/tally: the last line of the tests must not be better than they were."""
import os
import subprocess

import pytest
from belay_world.machine import SCRIPTS

DOCTEST = "[doctest] test cases:  12 |  10 passed |  2 failed | 0 skipped\n[doctest] Status: FAILURE!"


def tally(directory, *bodies):
    files = []
    for number, body in enumerate(bodies):
        files.append(directory / f"{number}.xml")
        files[-1].write_text(f"<testsuite>{body}</testsuite>")
    done = subprocess.run([SCRIPTS / "tally", *files], capture_output=True, text=True)
    return done.stdout.strip(), done.returncode


@pytest.mark.parametrize(
    "body, line, code",
    [
        ('<testcase name="a" status="run"/>', "1 passed, 0 failed", 0),
        ('<testcase name="a"><failure/></testcase>', "0 passed, 1 failed", 1),
        ('<testcase name="a"><error/></testcase><testcase name="b"/>', "1 passed, 1 failed", 1),
        ('<testcase name="a"><skipped/></testcase><testcase name="b"/>', "1 passed, 0 failed, 1 skipped", 0),
        (f'<testcase name="a" status="fail"><system-out>{DOCTEST}</system-out></testcase>', "10 passed, 2 failed", 1),
        (
            '<testcase status="run"><system-out>[doctest] test cases: 3 | 3 passed | 0 failed</system-out></testcase>',
            "3 passed, 0 failed", 0,
        ),
        ('<testcase name="killed" status="fail"><system-out>half a li</system-out></testcase>', "0 passed, 1 failed", 1),
        (
            '<testcase status="notrun"><skipped message="Unable to find executable"/></testcase>',
            "0 passed, 1 failed", 1,
        ),
        ("", "0 passed, 0 failed", 1),
    ],
    ids=["passed", "failed", "error", "skipped", "doctest failed", "doctest passed", "killed", "not started", "nothing"],
)
def test_a_result_is_counted_for_what_it_is(tmp_path, body, line, code):
    assert tally(tmp_path, body) == (line, code)


def test_a_program_that_passed_its_cases_and_then_failed_counts_as_failed(tmp_path):
    body = '<testcase status="fail"><system-out>[doctest] test cases: 3 | 3 passed | 0 failed</system-out></testcase>'
    assert tally(tmp_path, body) == ("3 passed, 1 failed", 1)


def test_all_files_are_added_up_and_bytes_that_xml_forbids_do_not_matter(tmp_path):
    out = '<testcase status="run"><system-out>\x1b[31mred\x00</system-out></testcase>'
    assert tally(tmp_path, out, '<testcase name="b"/>') == ("2 passed, 0 failed", 0)


def tally_of(directory, *options, full="", **bodies):
    for name, body in bodies.items():
        (directory / f"{name.replace('_', '-')}.xml").write_text(f"<testsuite>{body}</testsuite>")
    return subprocess.run([SCRIPTS / "tally", *options, *sorted(directory.glob("*.xml"))], capture_output=True, text=True, env={**os.environ, "BELAY_TEST_FULL": full})


def cases(number):
    return f'<testcase status="run"><system-out>[doctest] test cases: {number} | {number} passed | 0 failed</system-out></testcase>'


def test_a_suite_without_a_result_has_failed(tmp_path):
    done = tally_of(tmp_path, "--suites", "unit fuzz", unit_check=cases(5000), fuzz=cases(3))
    assert done.returncode == 1 and "unit-tsan: NOT RUN" in done.stderr, done
    assert done.stdout == "5003 passed, 0 failed\n"


def test_a_suite_with_too_few_cases_has_failed(tmp_path):
    done = tally_of(tmp_path, "--suites", "unit", unit_check=cases(5000), unit_tsan=cases(2))
    assert done.returncode == 1 and "unit-tsan: has only 2 cases of at least" in done.stderr, done
    assert tally_of(tmp_path, "--suites", "unit", unit_tsan=cases(5000)).returncode == 0


def test_a_full_run_has_all_the_cases_of_which_a_default_run_has_a_sample(tmp_path):
    e2e = {"e2e": cases(100), "e2e_alone": cases(10)}
    assert tally_of(tmp_path, "--suites", "e2e", **e2e).returncode == 0
    done = tally_of(tmp_path, "--suites", "e2e", full="yes", **e2e)
    assert done.returncode == 1 and "e2e: has only 100 cases of at least" in done.stderr, done


@pytest.mark.parametrize("seconds, full, is_told", [(1501, "", True), (1500, "", False), (1501, "yes", False)])
def test_a_default_run_that_is_too_long_is_told_and_has_not_failed(tmp_path, seconds, full, is_told):
    (tmp_path / "seconds").write_text(f"all of it\t{seconds}\n")
    names = ["unit_check", "unit_tsan", "sim", "fuzz", "package", "package_image", "world", "integration", "parity_table", "parity", "e2e", "e2e_alone", "crash", "crash_alone"]
    suites = "unit sim fuzz package world parity e2e crash integration"
    done = tally_of(tmp_path, "--suites", suites, "--seconds", tmp_path / "seconds", full=full, **{name: cases(5000) for name in names})
    assert done.returncode == 0 and ("all of it took 25 min" in done.stderr) == is_told, done
    some = tally_of(tmp_path, "--suites", "unit", "--seconds", tmp_path / "seconds")
    assert "planned" not in some.stderr


def test_it_says_how_long_each_took(tmp_path):
    (tmp_path / "seconds").write_text("build-check\t61\nfuzz\t5\n")
    said = tally_of(tmp_path, "--suites", "fuzz", "--seconds", tmp_path / "seconds", fuzz=cases(3)).stderr
    assert said.splitlines()[:2] == ["   build-check              1 min  1 s", "   fuzz                     0 min  5 s  3 passed, 0 failed"]


def test_the_last_words_of_what_failed_are_shown(tmp_path):
    lines = "\n".join(f"line {number}" for number in range(40))
    broken = f'<testcase name="fuzz_wire" status="fail"><failure/><system-out>{lines}</system-out></testcase>'
    done = tally_of(tmp_path, fuzz=broken)
    assert "failed: fuzz: fuzz_wire\n   line 15\n" in done.stderr
    assert "   line 39\n" in done.stderr
