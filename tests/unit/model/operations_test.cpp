#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "error_messages.hpp"
#include "pages_of_the_project.hpp"

using namespace belay::testing;

namespace {

/// The fixed words of a message, in their order: what stands between the gaps.
std::vector<std::string> words_between_gaps(const std::string& message) {
  const std::string gap = "…";
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= message.size();) {
    const std::size_t end = std::min(message.find(gap, at), message.size());
    std::string part = message.substr(at, end - at);
    part.erase(0, part.find_first_not_of(' '));
    part.resize(part.find_last_not_of(' ') + 1);
    if (!part.empty()) parts.push_back(part);
    at = end + gap.size();
  }
  return parts;
}

/// Whether the entry means the message: its words stand there in the same order, from the first word on.
bool means(const std::string& entry, const std::string& message) {
  const auto wanted = words_between_gaps(entry);
  const auto there = words_between_gaps(message);
  if (wanted.empty() || there.empty()) return false;
  if (!entry.starts_with("…") && !there.front().starts_with(wanted.front())) return false;
  std::size_t at = 0;
  for (const std::string& words : wanted) {
    at = message.find(words, at);
    if (at == std::string::npos) return false;
    at += words.size();
  }
  // Words with nothing open behind them are the whole message.
  return entry.ends_with("…") || message.substr(at).find_first_not_of(" …,") == std::string::npos;
}

/// The messages with which a point of a list begins: "- `one`, `two`: what to do".
std::vector<std::string> messages_of_point(const std::string& line) {
  std::vector<std::string> found;
  for (std::size_t at = line.starts_with("- `") ? 2 : line.size(); at < line.size() && line[at] == '`';) {
    const std::size_t end = line.find('`', at + 1);
    found.push_back(line.substr(at + 1, end - at - 1));
    at = line.compare(end + 1, 2, ", ") == 0 ? end + 3 : line.size();
  }
  return found;
}

std::vector<std::string> entries() {
  std::vector<std::string> all;
  for (const std::string& line : read_page(project_directory() / "docs/operations.md").lines)
    for (std::string& message : messages_of_point(line)) all.push_back(std::move(message));
  return all;
}

std::vector<std::string> texts_in(const std::string& source) {
  std::vector<std::string> texts;
  for (const auto& message : error_messages_in(source, "x.cpp")) texts.push_back(message.text);
  return texts;
}

}  // namespace

TEST_CASE("each message in docs/operations.md is one that belay prints") {
  auto known = error_messages();
  REQUIRE(known.size() >= 250);
  std::ranges::move(all_texts(), std::back_inserter(known));  // obstacles and warnings
  const auto all = entries();
  CHECK(all.size() >= 50);
  for (const std::string& entry : all)
    CHECK_MESSAGE(std::ranges::any_of(known, [&](const auto& message) { return means(entry, message.text); }),
                  "no text in src/ says: " << entry);
}

TEST_CASE("each message that belay prints has an entry in docs/operations.md") {
  const auto all = entries();
  for (const auto& message : error_messages())
    CHECK_MESSAGE(std::ranges::any_of(all, [&](const auto& entry) { return means(entry, message.text); }),
                  message.place << ": no entry in docs/operations.md for: " << message.text);
}

TEST_CASE("an entry is long enough to mean one message: it has two words, or is the whole message") {
  for (const std::string& entry : entries())
    CHECK_MESSAGE((!entry.contains("…") || std::ranges::any_of(words_between_gaps(entry),
                                                               [](const std::string& words) {
                                                                 return words.contains(' ') ||
                                                                        words.size() > 5;
                                                               })),
                  entry);
}

TEST_CASE("no entry stands twice in docs/operations.md") {
  std::set<std::string> seen;
  for (const std::string& entry : entries()) CHECK_MESSAGE(seen.insert(entry).second, entry);
}

TEST_CASE("the messages of a source file are found, with a gap where they are completed") {
  using Texts = std::vector<std::string>;
  CHECK(texts_in(R"(throw Error("it broke", "why");)") == Texts{"it broke"});
  CHECK(texts_in(R"(throw Error(fmt::format("no {} in {{{}}}", a, b), {});)") == Texts{"…no … in {…}…"});
  CHECK(texts_in(R"(throw system_error("cannot open " + path.string(), errno);)") == Texts{"cannot open …"});
  CHECK(texts_in(R"(throw Error(a.b ? "one" : fmt::format("two {}", c));)") == Texts{"one", "…two …"});
  CHECK(texts_in(R"(Error error("three" "four");)") == Texts{"threefour"});
  CHECK(texts_in(R"(make({"building " + names + " failed", "why"});)") == Texts{"building … failed"});
  CHECK(texts_in(R"(throw Error(what_failed); // Error("no")
                    const char quote = '"'; int n = 1'000; throw Error("five");)") == Texts{"five"});
}

TEST_CASE("all texts of a source file are found, whoever says them") {
  const auto found =
      all_texts_in(R"(say({"name", fmt::format("{} is of {}, and", a, b), one + " stays"});)", "x");
  std::vector<std::string> shown;
  for (const auto& one : found) shown.push_back(one.text);
  CHECK(shown == std::vector<std::string>{"name", "… is of …, and", "… stays"});
}

TEST_CASE("a point of the page may be for several messages") {
  using Texts = std::vector<std::string>;
  CHECK(messages_of_point("- `one`: try `two`, `three`") == Texts{"one"});
  CHECK(messages_of_point("- `one`, `two …`: try `three`") == Texts{"one", "two …"});
  CHECK(messages_of_point("Type `one`.") == Texts{});
}

TEST_CASE("an entry means the messages with its words in the same order, from the first word on") {
  CHECK(means("cannot open …", "…cannot open …"));
  CHECK(means("cannot connect to …: …", "…cannot connect to …: it does not answer…"));
  CHECK(means("stopped", "stopped"));
  CHECK(means("… has no service or container '…'", "… has no service or container '…'…"));
  CHECK_FALSE(means("stopped", "stopped while connecting to …"));
  CHECK_FALSE(means("cannot open …", "cannot write …"));
  CHECK(means("… failed", "building … failed"));
  CHECK_FALSE(means("open …", "cannot open …"));
  CHECK_FALSE(means("cannot read the answer", "cannot read the …"));
}
