#pragma once

#include <string>

#include "cli/context.hpp"
#include "importer/draft.hpp"
#include "importer/workflow.hpp"

namespace belay::cli {

/// `belay init` and the scripts that only a server has: with --from-server, or a yes on a terminal, reads
/// them there into the repository and drafts again, as long as what was read runs further ones. What cannot
/// be read is no failure: the draft says it.
importer::Draft with_server_scripts(importer::Repository&, importer::Draft, const importer::Answers&,
                                    const command::Init&, Context&);

/// Whether a person sits there who can answer.
bool can_ask(const Context&);
/// The line that is typed, without blanks around it.
std::string answer_to(Context&, const std::string& question);

}  // namespace belay::cli
