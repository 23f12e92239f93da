#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/background.hpp"
#include "release/live_files.hpp"
#include "steps/context.hpp"

namespace belay {

/// What this attempt publishes in the live directory, and when.
///
/// A mount of the live directory shows its files to containers: they change between the stop of the old
/// release and the start of the new one (at the switch), so that each release sees its own. The other files
/// change at settle.

/// The resolved model as the release keeps it, with the live directory's paths; a release of an older belay,
/// or an adopted one, may have none.
boost::json::object kept_model(const Context&, const std::string& release);
/// The files that the release before brought; empty: nothing tells.
std::filesystem::path source_before(const Context&);
/// What publishing would change now.
Publication publication_of(const Context&);
/// What containers of this model may write to below the live directory, relative to it.
std::vector<std::string> written_by_containers(const std::filesystem::path& live,
                                               const boost::json::object& model);
/// What containers of the project mount out of the live directory, relative to it.
std::vector<std::string> mounted_paths(const Context&);

/// The services that mount a file by itself which this publication changes, and that file. Another file takes
/// its place: a container that goes on running still sees the one of before, as after rsync or git.
std::map<std::string, std::string> changed_files_of_services(const Context&, const Publication&);

/// The look through the whole live directory, which goes on beside whoever began it. Nothing: the release has
/// no files.
using LookAtLive = std::optional<Beside<ComparedDirectories>>;
LookAtLive begin_look_at_live(const Context&);
/// Before anything is published: takes what that look found. What publishing would change
/// then is kept in the context, and those paths alone are looked at again. Which files that a container may
/// write to are an older commit's all the same is asked of the controller, who has the repository, where no
/// release before tells. Without an answer they are the server's.
/// A deployment throws Error{bad_input} here if its user may not put the release's files there.
void begin_publication(Context&, LookAtLive);
/// Before anything is made of the release: throws Error{bad_input} where it would replace a .env (or a file
/// of `env_files:`) that is the server's own, with the secrets that it may hold. The server's is one that no
/// release brought and whose content was never committed.
void require_variables_may_be_replaced(Context&);
/// Says which files of the live directory are replaced though somebody edited them since the release before.
void tell_what_was_edited(Context&, const Publication&);
/// Before candidates are created: what they mount and the live directory does not have yet. Docker would
/// refuse the mount, or make an empty directory in its place. Into a directory that was emptied come all
/// files.
void publish_missing_mounts(Context&, const Publication&);
/// At the switch: what containers mount.
void publish_mounted_files(Context&);
/// At settle: the rest. Says what is kept as the server's, and keeps what was edited and replaced.
void publish_the_rest(Context&);
/// Brings the live directory back to what it was before this attempt.
void unpublish_all(Context&);

}  // namespace belay
