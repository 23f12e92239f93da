/// AddressSanitizer's options for the program itself, wherever it runs: over ssh, or at boot with an empty environment.
/// Leaks are looked for by the unit and integration tests. Here the search would delay the end of each process.
extern "C" const char* __asan_default_options();

extern "C" const char* __asan_default_options() {
  return "detect_leaks=0";
}
