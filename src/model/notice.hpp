#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "model/release.hpp"

namespace belay {

/// What became of a command, for people who did not watch it. The one text model of all targets of `notify`:
/// each form (model/notice_form.hpp) writes it in its own markup.
struct Notice {
  enum class Outcome {
    begun,           // the commit that is deployed is known
    deployed,        // a new release serves
    rolled_back,     // as asked: an older one serves
    went_back,       // failed; the release from before serves
    nothing_serves,  // failed, and nothing good serves
    left_in_place,   // failed, and left as it is (rollback: false)
    not_begun,       // failed before the host began: tests, connection …
    unknown,         // belay lost sight of it
    called_off,      // stopped, or refused for a reason that concerns only who typed the command
    frozen,          // refused by a freeze
    test             // belay notify test
  };

  Outcome outcome = Outcome::test;
  std::string app, environment;
  bool rollback = false;    // the command was one
  std::string release{};    // that serves now; empty: none that is known
  std::string candidate{};  // that did not come
  Commit commit{};
  Author by{};
  std::string reason{};   // of a deployment, or the freeze that refused it
  std::string failure{};  // the first line of what failed
  std::string url{};      // where people reach the application
  std::string run{};
  std::chrono::milliseconds took{};  // zero: unknown
  Time at{};
};

/// What `on` of a target may name.
enum class NoticeEvent { success, failure, rollback, frozen };
/// Of a test: every one. Of what is no news to people (a beginning, a command called off): none.
bool is_of(const Notice&, NoticeEvent);
/// Whether people are told: else it is only for who keeps a state of each commit.
bool is_news(const Notice&);
/// Whether what was asked for is done.
bool is_good(const Notice&);

/// "crm was deployed to production": one sentence, without its full stop.
std::string headline(const Notice&);
/// What stands below it: names and values, none of them empty, each one line.
std::vector<std::pair<std::string, std::string>> facts_of(const Notice&);
/// No longer than so many bytes, and not cut in the middle of a character.
std::string at_most(const std::string& text, std::size_t bytes);
/// headline() and facts_of() as plain text of several lines.
std::string plain_text(const Notice&);

}  // namespace belay
