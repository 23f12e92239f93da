#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

namespace belay::compose {

/// The hash of a service with `label_file` (Compose 2.33 and newer). `docker compose up` counts the names of
/// the files as well as their labels; `config` and `config --hash` take the names out of the model.

/// Where a resolved model keeps the names that `config` takes out. Compose ignores keys that begin with x-.
inline constexpr auto label_files_key = "x-belay-label-files";

/// By service: the names in a model that compose printed without interpolation. A name with a variable is
/// left out together with its service: its value is not known here.
std::map<std::string, std::vector<std::string>> label_files_in(const boost::json::object& printed);

/// Puts the names into a resolved model, and reads them back.
void keep_label_files(boost::json::object& model, const std::map<std::string, std::vector<std::string>>&);
std::map<std::string, std::vector<std::string>> kept_label_files(const boost::json::object& model);

/// The text of which compose makes a service's hash: the service as `config --format json` prints it in
/// `printed`, without what does not count, and with `label_files`. Empty if the service is not there.
std::string hashed_text(std::string_view printed, std::string_view service,
                        const std::vector<std::string>& label_files);

}  // namespace belay::compose
