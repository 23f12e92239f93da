#include "control/secret_values.hpp"

#include <map>
#include <string>

#include <doctest/doctest.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include "../drivers/scratch.hpp"
#include "base/background.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

/// A repository with belay.yml's directory, and a home outside of it.
struct Place {
  Scratch scratch{};
  WithVariable home{"HOME", (scratch / "home").string()};
  WithVariable configuration{"XDG_CONFIG_HOME", (scratch / "home/.config").string()};
  fs::path directory = scratch / "repository/app";
  SecretSources sources{.file = "secrets.belay", .command = "", .key_file = ""};
  SecretKey key = SecretKey::random();

  Place() {
    make_directories(directory);
    make_directories(scratch / "repository/.git");
    make_directories(scratch / "home");
  }

  SecretsPlace place() const { return {"shop", directory, sources}; }

  void keep_key(const std::string& suffix, const SecretKey& kept) const {
    make_directories(place().key_file().parent_path());
    write_file_atomically(place().key_file().string() + suffix, kept.text() + "\n");
  }

  void seal(const OpenSecrets& secrets) const { seal_with(key, secrets); }
  void seal_with(const SecretKey& with, const OpenSecrets& secrets) const {
    SecretsFile file{with.id(), {}};
    for (const auto& [where, value] : secrets)
      file.secrets[where] = {with.sealed(value, where.bound_to()), 0};
    write_file_atomically(directory / "secrets.belay", secrets_file_text(file));
  }

  std::string file() const { return read_file(directory / "secrets.belay"); }
  void write(const std::string& text) const { write_file_atomically(directory / "secrets.belay", text); }

  std::string count(const std::string& name) const {
    return read_file_if_exists(directory / ("asked." + name)).value_or("");
  }
};

SecretsNeeded need(const Place& place, const std::vector<std::string>& names, bool required = true) {
  SecretsNeeded needed{"shop", place.sources, {}};
  int line = 10;
  for (const auto& name : names) needed.secrets.push_back({name, {line++, 3}, required});
  return needed;
}

/// "A=one B=two", or the problems as lines.
std::string given(std::expected<Values, Problems> values, const fs::path& directory) {
  std::string all;
  if (values) {
    for (const auto& [name, value] : *values)
      all += fmt::format("{}{}={}", all.empty() ? "" : " ", name, value);
    return all;
  }
  for (const auto& problem : values.error())
    all += fmt::format("{}:{}:{}: {}\n", fs::path(problem.file).lexically_relative(directory).string(),
                       problem.at.line, problem.at.column, problem.message);
  return all;
}

std::string asked(const Place& place, const std::vector<std::string>& names, const Values& at_hand = {}) {
  SecretAsker asker(place.directory / "belay.yml", at_hand, {});
  return given(asker.ask("production", need(place, names)), place.directory);
}

template <class Act>
Error refused(const Act& act) {
  try {
    act();
  } catch (const Error& error) {
    CHECK(error.exit_code() == ExitCode::bad_input);
    return error;
  }
  FAIL("accepted");
  return Error("");
}

}  // namespace

// Where the key is ------------------------------------------------------------------------------------------

TEST_CASE("a key file is read only if nobody else may read it") {
  const Place place;
  CHECK_FALSE(find_key(place.place()));
  place.keep_key("", place.key);
  REQUIRE(find_key(place.place()));
  CHECK(find_key(place.place())->key.id() == place.key.id());
  for (const mode_t mode : {0640U, 0604U, 0620U, 0660U, 0644U, 0601U}) {
    CAPTURE(mode);
    REQUIRE(::chmod(place.place().key_file().c_str(), mode) == 0);
    const auto error = refused([&] { find_key(place.place()); });
    CHECK(error.message().contains("other users may read the key file"));
    CHECK(error.next() == "chmod 600 " + place.place().key_file().string());
  }
  REQUIRE(::chmod(place.place().key_file().c_str(), 0400) == 0);
  CHECK(find_key(place.place()));
}

TEST_CASE("a key file in the repository is refused, by whatever way it is named") {
  Place place;
  fs::create_directory_symlink(place.scratch / "repository", place.scratch / "link");
  for (const auto& file : {place.scratch / "repository/key", place.directory / "key",
                           place.scratch / "home/../repository/key", place.scratch / "link/key"}) {
    CAPTURE(file);
    place.sources.key_file = file.string();
    CHECK(refused([&] { offer_key(place.place(), place.key); }).message().contains("lies in the repository"));
    write_file_atomically(file, place.key.text());
    CHECK(refused([&] { find_key(place.place()); }).message().contains("lies in the repository"));
  }
  place.sources.key_file = (place.scratch / "repository-key").string();
  place.keep_key("", place.key);
  CHECK(find_key(place.place()));
}

TEST_CASE("the key file is named in belay.yml, or by the app's name below the configuration") {
  Place place;
  CHECK(place.place().key_file() == place.scratch / "home/.config/belay/keys/shop");
  place.sources.key_file = "~/keys/mine";
  CHECK(place.place().key_file() == place.scratch / "home/keys/mine");
  place.sources.key_file = "/keys/mine";
  CHECK(place.place().key_file() == "/keys/mine");
}

TEST_CASE("no key, a text that is none, and another key are told as what they are") {
  const Place place;
  const auto id = place.key.id();
  CHECK(refused([&] { require_key(place.place(), id); }).message() == "there is no key for secrets.belay");
  place.keep_key("", SecretKey::random());
  const auto wrong = refused([&] { require_key(place.place(), id); });
  CHECK(wrong.message().contains("is not the key of secrets.belay"));
  CHECK(wrong.why().contains(id));
  write_file_atomically(place.place().key_file(), place.key.text().substr(0, 40));
  CHECK(refused([&] { require_key(place.place(), id); }).why() == "it is cut off or has more than a key");
}

TEST_CASE("wherever a change of the key is cut off, the key of the secrets is found, and it can go on") {
  const Place place;
  const auto later = SecretKey::random(), last = SecretKey::random();
  const SecretPlace where{"", "A"};
  const auto opens = [&] {
    const auto file = sealed_secrets(place.place()).value().value();
    const auto found = require_key(place.place(), file.key_id);
    CHECK(opened_secrets(place.place(), file, found.key)->at(where) == "one");
    return found;
  };
  place.keep_key("", place.key);
  place.seal({{where, "one"}});
  CHECK(opens().key.id() == place.key.id());
  offer_key(place.place(), later);
  CHECK(opens().key.id() == place.key.id());
  offer_key(place.place(), later);  // cut off here, and begun anew
  place.seal_with(later, {{where, "one"}});
  const auto offered = opens();
  CHECK(offered.key.id() == later.id());
  CHECK(is_only_offered(place.place(), offered));
  fs::rename(place.place().key_file(), place.place().key_file().string() + ".old");
  CHECK(opens().key.id() == later.id());
  adopt_key(place.place());
  CHECK_FALSE(is_only_offered(place.place(), opens()));
  CHECK(read_file(place.place().key_file().string() + ".old") == place.key.text() + "\n");

  offer_key(place.place(), last);
  place.seal_with(last, {{where, "one"}});
  adopt_key(place.place());
  CHECK(opens().from == place.place().key_file().string());
  struct stat found{};
  REQUIRE(::stat(place.place().key_file().c_str(), &found) == 0);
  CHECK((found.st_mode & 0777U) == 0600U);
}

// What the sources give
// --------------------------------------------------------------------------------------

TEST_CASE("an environment's own section comes before the common one, and the file before the command") {
  Place place;
  place.keep_key("", place.key);
  place.seal({{{"", "A"}, "a of all"},
              {{"", "B"}, "b of all"},
              {{"production", "A"}, "a of production"},
              {{"staging", "B"}, "b of staging"},
              {{"staging", "C"}, "c of staging"}});
  place.sources.command = "echo {name} by command";
  CHECK(asked(place, {"A", "B", "C"}) == "A=a of production B=b of all C=C by command");
}

TEST_CASE("only what is needed is asked for: no key, and no command, without a need") {
  Place place;
  place.seal({{{"", "A"}, "one"}});
  place.sources.command = "touch ran; echo value";
  CHECK(asked(place, {}).empty());
  CHECK_FALSE(fs::exists(place.directory / "ran"));
  CHECK(asked(place, {"B"}) == "B=value");  // the file has no B, so its key is not missed
  CHECK(asked(place, {"A"}).contains("there is no key for secrets.belay"));
}

TEST_CASE(
    "values that would only be masked are taken if they are at hand, and are never asked of a command") {
  Place place;
  place.seal({{{"", "A"}, "one"}});
  place.sources.command = "touch ran; echo value";
  SecretAsker asker(place.directory / "belay.yml", {}, {});
  CHECK(asker.ask("production", need(place, {"A", "B"}, false))->empty());
  place.keep_key("", place.key);
  CHECK(asker.ask("production", need(place, {"A", "B"}, false))->at("A") == "one");
  CHECK_FALSE(fs::exists(place.directory / "ran"));
}

TEST_CASE(
    "a line that was changed, cut off, or moved to another name or environment is told with its place") {
  const Place place;
  place.keep_key("", place.key);
  place.seal(
      {{{"", "A"}, "one"}, {{"", "B"}, "two"}, {{"production", "C"}, "three"}, {{"staging", "C"}, "four"}});
  const auto good = place.file();
  REQUIRE(asked(place, {"A", "B", "C"}) == "A=one B=two C=three");

  const auto file = parse_secrets_file("", good).value();
  const auto with = [&](const SecretPlace& where, const std::string& bytes) {
    auto changed = file;
    changed.secrets[where].bytes = bytes;
    place.write(secrets_file_text(changed));
    return asked(place, {"A", "B", "C"});
  };
  const auto bytes = [&](const SecretPlace& where) { return file.secrets.at(where).bytes; };
  const std::string says = " was changed, cut off, or moved here from another place\n";
  const SecretPlace a{"", "A"}, b{"", "B"}, c{"production", "C"}, other_c{"staging", "C"};
  CHECK(with(a, bytes(b)) == "secrets.belay:2:1: the value of A" + says);
  CHECK(with(c, bytes(other_c)) == "secrets.belay:6:1: the value of C of production" + says);
  CHECK(with(a, bytes(a).substr(0, bytes(a).size() - 1)) == "secrets.belay:2:1: the value of A" + says);
  CHECK(with(a, "x") == "secrets.belay:2:1: the value of A" + says);
  CHECK(with(a, "") == "secrets.belay:2:1: the value of A is cut off or was changed\n");
  auto tampered = bytes(b);
  tampered.back() = static_cast<char>(tampered.back() ^ 1);
  CHECK(with(b, tampered) == "secrets.belay:3:1: the value of B" + says);
  CHECK(with(other_c, "x") == "A=one B=two C=three");  // staging's line is nobody's concern here
}

TEST_CASE("a wrong key is told as a wrong key, in the line that names it, never as a damaged file") {
  const Place place;
  place.seal({{{"", "A"}, "one"}});
  place.keep_key("", SecretKey::random());
  const auto said = asked(place, {"A"});
  CHECK(said.starts_with("secrets.belay:1:1: the key in "));
  CHECK(said.contains("is not the key of secrets.belay"));
  CHECK_FALSE(said.contains("changed"));
}

TEST_CASE("the command runs in belay.yml's directory, and its output without the last newline is the value") {
  Place place;
  place.sources = {.file = "", .command = "", .key_file = ""};
  const std::map<std::string, std::string> rows{
      {"pwd -P", fs::canonical(place.directory).string()},
      {"printf 'a\\nb\\n\\n'", "a\nb\n"},
      {"printf 'a\\r\\n'", "a"},
      {"printf ' a '", " a "},
      {"printf '%s|%s' {name} '{name}'", "A|A"},
      {"cat; echo end", "end"},  // it has no input
  };
  for (const auto& [command, value] : rows) {
    CAPTURE(command);
    place.sources.command = command;
    CHECK(asked(place, {"A"}) == "A=" + value);
  }
}

TEST_CASE("a command runs once for each name, however many environments need it") {
  Place place;
  place.sources.command = "echo x >>asked.{name}; echo value";
  SecretAsker asker(place.directory / "belay.yml", {}, {});
  CHECK(asker.ask("production", need(place, {"A", "B"}))->size() == 2);
  CHECK(asker.ask("staging", need(place, {"A"}))->size() == 1);
  CHECK(place.count("A") == "x\n");
  CHECK(place.count("B") == "x\n");
}

TEST_CASE("commands run at the same time, eight of them at most") {
  Place place;
  // Each waits until eight have begun; what begins as the ninth finds one that has ended.
  place.sources.command =
      "touch began.{name}; n=0; while [ $(ls began.* | wc -l) -lt 8 ]; do n=$((n+1)); [ $n -lt 2000 ] || "
      "exit 9; "
      "sleep 0.01; done; now=$(( $(ls began.* | wc -l) - $(ls ended.* 2>/dev/null | wc -l) )); "
      "touch ended.{name}; echo $((now <= 8))";
  std::vector<std::string> names;
  for (int i = 0; i < 12; ++i) names.push_back(fmt::format("N{:02}", i));
  std::string expected;
  for (const auto& name : names) expected += (expected.empty() ? "" : " ") + name + "=1";
  CHECK(asked(place, names) == expected);
}

TEST_CASE("all that the sources cannot give is told at once, and the words of a command are masked") {
  Place place;
  place.keep_key("", place.key);
  place.seal({{{"", "SEALED"}, "sealed-value"}, {{"", "DAMAGED"}, "x"}});
  auto file = parse_secrets_file("", place.file()).value();
  file.secrets[{"", "DAMAGED"}].bytes = "x";
  place.write(secrets_file_text(file));
  write_file_atomically(
      place.directory / "ask",
      "case $1 in GOOD) echo good-value;; SILENT) exit 3;; EMPTY) ;; BYTES) printf '\\377';;\n"
      "*) echo partial-value; echo no item: sealed-value, good-value, at-hand-value, "
      "partial-value >&2; exit 1;; esac\n");
  place.sources.command = "sh ./ask {name}";
  CHECK(asked(place, {"GOOD", "SEALED", "DAMAGED", "LOUD", "SILENT", "EMPTY", "BYTES"},
              {{"CALLER", "at-hand-value"}}) ==
        "secrets.belay:2:1: the value of DAMAGED was changed, cut off, or moved here from another place\n"
        "belay.yml:13:3: the secret LOUD is not known: sh ./ask LOUD: exit code 1: no item: ***, ***, ***, "
        "***\n"
        "belay.yml:14:3: the secret SILENT is not known: sh ./ask SILENT: exit code 3\n"
        "belay.yml:15:3: the secret EMPTY is not known: sh ./ask EMPTY: what it prints is empty\n"
        "belay.yml:16:3: the secret BYTES is not known: sh ./ask BYTES: what it prints is no text (UTF-8); "
        "encode "
        "bytes as base64\n");
}

TEST_CASE("without a command, a name that no source has is told beside what is wrong with the file") {
  Place place;
  place.keep_key("", SecretKey::random());
  place.seal({{{"", "A"}, "one"}});
  const auto said = asked(place, {"A", "B"});
  CHECK(said.contains("secrets.belay:1:1: the key in "));
  CHECK(said.contains("belay.yml:11:3: the variable B is not set"));
  place.write("something else\n");
  CHECK(asked(place, {"A", "B"}).starts_with("secrets.belay:1:1: this is no file of secrets"));
}

TEST_CASE("who stops belay while a command runs is told so") {
  Place place;
  place.sources = {.file = "", .command = "touch began; sleep 600", .key_file = ""};
  std::stop_source stop;
  SecretAsker asker(place.directory / "belay.yml", {}, stop.get_token());
  const Beside stopper([&] {
    while (!fs::exists(place.directory / "began")) pause(std::chrono::milliseconds(5), {});
    stop.request_stop();
  });
  CHECK_THROWS_AS(asker.ask("production", need(place, {"A"})), Error);
}
