#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "steps/context.hpp"
#include "edge/shape.hpp"
#include "edge/table.hpp"

namespace belay {

/// The container the edge runs in, and the directory it reads: .belay/edge/<nonce of the attempt that made
/// it>.

std::vector<docker::Container> edges_of(const docker::Engine&, const std::string& project);

/// Of the attempt's own: empty where it made none.
std::optional<docker::Container> edge_made_by_this_attempt(const Context&);
/// The one in front of what this attempt brings in: its own, or the one that stays.
std::optional<docker::Container> edge_of_this_attempt(const Context&);
/// The same; throws Error where it is gone.
docker::Container edge_in_front(const Context&);

std::filesystem::path edge_directory(const Layout&, const docker::Container& edge);
haproxy::Runtime runtime_of(const Layout&, const docker::Container& edge);

/// What the edge in front of this attempt's release has to be.
EdgeShape edge_shape_of(const Context&);

/// Two edges of one kind can be exchanged for each other without anybody noticing: image, ports, networks.
std::string edge_kind(const EdgeShape&, const EdgeConfig&);

/// Writes the file with these seats, if it says anything else; has HAProxy itself check it first. True if it
/// was written.
bool write_edge_file(Context&, const docker::Container& edge, const EdgeShape&,
                     std::vector<haproxy::Backend> seated);
/// What runs is what the file says; until this is told, the next attempt has it read again.
void edge_file_is_read(const Context&, const docker::Container& edge);
/// Has the running one read its file anew; nobody is cut off.
void reload_edge(Context&, const docker::Container& edge);
/// The process from before goes on with the connections it has, and hands their requests to whom it knew:
/// until it has ended (after the drain timeout it does) nobody whom it knew may be stopped.
void wait_for_one_worker(Context&, const docker::Container& edge);

/// Creates (does not start) it, in front of `seated`.
void make_edge(Context&, const EdgeShape&, std::vector<haproxy::Backend> seated);

/// Starts it where it does not run, and waits until it answers.
void start_edge(const Context&, const docker::Container& edge);

/// Of an edge that this attempt made.
void give_final_name(const Context&, const docker::Container& edge);

/// What a process that was killed left in its directory beside what HAProxy reads.
void clear_edge_directory(const Context&, const docker::Container& edge);

/// Throws Error where it does not answer.
EdgeTable table_of(const Context&, const docker::Container& edge, EdgeShape);

}  // namespace belay
