# Libraries come from Debian's packages; nothing is vendored. A static build takes the .a of each.
if(BELAY_STATIC)
  set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
  set(OPENSSL_USE_STATIC_LIBS ON)
  set(Boost_USE_STATIC_LIBS ON)
endif()

find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(ZLIB REQUIRED)
find_library(YAML_LIBRARY yaml REQUIRED)
find_path(YAML_INCLUDE yaml.h REQUIRED)
add_library(yaml INTERFACE)
target_link_libraries(yaml INTERFACE ${YAML_LIBRARY})
find_library(SODIUM_LIBRARY sodium REQUIRED)
find_path(SODIUM_INCLUDE sodium.h REQUIRED)
add_library(sodium INTERFACE)
target_link_libraries(sodium INTERFACE ${SODIUM_LIBRARY})

# Bookworm's default Boost is 1.74; Boost.JSON as used here is 1.81's.
find_library(BOOST_JSON_LIBRARY NAMES boost_json PATH_SUFFIXES x86_64-linux-gnu REQUIRED)
find_library(BOOST_CONTAINER_LIBRARY NAMES boost_container REQUIRED)
add_library(boost_json INTERFACE)
target_link_libraries(boost_json INTERFACE ${BOOST_JSON_LIBRARY} ${BOOST_CONTAINER_LIBRARY})

# Debian ships fmt only as a shared library: its few compiled functions are built here (see src/base/fmt.cpp).
add_library(doctest_headers INTERFACE)
find_path(DOCTEST_INCLUDE doctest/doctest.h REQUIRED)
target_include_directories(doctest_headers SYSTEM INTERFACE ${DOCTEST_INCLUDE})
