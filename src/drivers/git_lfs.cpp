#include "drivers/git_lfs.hpp"

#include <fmt/core.h>

#include "base/process.hpp"
#include "drivers/git.hpp"
#include "drivers/program.hpp"

namespace belay::git_lfs {

bool is_pointer(std::string_view text) {
  return text.size() <= longest_pointer && text.starts_with("version https://git-lfs.github.com/spec/") &&
         text.contains("\noid ");
}

bool is_installed() {
  return program_exists("git-lfs");
}

void write_content(const std::filesystem::path& repository, const std::string& path,
                   const std::string& pointer, int to, std::stop_token stop, Deadline deadline) {
  Command command = git::command(repository, {"lfs", "smudge", "--", path});
  command.input = pointer;
  command.stdout_to = to;
  require_success(capture(command, std::move(stop), deadline),
                  fmt::format("git-lfs has no content for {}", path),
                  "try: git lfs fetch; its server has to be reachable from here");
}

}  // namespace belay::git_lfs
