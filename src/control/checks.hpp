#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "control/findings.hpp"
#include "control/host_key.hpp"
#include "drivers/git_submodules.hpp"
#include "drivers/program.hpp"
#include "model/config.hpp"
#include "model/host_facts.hpp"
#include "model/journal_record.hpp"

namespace belay {

/// What `check` makes of facts: pure, one function for each thing looked at.

// The oldest versions belay is made for, and why.
inline constexpr const char* docker_needed = "20.10";  // its API 1.41 is what belay speaks to the Engine
inline constexpr const char* compose_needed =
    "2.20";                                         // resolves a model as JSON, and creates beside what runs
inline constexpr const char* rsync_needed = "3.1";  // tells the progress of the whole transfer

// What compose itself asks of its builder, since when.
inline constexpr const char* compose_with_buildx = "2.40";
inline constexpr const char* buildx_needed = "0.17";

/// A key that was believed: pinned, or known; and then the line that pins it.
Finding checked_host_key(const KeyOfHost&);
Finding checked_docker(const HostFacts&);
Finding checked_compose(const HostFacts&);
/// The builder of a host that is to build. Empty: the project builds nothing, or nothing is known against the
/// builder.
std::optional<Finding> checked_buildx(const HostFacts&);
/// `where` is "here" or the host.
Finding checked_rsync(const std::string& version, const std::string& where);
Finding checked_path(const HostFacts&, const std::filesystem::path&);
/// The floor is 512 MB and three times the source: its copy, the build context, the image's new layers.
Finding checked_disk(const HostFacts&, std::uint64_t source_bytes);
/// `skew`: the host's clock less ours; `uncertain`: how long the question was under way.
Finding checked_clock(std::chrono::milliseconds skew, std::chrono::milliseconds uncertain);
/// What compose makes of the project: whether it can be released, and whose containers are in the way. One
/// finding for each cause.
std::vector<Finding> checked_project(const ProjectFacts&);
/// None where an obstacle says it.
std::optional<Finding> checked_ports(const ProjectFacts&);
Finding checked_backup(const HostFacts&, const PostgresBackup&);
std::optional<Finding> checked_login(const HostFacts&);
Finding checked_boot_recovery(const HostFacts&, const std::string& environment);
Finding checked_releases(const HostFacts&);
/// "it speaks HTTP on 80, 8080": the published ports that the edge takes for HTTP's. Empty: none is known.
std::string http_at_edge(const HostFacts&, const EdgeConfig&);
/// Only what was asked for: none without an edge, or where it ends no TLS.
std::vector<Finding> checked_edge(const HostFacts&, const EdgeConfig&);
/// Pointers of git-lfs and submodules that would be shipped and whose contents are not here.
Finding checked_pointers(const std::vector<std::string>& pointers);
Finding checked_submodules(const std::vector<git::AbsentSubmodule>&);
/// Of what hidden_files() says those that the words of a failure name, as programs write it: with or without
/// the suffix, with the directory at least ("./uploads/limits.js" is src/uploads/limits.ts). Pure.
std::vector<std::string> named_in_failure(const std::vector<std::string>& files, const event::StepFailed&);

/// `edited`: what ask_what_was_edited() says.
Finding checked_edits(const std::vector<std::string>& edited);
/// All that `check` and `plan` hold against a host in the same way. A deployment to a host with a problem
/// among these would end before anything is touched.
std::vector<Finding> checked_host(const EnvironmentConfig&, const HostFacts&, std::uint64_t source_bytes);

/// `hidden`: what hidden_files() says.
Finding checked_excludes(const std::vector<std::string>& hidden);

}  // namespace belay
