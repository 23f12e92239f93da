#include "control/quoting.hpp"

#include <doctest/doctest.h>

#include "../drivers/scratch.hpp"

using namespace belay;
using namespace belay::testing;

TEST_CASE("plain words stay as they are, so that messages can be read") {
  CHECK(sh_quoted("npm") == "npm");
  CHECK(sh_quoted("/root/deploy-backend") == "/root/deploy-backend");
  CHECK(sh_joined({"docker", "logs", "-f", "crm-backend"}) == "docker logs -f crm-backend");
}

TEST_CASE("a shell gives back every word as it was") {
  const std::vector<std::string> words{"",    " ",     "it's", "\"", "$HOME", "`id`",     "a\\b", "a\nb",
                                       "!!",  "*",     "~",    "-n", "a'b'c", "\xc3\xbc", "#",    "a;b&c|d",
                                       "(x)", "{a,b}", "=ls",  "%1", "''",    "'\"'\"'",  "\\'",  "a b  c\t",
                                       "&&"};
  std::vector<std::string> argv{"printf", "%s\\n--\\n"};
  argv.insert(argv.end(), words.begin(), words.end());
  std::string expected;
  for (const std::string& word : words) expected += word + "\n--\n";
  CHECK(sh({"sh", "-c", sh_joined(argv)}) == expected);
  CHECK(sh({"bash", "-c", sh_joined(argv)}) == expected);
}

TEST_CASE("so do the login shells that are no sh; csh alone knows no way to write a line's end") {
  const std::vector<std::string> words{
      "",   " ",  "it's",  "\"",       "$HOME", "`id`",       "a\\b",     "a\\\\b", "!!",       "*",
      "~",  "-n", "a'b'c", "\xc3\xbc", "#",     "a;b&c|d",    "\\",       "(x)",    "{a,b}",    "=ls",
      "%1", "''", "\\'",   "\\n",      "&&",    "$(touch x)", "(echo x)", "a^b",    "C:\\dir\\"};
  std::vector<std::string> argv{"printf", "%s\\n--\\n"};
  argv.insert(argv.end(), words.begin(), words.end());
  std::string expected;
  for (const std::string& word : words) expected += word + "\n--\n";
  for (const char* shell : {"fish", "csh", "dash", "bash"}) {
    CAPTURE(shell);
    CHECK(sh({shell, "-c", sh_joined(argv)}) == expected);
  }
}

TEST_CASE("quoting twice survives a shell that starts a shell, as ssh does") {
  const std::string word = "it's \"$HOME\" \\ here";
  const std::string inner = sh_joined({"printf", "%s", word});
  CHECK(sh({"sh", "-c", sh_joined({"sh", "-c", inner})}) == word);
}
