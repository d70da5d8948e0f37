# theca_room(<room> [IMPLANT] [HOT] [HOT_TESTS] [HOST_PART <part>] [PROGRAM <binary>] [DEPS <room>...] [LIBS <target>...]
#            [TEST_LIBS <target>...])
#
# One folder src/<room>/ is one room:
#   <x>.cpp       -> library theca_<room> (INTERFACE when the room has headers only)
#   <x>_test.cpp  -> one GoogleTest program <room>_test, each case known to ctest by "<room>.<suite>.<case>"
# IMPLANT    the room runs in the pump: no exceptions, no RTTI, no floating-point registers.
# HOT        the tests spend their time in it: optimised where the preset sets no level (sanitize), as implant rooms
#            are. HOT_TESTS: in themselves.
# HOST_PART  files <part>*.cpp of an implant room that stay on the host: library theca_<room>_<part>.
# PROGRAM    main.cpp -> executable theca_<room> whose file is called <binary>; the other sources are an
#            object library theca_<room>_objects, so that tests can link them as well.
# DEPS       rooms it may know (theca_ is put before); LIBS third-party targets, TEST_LIBS those of its tests alone.
# A room, or a dependency, whose folder does not exist yet is skipped; it appears by itself with its files.

set(THECA_IMPLANT_FLAGS -fno-exceptions -fno-rtti)
if(NOT CMAKE_CROSSCOMPILING AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")  # clang then refuses <limits>
  list(APPEND THECA_IMPLANT_FLAGS -mgeneral-regs-only)
endif()
set(THECA_IMPLANT_ROOMS "")

add_library(theca_flags INTERFACE)
target_include_directories(theca_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(theca_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Werror
  -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
# CRC-32C as an instruction, which every x86-64 since 2008 has. It is done in general registers.
if(NOT CMAKE_CROSSCOMPILING AND CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  target_compile_options(theca_flags INTERFACE -mcrc32)
endif()

add_library(theca_test_flags INTERFACE)
target_link_libraries(theca_test_flags INTERFACE theca_flags)
target_compile_options(theca_test_flags INTERFACE -Wno-conversion -Wno-sign-conversion)
target_compile_definitions(theca_test_flags INTERFACE
  THECA_VERSION="${PROJECT_VERSION}"
  THECA_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
  THECA_DATA_DIR="${CMAKE_SOURCE_DIR}/data")

# A library from sources, or an INTERFACE one when there are only headers.
function(theca_library target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "IMPLANT" "" "SOURCES;LINK")
  if(NOT arg_SOURCES)
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE theca_flags ${arg_LINK})
    return()
  endif()
  add_library(${target} STATIC ${arg_SOURCES})
  target_link_libraries(${target} PUBLIC theca_flags ${arg_LINK})
  if(arg_IMPLANT)
    target_compile_options(${target} PRIVATE ${THECA_IMPLANT_FLAGS})
  else()
    target_compile_definitions(${target} PRIVATE THECA_VERSION="${PROJECT_VERSION}")
  endif()
endfunction()

# What most tests include, translated once for all of them: with clang a third of a test's time. With gcc it gains
# nothing, so there the tests show that they include what they use.
function(theca_test_headers target)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR NOT CMAKE_BUILD_TYPE STREQUAL "Sanitize")
    return()
  endif()
  if(NOT TARGET theca_test_headers)
    file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/test_headers.cpp CONTENT "")
    add_library(theca_test_headers OBJECT ${CMAKE_BINARY_DIR}/generated/test_headers.cpp)
    target_link_libraries(theca_test_headers PRIVATE theca_test_flags GTest::gtest rapidcheck
      nlohmann_json::nlohmann_json)
    target_compile_options(theca_test_headers PRIVATE -O0 "SHELL:-Xclang -fno-pch-timestamp")
    target_precompile_headers(theca_test_headers PRIVATE <gtest/gtest.h> <rapidcheck/gtest.h> <nlohmann/json.hpp>
      <algorithm> <array> <chrono> <expected> <filesystem> <fstream> <functional> <map> <memory> <optional> <set>
      <span> <sstream> <string> <vector>)
  endif()
  target_precompile_headers(${target} REUSE_FROM theca_test_headers)
  target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")  # for ccache
endfunction()

function(theca_room room)
  cmake_parse_arguments(PARSE_ARGV 1 arg "IMPLANT;HOT;HOT_TESTS" "HOST_PART;PROGRAM" "DEPS;LIBS;TEST_LIBS")
  set(folder ${CMAKE_SOURCE_DIR}/src/${room})
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  file(GLOB headers CONFIGURE_DEPENDS ${folder}/*.hpp)
  if(NOT sources AND NOT headers)
    return()
  endif()
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "_probe\\.cpp$")  # a program of its own, see CMakeLists.txt

  set(link ${arg_LIBS})
  foreach(dep IN LISTS arg_DEPS)
    if(TARGET theca_${dep})
      list(APPEND link theca_${dep})
    endif()
  endforeach()

  set(tested "")
  if(arg_HOST_PART)
    set(part_files ${sources} ${headers})
    list(FILTER part_files INCLUDE REGEX "/${arg_HOST_PART}[^/]*$")
    set(part_sources ${part_files})
    list(FILTER part_sources INCLUDE REGEX "\\.cpp$")
    list(FILTER sources EXCLUDE REGEX "/${arg_HOST_PART}[^/]*$")
  endif()

  if(arg_PROGRAM)
    set(main ${sources})
    list(FILTER main INCLUDE REGEX "/main\\.cpp$")
    list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
    set(tested ${link})
    if(sources)
      add_library(theca_${room}_objects OBJECT ${sources})
      target_link_libraries(theca_${room}_objects PUBLIC theca_flags ${link})
      set(tested theca_${room}_objects)
    endif()
    if(main)
      add_executable(theca_${room} ${main})
      target_link_libraries(theca_${room} PRIVATE theca_flags ${tested})
      set_target_properties(theca_${room} PROPERTIES OUTPUT_NAME ${arg_PROGRAM})
    endif()
    foreach(target IN ITEMS theca_${room} theca_${room}_objects)
      if(TARGET ${target})
        target_compile_definitions(${target} PRIVATE
          THECA_VERSION="${PROJECT_VERSION}" THECA_DATA_DIR="${CMAKE_SOURCE_DIR}/data")
      endif()
    endforeach()
  else()
    set(implant "")
    if(arg_IMPLANT)
      set(implant IMPLANT)
      set(THECA_IMPLANT_ROOMS ${THECA_IMPLANT_ROOMS} ${room} PARENT_SCOPE)
    endif()
    theca_library(theca_${room} ${implant} SOURCES ${sources} LINK ${link})
    set(tested theca_${room})
  endif()

  if(CMAKE_CROSSCOMPILING)
    return()  # only libraries are built for the target
  endif()
  if(part_files)
    theca_library(theca_${room}_${arg_HOST_PART} SOURCES ${part_sources} LINK theca_${room})
    list(APPEND tested theca_${room}_${arg_HOST_PART})
  endif()
  if(arg_HOT OR arg_IMPLANT)
    foreach(target IN ITEMS theca_${room} theca_${room}_${arg_HOST_PART})
      if(TARGET ${target})
        get_target_property(type ${target} TYPE)
        if(type STREQUAL "STATIC_LIBRARY")
          target_compile_options(${target} PRIVATE $<$<CONFIG:Sanitize>:-O1>)
        endif()
      endif()
    endforeach()
  endif()
  if(tests)
    add_executable(${room}_test ${tests})
    target_link_libraries(${room}_test PRIVATE theca_test_flags ${tested} ${arg_LIBS} ${arg_TEST_LIBS}
      GTest::gtest GTest::gtest_main rapidcheck)
    # What is tested is optimised; optimising the tests themselves would double the time of a build from nothing.
    if(arg_HOT_TESTS)
      target_compile_options(${room}_test PRIVATE -O1)
    else()
      target_compile_options(${room}_test PRIVATE -O0)
      theca_test_headers(${room}_test)
    endif()
    gtest_discover_tests(${room}_test
      TEST_PREFIX ${room}.
      DISCOVERY_MODE PRE_TEST
      DISCOVERY_TIMEOUT 60
      WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})  # `./theca test` says how long one may take
  endif()
endfunction()
