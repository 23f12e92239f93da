#include <algorithm>

#include "importer/drafting.hpp"

namespace belay::importer {

void draft_sync(Drafting& d) {
  std::vector<std::string> excludes;
  Place at;
  bool removes = false;
  for (const Transport& transport : d.one.findings.transports) {
    for (const std::string& one_exclude : transport.excludes)
      if (is_known(one_exclude)) add_new(excludes, {as_belay_text(one_exclude)});
    if (!transport.excludes.empty() && !at.line) at = transport.at;
    removes = removes || transport.removes;
  }
  if (excludes.empty())
    for (const ComposeService* service : d.all_services())
      for (const std::string& folder : service->written_folders)
        if (!d.repository.has(d.in_source(folder)) && is_known(folder)) {
          add_new(excludes, {without_slash(folder)});
          at = service->at;
        }
  if (!excludes.empty()) d.one.entries.push_back({"sync.exclude", {flow(excludes)}, from(at)});
  if (removes) d.one.entries.push_back({"sync.delete", {"true"}, from(main_transport(d.one.findings)->at)});
}

}  // namespace belay::importer
