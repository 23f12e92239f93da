#include "model/push_trigger.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "base/hex.hpp"
#include "model/glob.hpp"

namespace belay {

namespace {

constexpr std::string_view heads = "refs/heads/", tags = "refs/tags/";

bool is_zero(const std::string& id) {
  return !id.empty() && id.find_first_not_of('0') == std::string::npos;
}

bool is_id(const std::string& id) {
  return (id.size() == 40 || id.size() == 64) && all_hex(id);
}

PushDecision no(std::string reason) {
  return {PushDecision::Answer::no, std::move(reason)};
}

/// What the lists say of the name alone: empty if the push counts, else why not.
std::string refused(const PushTrigger& trigger, const Push& push) {
  const bool branch = push.kind == Push::Kind::branch;
  const auto& counted = branch ? trigger.branches : trigger.tags;
  const auto& ignored = branch ? trigger.ignored_branches : trigger.ignored_tags;
  const bool others = branch ? !trigger.tags.empty() || !trigger.ignored_tags.empty()
                             : !trigger.branches.empty() || !trigger.ignored_branches.empty();
  const char* key = branch ? "branches" : "tags";
  if (!counted.empty())
    return matches_list(counted, push.name)
               ? ""
               : fmt::format("the {} is not among on.push.{}", push.shown(), key);
  if (!ignored.empty())
    return matches_list(ignored, push.name)
               ? fmt::format("the {} is among on.push.{}-ignore", push.shown(), key)
               : "";
  return others ? fmt::format("on.push names no {}", key) : "";
}

bool counts(const PushTrigger& trigger, const std::string& path) {
  if (!trigger.paths.empty()) return matches_list(trigger.paths, path);
  return !matches_list(trigger.ignored_paths, path);
}

}  // namespace

bool Push::deletes() const {
  return is_zero(after);
}

bool Push::creates() const {
  return is_zero(before);
}

std::string Push::shown() const {
  return (kind == Kind::tag ? "tag " : "branch ") + name;
}

std::expected<Push, std::string> read_push_of(const std::string& ref, const std::string& before,
                                              const std::string& after) {
  Push push{.name = ref, .before = before, .after = after};
  if (ref.starts_with(heads)) {
    push.name = ref.substr(heads.size());
  } else if (ref.starts_with(tags)) {
    push.kind = Push::Kind::tag;
    push.name = ref.substr(tags.size());
  } else if (ref.starts_with("refs/")) {
    return std::unexpected(fmt::format("{} is neither a branch nor a tag", ref));
  }
  if (push.name.empty()) return std::unexpected("the push names no branch or tag");
  if (!is_id(after)) return std::unexpected(fmt::format("'{}' is no full id of a commit", after));
  if (!before.empty() && !is_id(before))
    return std::unexpected(fmt::format("'{}' is no full id of a commit", before));
  return push;
}

PushDecision decide(const std::optional<PushTrigger>& trigger, const Push& push) {
  if (!trigger) return no("belay.yml has no on.push for it");
  if (push.deletes()) return no(fmt::format("the {} was deleted", push.shown()));
  if (std::string why = refused(*trigger, push); !why.empty()) return no(std::move(why));
  // Tags are made for a release, whatever they change: paths are for branches, as on GitHub.
  const bool by_paths =
      push.kind == Push::Kind::branch && (!trigger->paths.empty() || !trigger->ignored_paths.empty());
  return {by_paths ? PushDecision::Answer::ask_for_changes : PushDecision::Answer::yes,
          fmt::format("on.push takes the {}", push.shown())};
}

PushDecision decide_by_changes(const PushTrigger& trigger, const Push& push,
                               const std::vector<std::string>& changed, const std::string& serving) {
  const auto first = std::ranges::find_if(changed, [&](const auto& path) { return counts(trigger, path); });
  if (first != changed.end())
    return {PushDecision::Answer::yes,
            fmt::format("on.push takes the {}, and {} differs from {}, which serves", push.shown(), *first,
                        serving)};
  if (changed.empty()) return no(fmt::format("no file differs from {}, which serves", serving));
  return no(fmt::format("no file that on.push.{} takes differs from {}, which serves",
                        trigger.paths.empty() ? "paths-ignore" : "paths", serving));
}

}  // namespace belay
