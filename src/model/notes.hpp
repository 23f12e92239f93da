#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "model/accessory.hpp"
#include "model/journal_record.hpp"
#include "model/json_archive.hpp"
#include "model/plan_json.hpp"

/// What steps note in the journal: event::Noted's keys and values as types. They are a format on the disk;
/// docs/journal.md has a table of them.
namespace belay {

/// A container of the release before, or its edge, as a step found it.
struct PreviousContainer {
  std::string id, name, service;
  bool running = false;
  std::string restart_policy;
  int restart_maximum = 0;
};

void fields(auto& archive, Is<PreviousContainer> auto& container) {
  archive.required("id", container.id);
  archive.required("name", container.name);
  archive.required("service", container.service);
  archive.required("running", container.running);
  archive.required("restart_policy", container.restart_policy);
  archive.required("restart_maximum", container.restart_maximum);
}

/// A name of an image before it was pulled, and the image it led to; no id: there was none of that name.
struct ImageNameBefore {
  std::string image, id;
};

void fields(auto& archive, Is<ImageNameBefore> auto& before) {
  archive.required("image", before.image);
  archive("id", before.id);
}

/// A container that others removed while it was stopped, and the one that was made in its place.
struct RestoredContainer {
  std::string was, id;
};

void fields(auto& archive, Is<RestoredContainer> auto& restored) {
  archive.required("was", restored.was);
  archive.required("id", restored.id);
}

/// Files of the live directory that were not as the release before brought them, and were replaced.
struct KeptFiles {
  std::string directory;           // where they lie as they were
  std::vector<std::string> files;  // the first of them, relative to it and to the live directory
};

void fields(auto& archive, Is<KeptFiles> auto& kept) {
  archive.required("directory", kept.directory);
  archive.required("files", kept.files);
}

/// A tree that a step made of hard links to the files of a kept release.
struct LinkedSource {
  std::string release;  // whose files they are; empty: none were linked
  std::string mark;     // model/tree_listing.hpp; empty: not all could be looked at
};

void fields(auto& archive, Is<LinkedSource> auto& linked) {
  archive.required("release", linked.release);
  archive.required("mark", linked.mark);
}

/// Requests that the edge passed on to what serves; errors: answered with 5xx, or broken off.
struct Answers {
  std::int64_t requests = 0, errors = 0;
};

void fields(auto& archive, Is<Answers> auto& answers) {
  archive.required("requests", answers.requests);
  archive.required("errors", answers.errors);
}

/// A hook that failed without failing the deployment, in words.
struct FailedHook {
  std::string hook;  // where it ran and its command
  std::string why;   // how it ended, and its last lines
};

void fields(auto& archive, Is<FailedHook> auto& failed) {
  archive.required("hook", failed.hook);
  archive("why", failed.why);
}

/// Each note has its key, the steps that write it, and a value of any type that json_archive can store. To
/// add one: write its struct, put it into All, and describe it in docs/journal.md.
namespace notes {

/// The containers of the current release and its edge, as they were before anything was done.
struct ServedAtBegin {
  static constexpr std::string_view key = "served_at_begin";
  static constexpr std::array steps = {StepName::preflight};
  std::vector<PreviousContainer> value;
};

/// What the edge had counted of the current release then: how many errors are usual.
struct AnsweredAtBegin {
  static constexpr std::string_view key = "answered_at_begin";
  static constexpr std::array steps = {StepName::preflight};
  Answers value;
};

/// The dump that the deployment made.
struct BackupFile {
  static constexpr std::string_view key = "file";
  static constexpr std::array steps = {StepName::backup};
  std::string value;
};

/// What the new source directory holds before anything is sent: hard links to the files of the release
/// before, if the controller knows their times.
struct LinkedTree {
  static constexpr std::string_view key = "linked_tree";
  static constexpr std::array steps = {StepName::sync};
  LinkedSource value;
};

/// The source directory that rsync may link unchanged files from; empty: none.
struct LinkDestination {
  static constexpr std::string_view key = "link_destination";
  static constexpr std::array steps = {StepName::sync};
  std::string value;
};

/// What compose said of the release's compose files, such as a variable that is not set: for the report.
struct ComposeWarnings {
  static constexpr std::string_view key = "compose_warnings";
  static constexpr std::array steps = {StepName::build};
  std::vector<std::string> value;
};

/// The image tags that the build makes, in the order of `services:`.
struct FrozenImages {
  static constexpr std::string_view key = "images";
  static constexpr std::array steps = {StepName::build};
  std::vector<std::string> value;
};

/// The names that a pull may move or make.
struct ImageNames {
  static constexpr std::string_view key = "names";
  static constexpr std::array steps = {StepName::build};
  std::vector<ImageNameBefore> value;
};

/// The services whose registry was asked for their image.
struct AskedRegistries {
  static constexpr std::string_view key = "asked";
  static constexpr std::array steps = {StepName::build};
  std::vector<std::string> value;
};

/// The containers in whose place the candidate comes. Empty: nothing was there.
struct PreviousContainers {
  static constexpr std::string_view key = "previous_containers";
  static constexpr std::array steps = {StepName::create};
  std::vector<PreviousContainer> value;
};

/// The services of the release that run already as they are to run: no candidate is made for them.
struct UnchangedServices {
  static constexpr std::string_view key = "unchanged";
  static constexpr std::array steps = {StepName::create};
  std::vector<std::string> value;
};

/// The containers of those services.
struct UnchangedContainers {
  static constexpr std::string_view key = "unchanged_containers";
  static constexpr std::array steps = {StepName::create};
  std::vector<PreviousContainer> value;
};

/// How many containers the attempt makes for the release. So many have to be there until the commit.
struct ContainersToMake {
  static constexpr std::string_view key = "containers";
  static constexpr std::array steps = {StepName::create};
  int value = 0;
};

/// The services a published port of which accepted while the release before served: it has to again.
struct AcceptingServices {
  static constexpr std::string_view key = "accepting";
  static constexpr std::array steps = {StepName::create};
  std::vector<std::string> value;
};

/// The services that are not released and run otherwise than the release's compose model and files say: for
/// the report.
struct StaleAccessories {
  static constexpr std::string_view key = "stale_accessories";
  static constexpr std::array steps = {StepName::create};
  std::vector<StaleAccessory> value;
};

/// Files of the live directory, relative to it, whose content was committed once: a release's, not the
/// server's.
struct CommittedBefore {
  static constexpr std::string_view key = "committed_before";
  static constexpr std::array steps = {StepName::create};
  std::vector<std::string> value;
};

/// The edge in front of the release before; the first counts.
struct PreviousEdge {
  static constexpr std::string_view key = "previous_edge";
  static constexpr std::array steps = {StepName::create};
  std::vector<PreviousContainer> value;
};

/// The id under which a release that belay did not deploy was adopted: it is the previous release from now
/// on.
struct AdoptedRelease {
  static constexpr std::string_view key = "previous";
  static constexpr std::array steps = {StepName::create};
  std::string value;
};

/// The id of the edge's container that stays, in front of the candidate too.
struct EdgeStays {
  static constexpr std::string_view key = "stays";
  static constexpr std::array steps = {StepName::edge};
  std::string value;
};

/// The step tells the edge who gets requests: its undo turns the edge back.
struct EdgeTurns {
  static constexpr std::string_view key = "turns";
  static constexpr std::array steps = {StepName::canary, StepName::switch_over};
  bool value = true;
};

/// The switch stops what serves: its undo starts that again.
struct CurrentStops {
  static constexpr std::string_view key = "stops";
  static constexpr std::array steps = {StepName::switch_over};
  bool value = true;
};

/// These containers were made again: by the undo those of the release before, by settle the candidate's.
struct RestoredContainers {
  static constexpr std::string_view key = "restored";
  static constexpr std::array steps = {StepName::switch_over, StepName::settle};
  std::vector<RestoredContainer> value;
};

/// How verify found the release healthy: a sentence for people.
struct HealthFinding {
  static constexpr std::string_view key = "checked";
  static constexpr std::array steps = {StepName::verify};
  std::string value;
};

/// The candidate's containers, noted before the commit. `running` is false if one has done its work, and need
/// not be there.
struct Candidates {
  static constexpr std::string_view key = "candidates";
  static constexpr std::array steps = {StepName::settle};
  std::vector<PreviousContainer> value;
};

/// Every candidate was started, and has its restart policy. One that is off later was stopped by others.
struct CandidatesStarted {
  static constexpr std::string_view key = "started";
  static constexpr std::array steps = {StepName::settle};
  bool value = true;
};

/// The failed release is not undone (`rollback: off`): recovery settles it.
struct LeftInPlace {
  static constexpr std::string_view key = "left_in_place";
  static constexpr std::array steps = {StepName::settle};
  bool value = true;
};

/// For the report.
struct ReplacedEdits {
  static constexpr std::string_view key = "replaced_edits";
  static constexpr std::array steps = {StepName::settle};
  KeptFiles value;
};

/// The hooks of the step that failed without failing it: for the report.
struct FailedHooks {
  static constexpr std::string_view key = "failed_hooks";
  static constexpr std::array steps = {StepName::before_backup,  StepName::before_switch,
                                       StepName::after_switch,   StepName::after_commit,
                                       StepName::after_rollback, StepName::on_failure};
  std::vector<FailedHook> value;
};

using All =
    std::tuple<ServedAtBegin, AnsweredAtBegin, BackupFile, LinkDestination, LinkedTree, ComposeWarnings,
               FrozenImages, ImageNames, AskedRegistries, PreviousContainers, UnchangedServices,
               UnchangedContainers, ContainersToMake, AcceptingServices, StaleAccessories, CommittedBefore,
               PreviousEdge, AdoptedRelease, EdgeStays, EdgeTurns, CurrentStops, RestoredContainers,
               HealthFinding, Candidates, CandidatesStarted, LeftInPlace, ReplacedEdits, FailedHooks>;

}  // namespace notes

template <class T>
concept Note = requires(T note) {
  { T::key } -> std::convertible_to<std::string_view>;
  T::steps.size();
  note.value;
};
/// Written by one step only, which need not be named then.
template <class T>
concept NoteOfOneStep = Note<T> && T::steps.size() == 1;

template <Note N>
event::Noted noted_event(StepName step, const N& note) {
  return {.step = step, .key = std::string(N::key), .value = JsonWriter::json_of(note.value)};
}
template <NoteOfOneStep N>
event::Noted noted_event(const N& note) {
  return noted_event(N::steps.front(), note);
}

/// The note, if the record is one of this kind, by this step. Throws Error if its value is of another type.
template <Note N>
std::optional<N> note_in(const event::Noted& noted, StepName step) {
  if (noted.step != step || noted.key != N::key) return std::nullopt;
  N note;
  JsonReader::read(noted.value, "the note " + to_string(step) + "." + noted.key, note.value);
  return note;
}
template <NoteOfOneStep N>
std::optional<N> note_in(const event::Noted& noted) {
  return note_in<N>(noted, N::steps.front());
}

}  // namespace belay
