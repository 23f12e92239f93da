#include "importer/shell_lines.hpp"

#include <doctest/doctest.h>
#include <fmt/core.h>

using namespace belay::importer;

namespace {

std::string told(const char* script) {
  std::string text;
  for (const ShellLine& line : parse_shell(script, 1)) {
    text += fmt::format("{}{}:", line.joined, line.line);
    for (const std::string& word : line.keywords) text += " <" + word + ">";
    for (const auto& [name, value] : line.assignments) text += fmt::format(" {}={}", name, value);
    for (const auto& [name, items] : line.arrays) text += fmt::format(" {}({})", name, items.size());
    for (const std::string& word : line.words) text += " [" + as_shown(word) + "]";
    for (const auto& one : line.redirects) text += fmt::format(" {}{}", one.operation, as_shown(one.target));
    text += "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("a script is read into its commands") {
  struct Row {
    const char *script, *lines;
  };
  for (const Row& row : {
           Row{"a b\nc", "1: [a] [b]\n2: [c]\n"},
           Row{"a 'b c' \"d e\" f\\ g", "1: [a] [b c] [d e] [f g]\n"},
           Row{"a && b || c | d; e & f", "1: [a]\n&&1: [b]\n||1: [c]\n|1: [d]\n1: [e]\n&1: [f]\n"},
           Row{"a \\\n  b", "1: [a] [b]\n"},
           Row{"a &&\n  b", "1: [a]\n&&2: [b]\n"},
           Row{"# no\na # b\nc#d", "2: [a]\n3: [c#d]\n"},
           Row{"A=1 B='x y' c", "1: A=1 B=x y [c]\n"},
           Row{"S=(ssh -p 22 h)", "1: S(4)\n"},
           Row{"if [ a ]; then b; else c; fi",
               "1: <if> [[] [a] []]\n1: <then> [b]\n1: <else> [c]\n1: [fi]\n"},
           Row{"cat > f <<EOF\nx $Y\nEOF\nz", "1: [cat] >f <<x $Y \n4: [z]\n"},
           Row{"ssh h <<'E' | tee log\nx\nE\nz", "1: [ssh] [h] <<x \n|1: [tee] [log]\n4: [z]\n"},
           Row{"a 2>/dev/null >out 2>&1", "1: [a] >out\n"},
           Row{"a $(b \"c d\" ) `e f`", "1: [a] [$(b \"c d\" )] [`e f`]\n"},
           Row{"f() { a; }", "1: [f()]\n1: <{> [a]\n1: [}]\n"},
       })
    CHECK_MESSAGE(told(row.script) == row.lines, row.script);
}

TEST_CASE("what is broken is read, too, and the reading ends") {
  for (const char* script : {"'",   "\"",        "`",    "$(",   "${", "<<", "<<EOF", "a <<EOF\nx", "(((((",
                             ")))", "a=(",       "a=(b", ";;;;", "&&", "|",  "\\",    "f() {",      "if",
                             "for", "case x in", "<(",   ">",    "2>", "$'", "a\\",   "<<'"})
    CHECK_NOTHROW(parse_shell(script, 1));
}
