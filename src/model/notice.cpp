#include "model/notice.hpp"

#include <fmt/core.h>

#include "base/human.hpp"
#include "base/time.hpp"
#include "model/utf8.hpp"
#include "model/visible_text.hpp"

namespace belay {

namespace {

/// One line, with nothing in it that a screen would act on.
std::string one_line(const std::string& text) {
  constexpr std::size_t most_bytes = 400;
  auto line = visible_text(text.substr(0, text.find('\n')));
  if (line.size() > most_bytes) line = valid_utf8(line.substr(0, most_bytes)) + " …";
  return line;
}

std::string commit_text(const Commit& commit) {
  if (commit.id.empty()) return {};
  return fmt::format("{}{} {}{}", commit.dirty ? "a working tree, based on " : "", commit.abbreviated(),
                     commit.subject, commit.branch.empty() ? "" : " (" + commit.branch + ")");
}

}  // namespace

std::string at_most(const std::string& text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  std::size_t end = bytes - std::string_view("…").size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

bool is_of(const Notice& notice, NoticeEvent event) {
  switch (notice.outcome) {
    case Notice::Outcome::deployed:
      return event == NoticeEvent::success;
    case Notice::Outcome::rolled_back:
      return event == NoticeEvent::rollback;
    case Notice::Outcome::frozen:
      return event == NoticeEvent::frozen;
    case Notice::Outcome::test:
      return true;
    case Notice::Outcome::begun:
    case Notice::Outcome::called_off:
      return false;
    default:
      return event == NoticeEvent::failure;
  }
}

bool is_news(const Notice& notice) {
  return notice.outcome != Notice::Outcome::begun && notice.outcome != Notice::Outcome::called_off;
}

bool is_good(const Notice& notice) {
  return notice.outcome == Notice::Outcome::deployed || notice.outcome == Notice::Outcome::rolled_back ||
         notice.outcome == Notice::Outcome::test;
}

std::string headline(const Notice& notice) {
  const auto app = one_line(notice.app), where = one_line(notice.environment);
  const std::string_view command = notice.rollback ? "rollback" : "deployment",
                         on = notice.rollback ? "on" : "to";
  const auto failed = fmt::format("the {} of {} {} {} failed", command, app, on, where);
  switch (notice.outcome) {
    case Notice::Outcome::begun:
      return fmt::format("{} is being deployed to {}", app, where);
    case Notice::Outcome::deployed:
      return fmt::format("{} was deployed to {}", app, where);
    case Notice::Outcome::rolled_back:
      return fmt::format("{} was rolled back on {}", app, where);
    case Notice::Outcome::went_back:
      return failed + "; the release from before serves";
    case Notice::Outcome::nothing_serves:
      return failed + ", and nothing good serves";
    case Notice::Outcome::left_in_place:
      return failed + " and was left in place (rollback: false)";
    case Notice::Outcome::not_begun:
      return failed + " before the server was touched";
    case Notice::Outcome::unknown:
      return fmt::format("belay does not know how the {} of {} {} {} ended", command, app, on, where);
    case Notice::Outcome::called_off:
      return fmt::format("the {} of {} {} {} did not take place", command, app, on, where);
    case Notice::Outcome::frozen:
      return fmt::format("a freeze refused the deployment of {} to {}", app, where);
    case Notice::Outcome::test:
      break;
  }
  return fmt::format("a test notice for {} on {}", app, where);
}

std::vector<std::pair<std::string, std::string>> facts_of(const Notice& notice) {
  std::vector<std::pair<std::string, std::string>> facts;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) facts.emplace_back(name, one_line(value));
  };
  add("failed", notice.failure);
  add("serves", notice.release);
  add("candidate", notice.candidate);
  add("commit", commit_text(notice.commit));
  add("by", notice.by.user.empty() ? "" : notice.by.shown());
  add("reason", notice.reason);
  add("took", notice.took.count() == 0 ? "" : human_duration(notice.took));
  add("url", notice.url);
  add("run", notice.run);
  return facts;
}

std::string plain_text(const Notice& notice) {
  std::string text = headline(notice) + "\n";
  for (const auto& [name, value] : facts_of(notice)) text += fmt::format("\n{}: {}", name, value);
  return text + "\n";
}

}  // namespace belay
