#pragma once

#include <string>

#include "steps/context.hpp"

namespace belay {

/// One unit of a deployment. Both are idempotent: after a crash either may run again from the start, in
/// another process. apply throws Error; its return is one line for people. undo must cope with an apply that
/// got nowhere or anywhere.
struct Step {
  using Act = std::string (*)(Context&);
  Act apply;
  Act undo;
};

/// The step of that name. `commit` has none: it is a record, not an act. Nor have the hooks after the
/// outcome: saga/late_hooks runs them.
Step step_of(StepName);

namespace preflight {
std::string apply(Context&);
std::string undo(Context&);
}  // namespace preflight
namespace backup {
std::string apply(Context&);
std::string undo(Context&);
}  // namespace backup
namespace sync {
std::string apply(Context&);
std::string undo(Context&);
}  // namespace sync
namespace build {
std::string apply(Context&);
std::string undo(Context&);
}  // namespace build
namespace create {
std::string apply(Context&);
std::string undo(Context&);
}  // namespace create
namespace edge {
std::string apply(Context&);
std::string undo(Context&);
}  // namespace edge
namespace migrate {
std::string apply(Context&);
std::string undo(Context&);
}  // namespace migrate
/// The hooks of one point before the commit; see steps/hooks.hpp.
namespace hooks {
std::string apply_before_backup(Context&);
std::string apply_before_switch(Context&);
std::string apply_after_switch(Context&);
std::string undo(Context&);
}  // namespace hooks
namespace start {
std::string apply(Context&);
std::string undo(Context&);
}  // namespace start
namespace canary {
std::string apply(Context&);
std::string undo(Context&);
}  // namespace canary
namespace switch_over {
std::string apply(Context&);
std::string undo(Context&);
}  // namespace switch_over
namespace verify {
std::string apply(Context&);
std::string undo(Context&);
}  // namespace verify
namespace soak {
std::string apply(Context&);
std::string undo(Context&);
}  // namespace soak
namespace settle {
std::string apply(Context&);
/// Never called: after the commit there is only forward.
std::string undo(Context&);
}  // namespace settle

}  // namespace belay
