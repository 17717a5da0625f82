# Sanitizers and coverage, for everything that is built (the presets asan-ubsan, tsan and coverage), and what
# libFuzzer wants to see (fuzz/).

if(MIXUP_FUZZ)
  if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "MIXUP_FUZZ needs clang: configure with -DCMAKE_C_COMPILER=clang")
  endif()
  set(MIXUP_SANITIZE address,undefined)
  add_compile_options(-g -O1 -fsanitize=fuzzer-no-link)
endif()

if(MIXUP_SANITIZE)
  # The first report ends the program, so that a test which causes one fails.
  add_compile_options(-fsanitize=${MIXUP_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${MIXUP_SANITIZE})
endif()

if(MIXUP_COVERAGE)
  add_compile_options(--coverage -fprofile-update=atomic)
  add_link_options(--coverage)
  find_program(GCOVR gcovr)
  if(GCOVR)
    # Totals of what the tests have run so far; the pages lie in the build folder.
    file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/coverage)
    add_custom_target(coverage
      COMMAND ${GCOVR} --root ${PROJECT_SOURCE_DIR} --filter ${PROJECT_SOURCE_DIR}/src/
              --filter ${PROJECT_SOURCE_DIR}/cli/ --html-details ${PROJECT_BINARY_DIR}/coverage/index.html
              --txt --print-summary ${PROJECT_BINARY_DIR}
      VERBATIM)
  else()
    add_custom_target(coverage COMMAND ${CMAKE_COMMAND} -E echo "coverage: install gcovr for the totals")
  endif()
endif()
