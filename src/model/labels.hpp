#pragma once

/// The labels belay puts on the containers it makes.
namespace belay::label {

inline constexpr auto nonce = "belay.nonce";
inline constexpr auto release = "belay.release";
inline constexpr auto role = "belay.role";            // "candidate", "migration" or "edge"
inline constexpr auto host = "belay.host";            // the container's name for the edge in front of it
inline constexpr auto kind = "belay.kind";            // of an edge: what it is made of
inline constexpr auto published = "belay.published";  // ports it would publish itself: ["3001->3000/tcp"]

}  // namespace belay::label
