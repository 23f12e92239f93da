# Writes docs/commands/*.md as string literals: cmake -DPAGES=… -DOUTPUT=… -P embed_pages.cmake
set(text "// Made by embed_pages.cmake from docs/commands.\n#include \"cli/pages.hpp\"\n\nnamespace belay::cli {\n")
string(APPEND text "std::optional<std::string_view> page(std::string_view name) {\n")
foreach(page IN LISTS PAGES)
  get_filename_component(name ${page} NAME_WE)
  # file(READ) into a list-safe string: pages may hold semicolons and brackets.
  file(READ ${page} content)
  string(APPEND text "  if (name == \"${name}\") return R\"~~PAGE~~(${content})~~PAGE~~\";\n")
endforeach()
string(APPEND text "  return std::nullopt;\n}\n}  // namespace belay::cli\n")
file(WRITE ${OUTPUT} "${text}")
