#pragma once

#include <string>
#include <vector>

#include <boost/json/object.hpp>

namespace belay::compose {

/// What `config --format json` prints, as compose reads it, and as `up` takes it:
///  · the keys of devices in blkio_config come with capital letters, which it refuses;
///  · a ulimit of 0, and the empty text of a config, are left out, though they are required;
///  · a memswap_limit of -1 comes as a text, which is no size;
///  · a $ in a key is doubled as one in a value is, but read as it stands;
///  · a service that need not be there (`required: false`), and is in no active profile, is depended on
///    still, which `up` no longer does.
boost::json::object readable_output(const boost::json::object& printed);

/// What `config` prints as YAML, as the object that it prints with `--format json`. Throws Error if it is
/// none.
boost::json::object object_of_yaml(const std::string& printed);

/// A text of the output as it is meant: `config` writes each $ as $$, so that its output can be read again.
std::string with_single_dollars(std::string);

/// What compose says beside a model: each warning once, in its words, without the time. It repeats that of a
/// variable for each place that names the variable.
std::vector<std::string> warnings_in(const std::string& said);

}  // namespace belay::compose
