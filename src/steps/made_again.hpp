#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "model/release.hpp"
#include "steps/context.hpp"

namespace belay {

/// Others may remove a container while it is stopped (`docker container prune`). What a run still needs is
/// kept beforehand, and made again.

/// Keeps what these containers are made of, beside what is kept already. Containers that did not run are left
/// out. Returns the ids of all that are kept.
std::vector<std::string> keep_bodies(const Context&,
                                     const std::vector<std::vector<PreviousContainer>>& containers);

/// Makes each container again that ran and is gone, and sets its new id. `release` is the release whose
/// containers these are. Containers of which nothing was kept stay gone. Throws Error if one cannot be made;
/// those before it are made and noted.
void make_lost_ones_again(Context&, StepName, const std::string& release,
                          std::vector<PreviousContainer>& containers);

/// Call it before the commit: from there on these containers are what has to serve. Keeps what the candidates
/// are made of, and notes them. Returns how many of them are there.
std::size_t keep_candidates(Context&, const Release&);
/// Makes the candidates again that others removed since. They are not started.
void make_lost_candidates_again(Context&, const Release&);
/// Throws Error if one of the noted candidates is gone.
void require_kept_candidates(const Context&, const Release&);

}  // namespace belay
