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

/// Those that Compose puts on what it makes, and tells it by (docker/compose, pkg/api/labels.go).
namespace belay::compose_label {

inline constexpr auto project = "com.docker.compose.project";
inline constexpr auto directory = "com.docker.compose.project.working_dir";
inline constexpr auto config_files = "com.docker.compose.project.config_files";
inline constexpr auto service = "com.docker.compose.service";
inline constexpr auto number = "com.docker.compose.container-number";
inline constexpr auto oneoff = "com.docker.compose.oneoff";  // "True": of `docker compose run`
/// Compose puts it on its containers, and newer ones on networks and volumes. An image that Compose built has
/// the project's label, too, and gives it to every container made of it by hand: this one tells them apart.
inline constexpr auto config_hash = "com.docker.compose.config-hash";
inline constexpr auto depends_on = "com.docker.compose.depends_on";
inline constexpr auto image = "com.docker.compose.image";
inline constexpr auto network = "com.docker.compose.network";  // its key in the compose file

}  // namespace belay::compose_label
