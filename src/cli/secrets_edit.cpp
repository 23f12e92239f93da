#include "cli/secrets_edit.hpp"

#include <fmt/core.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/files.hpp"
#include "cli/environment_choice.hpp"
#include "control/foreground.hpp"
#include "control/lifeline.hpp"
#include "drivers/sealed_box.hpp"

namespace belay::cli {
namespace {

constexpr const char* introduction =
    "# NAME: value, one secret a line; quotes as in YAML. The secrets of one environment stand below its "
    "name:\n"
    "# production:\n"
    "#   NAME: value\n";

bool is_in_memory(const fs::path& directory) {
  struct statfs found{};
  return ::statfs(directory.c_str(), &found) == 0 &&
         (found.f_type == TMPFS_MAGIC || found.f_type == RAMFS_MAGIC) &&
         ::access(directory.c_str(), W_OK) == 0;
}

fs::path place_in_memory(const Context& context) {
  for (const fs::path& place :
       {fs::path(context.variable("XDG_RUNTIME_DIR").value_or("")), fs::path("/dev/shm")})
    if (!place.empty() && is_in_memory(place)) return place;
  throw Error("the secrets cannot be edited here",
              "neither $XDG_RUNTIME_DIR nor /dev/shm is a file system in memory, and the values must not be "
              "written to a disk",
              "change one secret at a time: belay secrets set NAME", ExitCode::bad_input);
}

std::string editor_of(const Context& context) {
  for (const char* name : {"VISUAL", "EDITOR"})
    if (const auto editor = context.variable(name); editor && !editor->empty()) return *editor;
  return "vi";
}

}  // namespace

OpenSecrets edited(const OpenSecrets& secrets, Context& context) {
  const Lifeline life(place_in_memory(context), "belay-edit-");
  const fs::path file = life.directory() / "secrets.yml";
  std::string text = introduction + open_secrets_text(secrets);
  write_file_atomically(file, text);
  wipe(text);
  // An editor's name may have options: a shell takes it apart.
  const std::string editor = editor_of(context);
  if (const int code =
          run_in_foreground({"sh", "-c", editor + " \"$1\"", "belay-edit", file.string()}, context.stop());
      code != 0)
    throw Error(fmt::format("the editor {} ended with exit code {}", editor, code), "", "nothing was changed",
                ExitCode::bad_input);
  text = read_file(file);
  auto back = parse_open_secrets("what was edited", text);
  wipe(text);
  if (!back) throw BadConfig(std::move(back.error()));
  return std::move(*back);
}

}  // namespace belay::cli
