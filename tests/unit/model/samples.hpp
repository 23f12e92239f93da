#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/config.hpp"
#include "model/journal_record.hpp"

namespace belay::testing {

/// A file of tests/unit/model/data.
std::string data_file(const std::string& name);

VariableLookup variables(std::map<std::string, std::string>);

/// Parses as the file `belay.yml`; a failed parse fails the test with the rendered problems.
Config parsed(const std::string& text, const VariableLookup& = variables({}),
              const std::optional<std::string>& only = std::nullopt);
/// All problems of a text as a user sees them; empty if there are none.
std::string problems(const std::string& text, const VariableLookup& = variables({}),
                     const std::optional<std::string>& only = std::nullopt);

/// The least that is a valid file, `more` standing in its one environment, `production`; `top` at the top
/// level.
std::string minimal(const std::string& more = {}, const std::string& top = {});

/// A plan with every part of it set to something else than its default.
Plan sample_plan();
/// One record of each type, numbered from 1: a whole deployment that fails and is undone.
std::vector<Record> sample_records();

}  // namespace belay::testing
