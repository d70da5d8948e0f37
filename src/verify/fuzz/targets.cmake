# What is fuzzed: targets.txt names the targets, <target>.cpp holds each. The test fuzz_test replays their corpora in
# every preset; with THECA_FUZZ each is a program of libFuzzer as well, and fuzz_seeds makes what they begin from.
set(folder ${CMAKE_CURRENT_LIST_DIR})
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${folder}/targets.txt)
file(STRINGS ${folder}/targets.txt rows REGEX "^[a-z]")
set(targets "")
set(table "")
foreach(row IN LISTS rows)
  string(REGEX REPLACE " .*" "" target "${row}")
  list(APPEND targets ${target})
  string(APPEND table "THECA_FUZZ_TARGET(${target})\n")
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/verify/fuzz_targets.inc CONTENT "${table}" @ONLY)

list(TRANSFORM targets PREPEND ${folder}/ OUTPUT_VARIABLE sources)
list(TRANSFORM sources APPEND .cpp)
add_library(theca_fuzz_targets STATIC ${sources} ${folder}/people.cpp)
target_link_libraries(theca_fuzz_targets PUBLIC theca_test_flags theca_world theca_simulator theca_air)
target_include_directories(theca_fuzz_targets PUBLIC ${CMAKE_BINARY_DIR}/generated)

add_executable(fuzz_test ${folder}/replay.cpp ${folder}/replay_test.cpp ${folder}/twins_test.cpp)
target_link_libraries(fuzz_test PRIVATE theca_fuzz_targets GTest::gtest GTest::gtest_main)
gtest_discover_tests(fuzz_test TEST_PREFIX fuzz. DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
  WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} PROPERTIES TIMEOUT 900)

if(THECA_FUZZ)
  set_source_files_properties(src/simulator/trail.cpp src/air/card.cpp src/world/journal_file.cpp PROPERTIES
    COMPILE_OPTIONS -fsanitize-coverage-ignorelist=${folder}/uncounted.txt OBJECT_DEPENDS ${folder}/uncounted.txt)
  add_executable(fuzz_seeds EXCLUDE_FROM_ALL ${folder}/seeds.cpp)
  target_link_libraries(fuzz_seeds PRIVATE theca_fuzz_targets)
  foreach(target IN LISTS targets)
    add_executable(fuzz_${target} EXCLUDE_FROM_ALL ${folder}/entry.cpp)
    target_compile_definitions(fuzz_${target} PRIVATE THECA_FUZZED=${target})
    target_link_libraries(fuzz_${target} PRIVATE theca_fuzz_targets)
    target_link_options(fuzz_${target} PRIVATE -fsanitize=fuzzer)
  endforeach()
endif()
