#include "model/shell_command.hpp"

#include <array>
#include <string>

#include <doctest/doctest.h>

#include "base/process.hpp"

using namespace belay;

namespace {

/// All that a shell could take for something else than text.
const std::string hostile = "a  b'c\"d$HOME`id`$(id)\\n;echo struck|cat #*?\n& end";

/// What sh prints when it runs the command.
std::string printed(const std::string& text, const std::string& value) {
  const auto [script, parameters] = shell_command(text, {{"X", value}});
  const auto ran =
      capture({.argv = {"sh", "-c", script}, .set = parameters}, {}, Deadline::in(std::chrono::seconds(20)));
  CHECK_MESSAGE(ran.ok(), script << ran.err);
  return ran.out;
}

}  // namespace

TEST_CASE("a value is text wherever it stands in a command, whatever it is made of") {
  struct Case {
    const char *text, *before, *after;  // what is printed around the value
  };
  for (const auto& [text, before, after] : std::to_array<Case>({
           {"printf %s \"${X}\"", "", ""},
           {"printf %s '${X}'", "", ""},
           {"printf %s 'a ${X} b'", "a ", " b"},
           {"printf %s 'a'\"${X}\"'${X}' | head -c 0; printf %s '${X}'", "", ""},
           {"printf %s \"it's ${X}\"", "it's ", ""},
           {"printf %s 'say \"${X}\"'", "say \"", "\""},
           {"# don't be misled\nprintf %s '${X}'", "", ""},
           {"true # it's '${X}'\nprintf %s \"${X}\"", "", ""},
           {"printf %s \\'; printf %s '${X}'", "'", ""},
           {"printf %s \"\\\"'\" '${X}'", "\"'", ""},
           {"printf %s \"$(printf %s '${X}')\"", "", ""},
           {"printf %s \"$(printf %s \"${X}\")\"", "", ""},
           {"printf %s \"`printf %s '${X}'`\"", "", ""},
           {"(printf %s '${X}')", "", ""},
           {"case x in x) printf %s '${X}' ;; esac", "", ""},
           {"cat <<END | head -c -1\nit's ${X}\nEND\n", "it's ", ""},
           {"cat <<-END | head -c -1\n\tit's \"${X}\"\n\tEND\n", "it's \"", "\""},
           {"cat <<A <<B | head -c -1\nx'\nA\nit's ${X}\nB\nprintf '%s' '' '${X}' | head -c 0", "it's ", ""},
           {"cat <<'END' >/dev/null\nit's\nEND\nprintf %s '${X}'", "", ""},
           {"test $((1 << 2)) = 4 && printf %s '${X}'", "", ""},
           {"Y=${X} && printf %s \"$Y\"", "", ""},
           {"Y=${X} sh -c 'printf %s \"$Y\"'", "", ""},
       })) {
    CAPTURE(text);
    CHECK(printed(text, hostile) == before + hostile + after);
  }
}

TEST_CASE(
    "without quotes a value is split into words, as the shell does with any parameter, and is no code") {
  CHECK(printed("printf '[%s]' ${X}", "--a=1 --b") == "[--a=1][--b]");
  CHECK(printed("printf '[%s]' ${X}", ";echo struck") == "[;echo][struck]");
}

TEST_CASE("a script shows no value, and its programs find their own environment") {
  const auto command =
      shell_command("psql \"${PATH}\" '${URL}' $HOME $${URL} $$", {{"PATH", "p"}, {"URL", "u"}});
  CHECK(command.script == "psql \"${BELAY_VALUE_PATH}\" ''\"${BELAY_VALUE_URL}\"'' $HOME ${URL} $");
  CHECK(command.environment == Values{{"BELAY_VALUE_PATH", "p"}, {"BELAY_VALUE_URL", "u"}});
}

TEST_CASE("where no shell would put the value, the command is refused") {
  struct Case {
    const char* text;
    const char* fault;  // empty: none
  };
  for (const auto& [text, fault] : std::to_array<Case>({
           {"echo \\${X}", "a backslash stands before ${X}"},
           {"echo \"\\${X}\"", "a backslash stands before ${X}"},
           {"echo '\\${X}'", ""},
           {"echo \\\\${X}", ""},
           {"# \\\necho ${X}", ""},
           {"cat <<'END'\n${X}\nEND", "here-document"},
           {"cat <<\\END\n${X}\nEND", "here-document"},
           {"cat <<\"END\"\n${X}\nEND", "here-document"},
           {"cat <<END\n${X}\nEND", ""},
           {"cat <<END\n\\${X}\nEND", "a backslash stands before ${X}"},
           {"cat <<'END'\n$X\nEND\necho ${X}", ""},
           {"cat <<<'END'\necho ${X}", ""},
           {"echo '<<A' ${X}\n${X}", ""},
       })) {
    CAPTURE(text);
    const auto faults = shell_faults(text);
    if (*fault == '\0')
      CHECK(faults.empty());
    else
      CHECK((!faults.empty() && faults.front().message.contains(fault)));
  }
}
