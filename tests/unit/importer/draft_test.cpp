#include "importer/draft.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "../golden.hpp"
#include "model/config.hpp"

using namespace belay;
using namespace belay::importer;
namespace fs = std::filesystem;

namespace {

std::string text_of(const fs::path& file) {
  std::stringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

// Of `deploy@host:/srv/app/deploy.sh`, or `… ! why it cannot be read`, a script that the server has.
std::optional<ServerFile> server_file(const std::string& title) {
  const std::size_t why = title.find(" ! ");
  const std::string name = title.substr(0, why);
  const std::size_t colon = std::min(name.find(":/"), name.find(":~"));
  if (colon == std::string::npos) return std::nullopt;
  return ServerFile{.server = name.substr(0, colon),
                    .path = name.substr(colon + 1),
                    .why_not = why == std::string::npos ? "" : title.substr(why + 3)};
}

// `=== PATH`, then that file's text, and the next.
Repository sample_in_one_file(const fs::path& file) {
  Repository made;
  made.name = file.stem().string();
  std::istringstream rows(text_of(file));
  bool is_there = false;
  for (std::string row; std::getline(rows, row);) {
    if (!row.starts_with("=== ")) {
      (is_there ? made.server_files.back().text : made.files.back().text) += row + "\n";
    } else if (auto found = server_file(row.substr(4))) {
      made.server_files.push_back(std::move(*found));
      is_there = true;
    } else {
      made.files.push_back({row.substr(4), ""});
      is_there = false;
    }
  }
  for (const SourceFile& one : made.files) made.paths.push_back(one.path);
  std::erase_if(made.files, [](const SourceFile& one) { return !is_read(one.path); });
  return made;
}

Repository sample(const fs::path& directory) {
  if (directory.extension() == ".repo") return sample_in_one_file(directory);
  Repository made;
  made.name = directory.filename().string();
  for (const auto& entry : fs::recursive_directory_iterator(directory))
    if (entry.is_regular_file()) made.paths.push_back(entry.path().lexically_relative(directory).string());
  std::ranges::sort(made.paths);
  for (const std::string& path : made.paths)
    if (is_read(path)) made.files.push_back({path, text_of(directory / path)});
  return made;
}

std::string told(const Draft& draft) {
  std::string text = draft.belay_yml + "\n--- the CI's part\n" +
                     (draft.gitlab_job.empty() ? draft.github_workflow : draft.gitlab_job) +
                     "\n--- not taken over\n";
  for (const NotTaken& one : draft.not_taken)
    text += fmt::format("{} {}: {}: {}\n", one.warning ? "!" : "-", one.at.shown(), one.what, one.why);
  if (!draft.unread.empty()) text += "\n--- not read on the server\n";
  for (const ServerScript& one : draft.unread)
    text += fmt::format("- {}: {}: {}\n", one.at.shown(), one.server, one.path);
  return text;
}

std::vector<fs::path> samples() {
  std::vector<fs::path> all;
  for (const auto& entry : fs::directory_iterator(TEST_DATA))
    if (entry.is_directory() || entry.path().extension() == ".repo") all.push_back(entry.path());
  std::ranges::sort(all);
  return all;
}

std::expected<Config, Problems> parsed(const Draft& draft) {
  return parse_config("belay.yml", draft.belay_yml,
                      [](const std::string&) { return std::optional<std::string>("x"); });
}

}  // namespace

TEST_CASE("each sample repository becomes its draft") {
  REQUIRE(samples().size() >= 50);
  for (const fs::path& directory : samples()) {
    const Repository repository = sample(directory);
    const Draft draft = draft_of(repository, {});
    CHECK(told(draft) == told(draft_of(repository, {})));
    check_golden(directory.stem().string() + ".txt", told(draft));
  }
}

TEST_CASE("belay reads each draft, and refuses exactly those with gaps") {
  for (const fs::path& directory : samples()) {
    const Draft draft = draft_of(sample(directory), {});
    const auto config = parsed(draft);
    std::string problems;
    if (!config)
      for (const Problem& one : config.error()) problems += rendered(one);
    CHECK_MESSAGE(config.has_value() == (draft.gaps == 0), directory.string() << "\n" << problems);
    if (!config)
      CHECK_MESSAGE(config.error().size() <= static_cast<std::size_t>(draft.gaps), directory.string()
                                                                                       << "\n"
                                                                                       << problems);
  }
}

TEST_CASE("the reference's hand-written workflow gives what its own belay.yml says") {
  const Draft draft = draft_of(sample(fs::path(TEST_DATA) / "crm-backend"), {});
  const auto drafted = parsed(draft);
  REQUIRE(drafted);
  const auto by_hand =
      parse_config("belay.yml", text_of(fs::path(TEST_DATA) / "../../../../examples/crm-backend/belay.yml"),
                   [](const std::string&) { return std::optional<std::string>("x"); });
  REQUIRE(by_hand);
  CHECK(drafted->app == by_hand->app);
  const auto commands = [](const EnvironmentConfig& one) {
    std::vector<std::string> all;
    for (const TestStep& step : one.test) all.insert(all.end(), step.commands.begin(), step.commands.end());
    return all;
  };
  for (const char* name : {"production", "staging"}) {
    const EnvironmentConfig* const made = drafted->find(name);
    const EnvironmentConfig* const meant = by_hand->find(name);
    REQUIRE((made && meant));
    CHECK(made->source == meant->source);
    CHECK(made->services == meant->services);
    CHECK(made->accessories == meant->accessories);
    CHECK(made->compose == meant->compose);
    CHECK(made->path == meant->path);
    CHECK(made->host.destination == meant->host.destination);
    CHECK(made->sync.exclude == meant->sync.exclude);
    CHECK(made->sync.remove_extraneous == meant->sync.remove_extraneous);
    CHECK(commands(*made) == commands(*meant));
    REQUIRE(made->migrate.size() == 1);
    CHECK(made->migrate[0].command == meant->migrate[0].command);
    CHECK(made->migrate[0].when == meant->migrate[0].when);
    CHECK(made->backup.has_value() == meant->backup.has_value());
    CHECK(made->health.attempts == meant->health.attempts);
    CHECK(made->health.interval == meant->health.interval);
    REQUIRE((made->on_push && meant->on_push));
    CHECK(made->on_push->branches == meant->on_push->branches);
    CHECK(made->on_push->paths == meant->on_push->paths);
  }
  const PostgresBackup& backup = *drafted->find("production")->backup;
  CHECK(backup.container == "crm-postgres");
  CHECK(backup.user == "crm_user");
  CHECK(backup.database == "crm_whatsapp_saas");
  CHECK(backup.keep == 5);
  CHECK(drafted->find("staging")->health.url == by_hand->find("staging")->health.url);
}

TEST_CASE("what a person answers fills the gaps") {
  const Draft draft = draft_of(sample(fs::path(TEST_DATA) / "compose-only"),
                               {"me@box", "/srv/shop", "https://shop.example/up"});
  CHECK(draft.gaps == 0);
  const auto config = parsed(draft);
  REQUIRE(config);
  CHECK(config->environments[0].host.destination == "me@box");
  CHECK(config->environments[0].path == "/srv/shop");
  CHECK(config->environments[0].health.url == "https://shop.example/up");
}

TEST_CASE("a repository cut off or damaged anywhere never ends the program") {
  for (const fs::path& directory : samples()) {
    const Repository whole = sample(directory);
    for (std::size_t f = 0; f < whole.files.size(); ++f) {
      const std::string& text = whole.files[f].text;
      for (std::size_t cut = 0; cut < text.size(); cut += 61) {
        Repository broken = whole;
        broken.files[f].text = text.substr(0, cut);
        CHECK_NOTHROW(draft_of(broken, {}));
        broken.files[f].text = text;
        broken.files[f].text[cut] = "'\"{}[]$`<|&;:\n\x02\x04\xff"[cut % 17];
        CHECK_NOTHROW(draft_of(broken, {}));
      }
    }
    for (std::size_t f = 0; f < whole.server_files.size(); ++f)
      for (std::size_t cut = 0; cut < whole.server_files[f].text.size(); cut += 13) {
        Repository broken = whole;
        broken.server_files[f].text[cut] = "'\"{}[]$`<|&;:\n\x02\x04\xff"[cut % 17];
        CHECK_NOTHROW(draft_of(broken, {}));
        broken.server_files[f].text.resize(cut);
        CHECK_NOTHROW(draft_of(broken, {}));
      }
  }
}

TEST_CASE("in an empty repository there is nothing to draft") {
  CHECK(draft_of({"x", {}, {}}, {}).found_nothing);
}
