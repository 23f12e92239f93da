#pragma once

#include <array>

#include "model/hook.hpp"
#include "model/json_archive.hpp"

/// How a hook travels in a plan.
namespace belay {

constexpr auto enum_names(Hook::At) {
  using enum Hook::At;
  return std::to_array<std::pair<Hook::At, std::string_view>>({{before_backup, "before_backup"},
                                                               {before_switch, "before_switch"},
                                                               {after_switch, "after_switch"},
                                                               {after_commit, "after_commit"},
                                                               {after_rollback, "after_rollback"},
                                                               {on_failure, "on_failure"}});
}

/// `container` has no name in belay.yml: there `in: SERVICE` says it.
constexpr auto enum_names(Hook::Where) {
  using enum Hook::Where;
  return std::to_array<std::pair<Hook::Where, std::string_view>>(
      {{container, "container"}, {host, "host"}, {controller, "controller"}});
}

void fields(auto& archive, Is<Hook> auto& hook) {
  archive.required("at", hook.at);
  archive.required("where", hook.where);
  archive("service", hook.service);
  archive("command", hook.command);
  archive("words", hook.words);
  archive("timeout", hook.timeout);
  archive("required", hook.required);
}

}  // namespace belay
