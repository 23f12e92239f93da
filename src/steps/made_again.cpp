#include "steps/made_again.hpp"

#include <algorithm>
#include <ranges>

#include <boost/json.hpp>
#include <fmt/core.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "runtime/compose_model.hpp"
#include "runtime/lost_container.hpp"

namespace belay {

namespace json = boost::json;

namespace {

json::object kept_bodies(const Context& context) {
  const auto text = read_file_if_exists(context.layout.kept_bodies(context.run));
  return text ? json::parse(*text).as_object() : json::object{};
}

/// What a container was before it was made again, as often as it was.
std::string first_id(const std::vector<RestoredContainer>& restored, std::string id) {
  for (const auto& again : restored | std::views::reverse)
    if (again.id == id) id = again.was;
  return id;
}

/// By each id that a container had, the one it has now.
std::map<std::string, std::string> renewed_ids(const std::vector<RestoredContainer>& restored) {
  std::map<std::string, std::string> renewed;
  for (const auto& [was, id] : restored) {
    for (auto& [before, now] : renewed)
      if (now == was) now = id;
    renewed[was] = id;
  }
  return renewed;
}

std::vector<RestoredContainer> restored_by(const Context& context, StepName step) {
  return noted<notes::RestoredContainers>(context.ledger, step).value_or(notes::RestoredContainers{}).value;
}

/// Configs and secrets that are no files lie in the container itself.
void put_injected_files(const Context& context, const std::string& release, const std::string& service,
                        const std::string& id) {
  const auto kept = context.store.find(release);
  if (!kept) return;
  const auto known = std::ranges::find(kept->services, service, &ReleasedService::name);
  if (known == kept->services.end()) return;
  for (const auto& file : known->injected)
    context.engine.put_file(id, {file.target, file.text, file.mode, file.uid, file.gid});
}

/// The id of the container with this name: of the one that is there, which a process may have made that died
/// before its note, or of one made again from `body`. Empty: it is gone, and nothing was kept of it.
std::string found_or_made_again(Context& context, StepName step, const std::string& name,
                                const json::value* body, const std::map<std::string, std::string>& renewed) {
  if (const auto there = context.engine.container_named(name)) return there->id;
  if (!body) return {};
  context.ledger.output(step, name + " was removed, but not by belay: belay makes it again");
  return make_again(context.engine, name, body->as_object(), renewed);
}

/// Whether another container has the name that this candidate was to have: somebody ran `docker compose up`
/// after the run was closed with something unfinished.
bool was_replaced(const Context& context, const Release& release, const PreviousContainer& candidate) {
  for (const auto& service : release.services)
    for (const auto& name : service.container_names) {
      if (candidate_name(name, context.nonce) != candidate.name) continue;
      const auto there = context.engine.container_named(name);
      const auto previous = previous_containers(context);
      return there && std::ranges::find(previous, there->id, &PreviousContainer::id) == previous.end();
    }
  return false;
}

/// The noted candidates that are gone, with the ids that they had last.
std::vector<PreviousContainer> lost_candidates(const Context& context, const Release& release) {
  auto lost = noted<notes::Candidates>(context.ledger).value_or(notes::Candidates{}).value;
  const auto renewed = renewed_ids(restored_by(context, StepName::settle));
  const auto there = candidates_of(context, release);
  std::erase_if(lost, [&](PreviousContainer& one) {
    if (const auto again = renewed.find(one.id); again != renewed.end()) one.id = again->second;
    return !one.running || std::ranges::find(there, one.id, &docker::Container::id) != there.end();
  });
  std::erase_if(lost, [&](const PreviousContainer& one) { return was_replaced(context, release, one); });
  return lost;
}

}  // namespace

std::vector<std::string> keep_bodies(const Context& context,
                                     const std::vector<std::vector<PreviousContainer>>& containers) {
  auto bodies = kept_bodies(context);  // what was lost since keeps its own
  for (const auto& some : containers)
    for (const auto& container : some) {
      if (!container.running) continue;
      if (const auto inspection = context.engine.inspect(container.id))
        bodies[container.id] = body_to_make_again(context.engine, *inspection);
    }
  write_file_atomically(context.layout.kept_bodies(context.run), json::serialize(bodies), 0600);
  std::vector<std::string> ids;
  for (const auto& [id, body] : bodies) ids.emplace_back(id);
  return ids;
}

void make_lost_ones_again(Context& context, StepName step, const std::string& release,
                          std::vector<PreviousContainer>& containers) {
  notes::RestoredContainers restored{restored_by(context, step)};
  const auto bodies = kept_bodies(context);
  for (auto& container : containers) {
    if (!container.running || context.engine.inspect(container.id)) continue;
    const auto* body = bodies.if_contains(first_id(restored.value, container.id));
    const auto id = found_or_made_again(context, step, container.name, body, renewed_ids(restored.value));
    if (id.empty()) continue;
    put_injected_files(context, release, container.service, id);
    restored.value.push_back({container.id, id});
    note(context.ledger, step, restored);
    container.id = id;
  }
}

std::size_t keep_candidates(Context& context, const Release& release) {
  const auto candidates = candidates_of(context, release);
  const auto one_shot = may_end(candidates, release);
  notes::Candidates noted;
  for (const auto& candidate : candidates) {
    const bool may_be_gone = !candidate.on() && std::ranges::find(one_shot, candidate.id) != one_shot.end();
    noted.value.push_back({.id = candidate.id,
                           .name = candidate.name,
                           .service = service_of(candidate),
                           .running = !may_be_gone});
  }
  const auto kept = keep_bodies(context, {noted.value});
  std::erase_if(noted.value, [&](const PreviousContainer& one) {
    return one.running && std::ranges::find(kept, one.id) == kept.end();
  });
  note(context.ledger, noted);
  return noted.value.size();
}

void make_lost_candidates_again(Context& context, const Release& release) {
  auto lost = lost_candidates(context, release);
  if (!lost.empty()) make_lost_ones_again(context, StepName::settle, release.id, lost);
}

void require_kept_candidates(const Context& context, const Release& release) {
  const auto lost = lost_candidates(context, release);
  if (!lost.empty())
    throw Error("container " + lost.front().name + " is gone", "others removed it after the commit",
                "deploy again");
}

}  // namespace belay
