#include "runs.hpp"

namespace belay::testing {

Environment::Environment() {
  make_directories(layout.runs());
}

Journal Environment::begin(const std::string& run, const std::vector<Event>& events) const {
  make_directories(layout.run(run));
  auto journal = Journal::create(layout.journal(run));
  journal.append(opened(run));
  for (const auto& event : events) journal.append(event);
  return journal;
}

std::string Environment::damage(const std::string& run) const {
  const auto file = layout.journal(run);
  auto content = read_file(file);
  content[content.find("step-began")] ^= 1;
  write_file_atomically(file, content);
  return content;
}

event::Opened opened(const std::string& run) {
  event::Opened event{.run = run, .nonce = "n-" + run, .previous = "r0", .belay_version = "test"};
  event.plan.app = "shop";
  event.plan.release = run;
  event.plan.environment.name = "production";
  event.plan.environment.path = "/srv/shop";
  event.plan.steps = {StepName::preflight, StepName::sync, StepName::commit, StepName::settle};
  return event;
}

}  // namespace belay::testing
