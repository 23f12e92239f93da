#pragma once

#include <cstdio>
#include <cstdlib>

/// A property that must hold for any input; libFuzzer takes the abort for a finding and keeps the input.
#define REQUIRE_ALWAYS(property)                                                         \
  do {                                                                                   \
    if (!(property)) {                                                                   \
      std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #property); \
      std::abort();                                                                      \
    }                                                                                    \
  } while (false)
