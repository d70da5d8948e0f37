# The pages' tests; node_modules comes from `./theca test`, chromium from packages.txt.
set(web ${CMAKE_SOURCE_DIR}/web)
add_test(NAME web.types COMMAND node ${CMAKE_SOURCE_DIR}/node_modules/typescript/bin/tsc --project ${web})
add_test(NAME web.entry COMMAND node ${web}/test.mjs ${web}/shared/number_entry_test.ts)
set_tests_properties(web.types web.entry PROPERTIES TIMEOUT 120)
add_test(NAME web.dose_field COMMAND node ${web}/test.mjs ${web}/clinic/dose_field_test.ts)
set_tests_properties(web.dose_field PROPERTIES TIMEOUT 600)
