#include "host.hpp"

#include <algorithm>
#include <sstream>
#include <thread>

#include <boost/json.hpp>
#include <fmt/core.h>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/process.hpp"
#include "model/plan_json.hpp"

namespace belay::testing {
namespace {

std::string output_of(const std::vector<std::string>& argv) {
  return require_output({.argv = argv}, {}, Deadline::in(std::chrono::minutes(1)),
                        "a program that the test needs failed: " + argv.front());
}

std::vector<std::string> words_of(const std::vector<std::string>& argv) {
  std::istringstream stream(output_of(argv));
  std::vector<std::string> found;
  for (std::string word; stream >> word;) found.push_back(word);
  std::ranges::sort(found);
  return found;
}

void sweep(const std::vector<std::string>& list, std::vector<std::string> remove) {
  const auto found = words_of(list);
  if (found.empty()) return;
  remove.insert(remove.end(), found.begin(), found.end());
  capture({.argv = remove}, {}, Deadline::in(std::chrono::minutes(1)));
}

}  // namespace

void MemoryLedger::note(StepName step, const std::string& key, boost::json::value value) {
  notes_[{step, key}] = boost::json::serialize(value);
}

std::optional<boost::json::value> MemoryLedger::noted(StepName step, const std::string& key) const {
  const auto found = notes_.find({step, key});
  return found == notes_.end() ? std::nullopt : std::optional(boost::json::parse(found->second));
}

std::string Attempt::apply(StepName step) {
  try {
    auto summary = step_of(step).apply(*context);
    ledger.report_done(step);
    return summary;
  } catch (const Error&) {
    ledger.report_failed(step);
    throw;
  }
}

std::string Attempt::undo(StepName step) {
  return step_of(step).undo(*context);
}

void Attempt::apply_all(const std::vector<StepName>& steps) {
  for (const auto step : steps) apply(step);
}

void Attempt::die() {
  plan = value_of<Plan>(boost::json::parse(boost::json::serialize(object_of(plan))).as_object(), "plan");
  context.reset(new Context{.plan = plan,
                            .release = context->release,
                            .nonce = context->nonce,
                            .previous = context->previous,
                            .began = context->began,
                            .layout = context->layout,
                            .store = context->store,
                            .engine = docker::Engine::connect(),
                            .ledger = ledger,
                            .stop = {}});
}

Host::Host() : name_("belay-steps-" + random_nonce().substr(0, 6)) {
  engine.tag("busybox", name_, "latest");
  make_directories(layout().runs());
}

Host::~Host() {
  sweep({"docker", "ps", "--all", "--quiet", "--filter", "name=" + name_}, {"docker", "rm", "-f", "-v"});
  sweep({"docker", "network", "ls", "--quiet", "--filter", "name=" + name_}, {"docker", "network", "rm"});
  sweep({"docker", "images", "--format", "{{.Repository}}:{{.Tag}}", name_}, {"docker", "rmi", "-f"});
  sweep({"docker", "images", "--format", "{{.Repository}}:{{.Tag}}", "--filter",
         "reference=belay/kept:*-" + name_ + "-*"},
        {"docker", "rmi", "-f"});
}

std::string Host::compose(const std::string& script, const std::string& more) const {
  return fmt::format(
      "name: {0}\nservices:\n  web:\n    image: {0}\n    container_name: {0}\n    restart: always\n"
      "    stop_grace_period: 0s\n    command: [sh, -c, '{1}']\n{2}",
      name_, script, more);
}

std::unique_ptr<Attempt> Host::attempt(Plan plan) const {
  plan.environment.name = "production";
  plan.environment.path = live();
  plan.environment.compose = {"compose.yml"};
  plan.environment.services = {"web"};
  plan.environment.keep_releases = 2;
  plan.environment.health.interval = std::chrono::seconds(1);
  auto made = std::make_unique<Attempt>();
  made->plan = std::move(plan);
  made->context.reset(new Context{.plan = made->plan,
                                  .release = made->plan.release,
                                  .nonce = random_nonce(),
                                  .previous = store().current(),
                                  .began = now(),
                                  .layout = layout(),
                                  .store = store(),
                                  .engine = engine,
                                  .ledger = made->ledger,
                                  .stop = {}});
  return made;
}

std::unique_ptr<Attempt> Host::deploy(const std::string& release, const std::string& compose_file) const {
  make_directories(layout().source(release));
  write_file_atomically(layout().source(release) / "compose.yml", compose_file);
  return attempt({.app = "app", .environment = {}, .release = release});
}

std::unique_ptr<Attempt> Host::go_back_to(const std::string& release) const {
  return attempt({.kind = Plan::Kind::rollback, .app = "app", .environment = {}, .release = release});
}

std::unique_ptr<Attempt> Host::with_current_environment(const std::string& id,
                                                        const std::string& kept) const {
  return attempt(
      {.kind = Plan::Kind::redeploy, .app = "app", .environment = {}, .release = id, .code_of = kept});
}

std::string Host::by_hand(const std::vector<std::string>& compose_arguments) const {
  std::vector<std::string> argv{"docker",        "compose", "--project-directory",
                                live().string(), "--file",  (live() / "compose.yml").string()};
  argv.insert(argv.end(), compose_arguments.begin(), compose_arguments.end());
  return output_of(argv);
}

std::vector<std::string> Host::containers() const {
  return words_of({"docker", "ps", "--all", "--format", "{{.Names}}", "--filter", "name=" + name_});
}

std::string Host::id_of(const std::string& name) const {
  const auto found = engine.container_named(name);
  return found ? found->id : std::string{};
}

std::vector<std::string> Host::tags() const {
  auto tags = words_of({"docker", "images", "--format", "{{.Tag}}", name_});
  // belay keeps an image that others made under a name of its own.
  const auto ending = "-" + name_ + "-web";
  for (const auto& tag : words_of({"docker", "images", "--format", "{{.Tag}}", "belay/kept"}))
    if (tag.ends_with(ending)) tags.push_back(tag.substr(0, tag.size() - ending.size()));
  std::ranges::sort(tags);
  return tags;
}

std::vector<StepName> up_to(StepName last) {
  std::vector<StepName> steps;
  for (const auto step : {StepName::build, StepName::create, StepName::switch_over, StepName::verify}) {
    steps.push_back(step);
    if (step == last) break;
  }
  return steps;
}

bool eventually(const std::function<bool()>& holds) {
  const auto guard = Deadline::in(std::chrono::seconds(30));
  while (!guard.expired()) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

}  // namespace belay::testing
