/// AddressSanitizer's options for the program itself, wherever it runs: over ssh, or at boot with an empty
/// environment. What it finds goes to files, which the tests look for (tests/world/belay_world/limit.py): a
/// process that it ends is else only one of the deaths that belay recovers from. Leaks are looked for by the
/// unit and integration tests; here the search would delay the end of each process.
extern "C" const char* __asan_default_options();

extern "C" const char* __asan_default_options() {
  return "detect_leaks=0:log_path=/var/tmp/belay-sanitizer";
}
