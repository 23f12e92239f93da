"""packaging/belay_package/linked.py: what is in a program is read from what the linker and the compiler did."""
import pytest
from belay_package import linked
from belay_world.commands import run

MAIN = """
#include <zlib.h>
#include <yaml.h>
int main(int count, char **words) {
  (void)words;
  return count > 1 && %s;
}
"""
USES = {"nothing": "0", "zlib": "zlibVersion()[0] == '0'", "yaml": "yaml_get_version_string()[0] == 'x'"}


@pytest.fixture
def link(tmp_path):
    """Links a small program as belay is linked; returns the packages in it."""
    build = tmp_path / "build/release"
    build.mkdir(parents=True)

    def linking(expression):
        (tmp_path / "main.c").write_text(MAIN % expression)
        (build / "build.ninja").write_text(
            "rule cc\n  command = gcc -MD -MF $out.d -ffunction-sections -c $in -o $out\n  depfile = $out.d\n  deps = gcc\n"
            "rule link\n  command = gcc -static-pie -Wl,--gc-sections -Wl,-Map=belay.map $in -o $out -lz -lyaml\n"
            "build src/main.o: cc ../../main.c\nbuild belay: link src/main.o\n"
        )
        run("ninja", "-C", build, "belay")
        return {package.name: package for package in linked.linked_in(build / "belay.map", build)}

    return linking


@pytest.mark.parametrize("used", USES)
def test_a_library_is_listed_if_the_program_has_code_of_it(link, used):
    found = link(USES[used])
    assert {"zlib": found["zlib1g-dev"].linked, "yaml": found["libyaml-dev"].linked} == {name: name == used for name in ("zlib", "yaml")}
    assert found["libc6-dev"].linked and found["libc6-dev"].source == "glibc"
    assert found["libgcc-12-dev"].linked  # the compiler's own beginning of each program


def test_a_file_of_no_package_is_refused(tmp_path):
    stray = tmp_path / "libstray.a"
    stray.touch()
    with pytest.raises(linked.Unknown, match="no Debian package owns .*libstray.a"):
        linked.owners({stray})


def test_a_licence_that_nobody_has_looked_up_is_refused():
    stranger = linked.Package("libstranger-dev", "1", "amd64", "stranger", "1", True)
    with pytest.raises(linked.Unknown, match="does not know the licence of its source stranger"):
        linked.licence_of(stranger, {"zlib": "Zlib"})


def test_a_map_of_another_linker_is_refused(tmp_path):
    (tmp_path / "belay.map").write_text("    VMA   Size Align Out\n    1000  20 8 .text\n")
    with pytest.raises(linked.Unknown, match="is it a map of GNU ld"):
        linked.linked_in(tmp_path / "belay.map", tmp_path)


def test_what_the_linker_threw_away_is_not_in_the_program():
    text = (
        "Discarded input sections\n .text.a        0x0000000000000000       0x10 /usr/lib/liba.a(a.o)\n"
        "\nLinker script and memory map\n\nLOAD /usr/lib/libb.a\n"
        " .text.c        0x0000000000001000       0x10 /usr/lib/libc.a(c.o)\n"
        " .text._ZN5belay4long\n                0x0000000000001010        0x8 /usr/lib/libd.a(d.o)\n"
        " .text.e        0x0000000000001018        0x0 /usr/lib/libe.a(e.o)\n *fill*         0x0000000000001018        0x8 \n"
    )
    assert linked.files_in_map(text) == {"/usr/lib/libc.a", "/usr/lib/libd.a"}
