#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "model/config.hpp"

namespace belay {

/// One reference that was pushed.
struct Push {
  enum class Kind { branch, tag };
  Kind kind = Kind::branch;
  std::string name;           // main, v1.2
  std::string before, after;  // ids of commits; before may be empty, and all zeros mean: there is none
  bool deletes() const;
  bool creates() const;
  /// "branch main", "tag v1.2".
  std::string shown() const;
};

/// Reads refs/heads/main, refs/tags/v1, or a branch's name. Returns a message if this names nothing that an
/// environment can be deployed from (refs/notes/…), or if an id is none.
std::expected<Push, std::string> read_push_of(const std::string& ref, const std::string& before,
                                              const std::string& after);

/// Whether a push concerns an environment, and why.
struct PushDecision {
  enum class Answer { no, yes, ask_for_changes };  // ask_for_changes: decide_by_changes() decides
  Answer answer = Answer::no;
  std::string reason;  // goes on after "production: "
};
PushDecision decide(const std::optional<PushTrigger>&, const Push&);

/// `changed`: the files that differ between the commit that serves, `serving`, and the one that was pushed.
PushDecision decide_by_changes(const PushTrigger&, const Push&, const std::vector<std::string>& changed,
                               const std::string& serving);

}  // namespace belay
