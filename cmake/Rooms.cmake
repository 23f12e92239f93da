# A room is a folder of src/ and one static library. What it may include is what it links: every room's headers
# stand in an include directory of their own, seen only by the rooms that name it.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# One setting for rooms and programs, so that they can share precompiled headers.
set(CMAKE_POSITION_INDEPENDENT_CODE OFF)
set(CMAKE_INTERPROCEDURAL_OPTIMIZATION OFF)

# missing-field-initializers: a designated initialiser leaves the rest to its defaults on purpose.
add_library(belay_flags INTERFACE)
target_compile_options(belay_flags INTERFACE -fPIE -Wall -Wextra -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast
                                           -Wno-missing-field-initializers)
if(BELAY_SANITIZE)
  # Null pointers are AddressSanitizer's to find. UBSan's own checks of each access (and of vptr, which needs no debug build)
  # would double the size of all objects.
  target_compile_options(belay_flags INTERFACE -fsanitize=${BELAY_SANITIZE} -fno-sanitize=null,alignment,object-size,vptr
                                               -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(belay_flags INTERFACE -fsanitize=${BELAY_SANITIZE})
  if(BELAY_SANITIZE STREQUAL "thread")
    target_compile_definitions(belay_flags INTERFACE BELAY_THREAD_SANITIZER) # compilers have different names for it
  endif()
endif()
if(BELAY_FAULT_POINTS)
  target_compile_definitions(belay_flags INTERFACE BELAY_FAULT_POINTS)
endif()
target_compile_definitions(belay_flags INTERFACE BELAY_VERSION="${PROJECT_VERSION}")

# Build directories share ccache's entries: its own path is the only one in which two of them differ.
if(CMAKE_CXX_COMPILER_LAUNCHER STREQUAL "ccache")
  set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_PCH_EXTSUM=true CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ccache)
endif()

# belay_room(NAME SOURCES file... PORTS file... LINKS target...)
# PORTS are the bodies, in src/system/, of what this room declares and the machine does: clock, disk, Engine, programs. They are
# a library of their own, which every program gets but one with the property BELAY_SIMULATED: that one brings other bodies, and
# does not link where it lacks one.
function(belay_room name)
  cmake_parse_arguments(arg "" "" "SOURCES;PORTS;LINKS" ${ARGN})
  set(door ${CMAKE_BINARY_DIR}/rooms/${name})
  file(MAKE_DIRECTORY ${door})
  file(CREATE_LINK ${CMAKE_SOURCE_DIR}/src/${name} ${door}/${name} SYMBOLIC)
  add_library(belay_${name} STATIC ${arg_SOURCES})
  target_include_directories(belay_${name} PUBLIC ${door})
  target_link_libraries(belay_${name} PUBLIC belay_flags ${arg_LINKS})
  belay_share_precompiled(belay_${name})
  if(arg_PORTS)
    list(TRANSFORM arg_PORTS PREPEND ${CMAKE_SOURCE_DIR}/src/system/)
    add_library(belay_${name}_system STATIC ${arg_PORTS})
    target_link_libraries(belay_${name}_system PUBLIC belay_${name})
    target_link_libraries(belay_${name} INTERFACE $<$<NOT:$<BOOL:$<TARGET_PROPERTY:BELAY_SIMULATED>>>:belay_${name}_system>)
    belay_share_precompiled(belay_${name}_system)
  endif()
endfunction()

# CMake hands the header to Clang's inner compiler (-Xclang), where ccache does not see that it is a path below its base: no build
# directory would have a use for another one's objects.
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  set(CMAKE_CXX_COMPILE_OPTIONS_USE_PCH -include <PCH_HEADER>) # Clang finds the .pch beside it, as GCC does its .gch
endif()

# The headers of others that nearly every file includes are compiled once for all rooms and tests.
set(belay_precompiled_headers
  <algorithm> <chrono> <filesystem> <functional> <map> <memory> <optional> <set> <stop_token> <string> <variant> <vector>
  <boost/json.hpp> <fmt/core.h>)
find_file(BOOST_VERSION_HEADER boost/version.hpp REQUIRED)
find_file(FMT_CORE_HEADER fmt/core.h REQUIRED)

function(belay_share_precompiled target)
  if(NOT TARGET belay_precompiled)
    file(WRITE ${CMAKE_BINARY_DIR}/precompiled.cpp "")
    add_library(belay_precompiled STATIC ${CMAKE_BINARY_DIR}/precompiled.cpp)
    target_link_libraries(belay_precompiled PUBLIC belay_flags)
    target_precompile_headers(belay_precompiled PRIVATE ${belay_precompiled_headers})
    # A compiler writes a hundred megabytes, and other bytes each time. ccache takes what stands here for their content
    # (CCACHE_PCH_EXTSUM), so that build directories share what it has.
    set(extension gch)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
      set(extension pch)
    endif()
    file(SHA256 ${BOOST_VERSION_HEADER} boost)
    file(SHA256 ${FMT_CORE_HEADER} fmt)
    file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/belay_precompiled.dir/cmake_pch.hxx.${extension}.sum
      "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION} ${boost} ${fmt} ${belay_precompiled_headers}\n")
  endif()
  target_precompile_headers(${target} REUSE_FROM belay_precompiled)
endfunction()

# The rooms that start threads, or are called by several: ThreadSanitizer builds and runs the tests of these alone.
set(belay_rooms_with_threads base drivers runtime steps saga host control)
add_custom_target(tests_with_threads)

# belay_unit_tests(ROOM file...): one program per room, one ctest case each.
function(belay_unit_tests room)
  add_executable(test_${room} ${ARGN} ${CMAKE_SOURCE_DIR}/tests/unit/main.cpp)
  target_link_libraries(test_${room} PRIVATE belay_${room} doctest_headers)
  belay_share_precompiled(test_${room})
  target_compile_definitions(test_${room} PRIVATE TEST_DATA="${CMAKE_CURRENT_SOURCE_DIR}/data")
  add_test(NAME ${room} COMMAND test_${room})
  set_tests_properties(${room} PROPERTIES TIMEOUT 900)
  if(room IN_LIST belay_rooms_with_threads)
    set_tests_properties(${room} PROPERTIES LABELS threads)
    add_dependencies(tests_with_threads test_${room})
  endif()
endfunction()

# belay_integration_tests(ROOM SECONDS file...): one program per room, and one ctest case for each file of tests (*_it.cpp), so that
# several wait for the Engine at a time. None may run longer than SECONDS.
function(belay_integration_tests room seconds)
  add_executable(integration_${room} ${ARGN})
  target_link_libraries(integration_${room} PRIVATE belay_${room} doctest_headers)
  belay_share_precompiled(integration_${room})
  foreach(file ${ARGN})
    if(file MATCHES "^(.*)_it\\.cpp$")
      set(case integration_${room}_${CMAKE_MATCH_1})
      add_test(NAME ${case} COMMAND integration_${room} --source-file=*/integration/${room}/${file})
      # doctest is content with a filter that finds no test.
      set_tests_properties(${case} PROPERTIES TIMEOUT ${seconds} LABELS integration FAIL_REGULAR_EXPRESSION "test cases: *0 ")
    endif()
  endforeach()
endfunction()
