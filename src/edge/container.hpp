#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "edge/place.hpp"
#include "edge/shape.hpp"
#include "edge/table.hpp"

namespace belay {

/// The container the edge runs in, and the directory it reads: Layout::edge(), in it the nonce of the attempt
/// that made it.

std::vector<docker::Container> edges_of(const docker::Engine&, const std::string& project);
/// The edge container that the attempt created, if any.
std::optional<docker::Container> edge_made_by(const docker::Engine&, const std::string& nonce);

std::filesystem::path edge_directory(const Layout&, const docker::Container& edge);
haproxy::Runtime runtime_of(const Layout&, const docker::Container& edge);

/// Tells edges apart by image, ports and networks. One of the same kind can stay: only its file changes.
std::string edge_kind(const EdgeShape&, const EdgeConfig&);

/// Writes HAProxy's file with these seats, if it differs; HAProxy checks it first. True if it was written.
/// Throws Error if HAProxy refuses it.
bool write_edge_file(const EdgePlace&, const docker::Container& edge, const EdgeShape&,
                     std::vector<haproxy::Backend> seated);
/// Records that HAProxy has loaded the file. Without the record the next attempt reloads it.
void edge_file_is_read(const Layout&, const docker::Container& edge);
/// HAProxy reloads its file; no connection is cut. Throws Error if it does not.
void reload_edge(const EdgePlace&, const docker::Container& edge);
/// Waits until only one HAProxy process runs, for the drain timeout at the most. After a reload the process
/// from before keeps its connections, and passes their requests to the containers it knew: none of those may
/// be stopped earlier.
void wait_for_one_worker(const EdgePlace&, const docker::Container& edge);

/// Creates (does not start) the edge's container, in front of `seated`. Pulls its image where it is missing.
void make_edge(const EdgePlace&, const EdgeShape&, std::vector<haproxy::Backend> seated);
/// Starts it if it does not run, and waits until it answers. Throws Error with its last log lines if it does
/// not.
void start_edge(const EdgePlace&, const docker::Container& edge);
/// Renames an edge that this attempt made to the name operators know.
void give_final_name(const EdgePlace&, const docker::Container& edge);

/// Removes what a process that was killed left in the edge's directory, beside what HAProxy reads.
void clear_edge_directory(const Layout&, const docker::Container& edge);

/// Throws Error if the edge does not answer.
EdgeTable table_of(const Layout&, const docker::Container& edge, EdgeShape);

}  // namespace belay
