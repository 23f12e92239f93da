#pragma once

#include <optional>
#include <string>

#include "edge/container.hpp"
#include "edge/turn.hpp"
#include "steps/context.hpp"

namespace belay {

/// The edge of this attempt: what steps hand over to the edge room.

/// What is said there becomes output and progress of the step.
EdgePlace edge_place(const Context&, StepName = StepName::edge);

/// The edge container that this attempt created, if any.
std::optional<docker::Container> edge_made_by_this_attempt(const Context&);
/// The edge in front of the candidate: this attempt's own, or the one that stays.
std::optional<docker::Container> edge_of_this_attempt(const Context&);
/// The same; throws Error if it is gone.
docker::Container edge_in_front(const Context&);
/// What the edge in front of this attempt's release has to be.
EdgeShape edge_shape_of(const Context&);

/// Throws Error{bad_input} where a candidate, whose service stands behind an edge for the first time, listens
/// on ports that nothing names.
void require_named_ports(const Context&);

/// Whether the names of several services come to a new edge. A program may look one up at its start and never
/// again: the candidates start, or start once more, when the edge has the names.
bool names_move(const Context&);

/// Throws Error if the edge is gone or does not answer.
EdgeTurn edge_turn(const Context&, StepName);
/// Call it before the step tells the edge anything: without the note its undo turns nothing back.
void note_turn(Context&, StepName);
/// The edge looks for one that died no longer: then its death is what is thrown.
void open_candidates(Context&, const EdgeTurn&);
/// Blue-green's switch: the candidates run already.
void turn_the_edge(Context&);
/// Undoes what this step turned.
std::string turn_the_edge_back(Context&, StepName);

}  // namespace belay
