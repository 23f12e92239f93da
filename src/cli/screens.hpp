#pragma once

#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "cli/style.hpp"
#include "control/findings.hpp"
#include "model/host_facts.hpp"
#include "model/up_request.hpp"

namespace belay::cli {

/// What the commands that look print: values in, text out. Each stands in the file of its command.

/// backup.cpp
std::string backups_text(const std::vector<BackupFile>&, Time now, const Style&);

/// releases.cpp. `columns`: of the terminal; 0: never clip.
std::string releases_text(const KeptReleases&, Time now, const Style&, int columns);

/// status.cpp
std::string status_text(const std::string& app, const EnvironmentConfig&, const HostStatus&, Time now,
                        const Style&, int columns);

/// up.cpp
std::string up_text(const UpAnswer&, const std::string& environment, const Style&);

/// check.cpp
std::string findings_text(const EnvironmentConfig&, const std::vector<Finding>&, const Style&);
boost::json::object findings_json(const EnvironmentConfig&, const std::vector<Finding>&);

/// plan.cpp
std::string preview_text(const Preview&, const Style&, int columns);
boost::json::object preview_json(const Preview&);

/// What a step will do, in one line: "pg_dump of crm in container crm-postgres into backups/, newest 5 kept".
std::string step_text(StepName, const Plan&);

}  // namespace belay::cli
