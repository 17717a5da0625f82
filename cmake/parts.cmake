# How the tree becomes libraries: one static library a part of src/, so that a part that uses one above it
# does not link; then libmixup (shared and static) from the parts of the library, and the program.

set(MIXUP_WARNINGS -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes)
if(MIXUP_WERROR)
  list(APPEND MIXUP_WARNINGS -Werror)
endif()
set(MIXUP_LIBRARY_PARTS "" CACHE INTERNAL "")

function(mixup_compile_settings target)
  target_compile_options(${target} PRIVATE ${MIXUP_WARNINGS})
  target_compile_definitions(${target} PRIVATE _POSIX_C_SOURCE=200809L _XOPEN_SOURCE=700)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
endfunction()

# The sources of a part; of the engine's subfolders the reference engine's only.
function(mixup_part_sources name output)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.c)
  if(name STREQUAL "engine")
    file(GLOB reference CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/engine/reference/*.c)
    list(APPEND sources ${reference})
  endif()
  set(${output} ${sources} PARENT_SCOPE)
endfunction()

# Our own kernels of dense layers; those for an instruction set are compiled with it.
function(mixup_product_sources output)
  set(folder ${PROJECT_SOURCE_DIR}/src/engine/product)
  set(all ${folder}/panels.c ${folder}/product.c ${folder}/states.c ${folder}/weights.c)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
    # What a formula rounds must not depend on what the compiler contracts.
    set(exact -ffp-contract=off -mavx2 -mfma)
    set_source_files_properties(${folder}/avx2.c PROPERTIES COMPILE_OPTIONS "${exact}")
    set_source_files_properties(${folder}/avx512.c PROPERTIES COMPILE_OPTIONS "${exact};-mavx512f")
    set_source_files_properties(${folder}/avx512_bf16.c PROPERTIES
      COMPILE_OPTIONS "${exact};-mavx512f;-mavx512bf16")
    list(APPEND all ${folder}/avx2.c ${folder}/avx512.c ${folder}/avx512_bf16.c)
  endif()
  set(${output} ${all} PARENT_SCOPE)
endfunction()

# Files whose loops are compiled for one instruction set; the engine calls them where the machine has it.
function(mixup_instruction_sets)
  set(folder ${PROJECT_SOURCE_DIR}/src/engine/dnnl)
  set(wide ${folder}/winograd_avx512.c ${folder}/winograd_bf16.c)
  set_source_files_properties(${folder}/winograd_avx2.c ${wide} PROPERTIES COMPILE_OPTIONS -ffp-contract=fast)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    set_property(SOURCE ${folder}/winograd_avx2.c APPEND PROPERTY COMPILE_OPTIONS -mavx2 -mfma)
    set_property(SOURCE ${wide} APPEND PROPERTY COMPILE_OPTIONS -mavx512f -mfma)
  endif()
endfunction()

# mixup_part(NAME [DEPENDS parts...] [LIBRARIES libraries...])
function(mixup_part name)
  cmake_parse_arguments(PART "" "" "DEPENDS;LIBRARIES" ${ARGN})
  list(TRANSFORM PART_DEPENDS PREPEND mixup_)
  mixup_part_sources(${name} sources)
  if(name STREQUAL "engine" AND MIXUP_DNNL)
    file(GLOB dnnl CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/engine/dnnl/*.c)
    mixup_product_sources(product)
    list(APPEND sources ${dnnl} ${product})
    mixup_instruction_sets()
  endif()
  if(NOT sources)
    add_library(mixup_${name} INTERFACE)
    target_link_libraries(mixup_${name} INTERFACE ${PART_DEPENDS} ${PART_LIBRARIES} m)
    return()
  endif()
  add_library(mixup_${name} STATIC ${sources})
  mixup_compile_settings(mixup_${name})
  target_link_libraries(mixup_${name} PUBLIC ${PART_DEPENDS} ${PART_LIBRARIES} m)
  if(name STREQUAL "engine") # lets loops with a square root become vectors
    target_compile_options(mixup_engine PRIVATE -fno-math-errno -fno-trapping-math)
  endif()
  if(name STREQUAL "engine" AND MIXUP_DNNL)
    find_package(OpenMP REQUIRED COMPONENTS C)
    find_library(DNNL_LIBRARY dnnl REQUIRED)
    target_compile_definitions(mixup_engine PUBLIC MIXUP_WITH_DNNL)
    target_link_libraries(mixup_engine PUBLIC ${DNNL_LIBRARY} OpenMP::OpenMP_C)
  endif()
  set(MIXUP_LIBRARY_PARTS ${MIXUP_LIBRARY_PARTS} ${name} CACHE INTERNAL "")
endfunction()

# libmixup from the parts declared so far.
function(mixup_library)
  set(objects "")
  set(libraries "")
  foreach(part ${MIXUP_LIBRARY_PARTS})
    list(APPEND objects $<TARGET_OBJECTS:mixup_${part}>)
    list(APPEND libraries mixup_${part})
  endforeach()

  # Before 1.0.0 a new MINOR may change layouts (mixup.h), so it is part of the name.
  set(abi ${PROJECT_VERSION_MAJOR})
  if(abi EQUAL 0)
    set(abi 0.${PROJECT_VERSION_MINOR})
  endif()
  add_library(mixup_shared SHARED ${objects})
  set_target_properties(mixup_shared PROPERTIES OUTPUT_NAME mixup EXPORT_NAME mixup LINKER_LANGUAGE C
                        VERSION ${PROJECT_VERSION} SOVERSION ${abi}
                        LINK_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/mixup.map)
  target_link_options(mixup_shared PRIVATE -Wl,--version-script=${PROJECT_SOURCE_DIR}/cmake/mixup.map)
  if(NOT MIXUP_SANITIZE)
    target_link_options(mixup_shared PRIVATE -Wl,-z,defs)
  endif()
  target_link_libraries(mixup_shared PRIVATE ${libraries})
  target_include_directories(mixup_shared INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                             $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)

  # The archive holds one object in which everything but the public functions is local: a user's program may
  # have its own `error` or `text_add`.
  set(whole ${PROJECT_BINARY_DIR}/libmixup.o)
  add_custom_command(
    OUTPUT ${whole}
    COMMAND ${CMAKE_LINKER} -r -o ${whole} ${objects}
    COMMAND ${CMAKE_OBJCOPY} --localize-hidden ${whole}
    DEPENDS ${objects} ${libraries}
    COMMAND_EXPAND_LISTS VERBATIM)
  add_library(mixup_static STATIC ${whole})
  set_source_files_properties(${whole} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
  set_target_properties(mixup_static PROPERTIES OUTPUT_NAME mixup LINKER_LANGUAGE C)
  set(private z jansson jpeg png archive csv m pthread)
  if(MIXUP_DNNL)
    list(APPEND private dnnl gomp)
  endif()
  set(MIXUP_PRIVATE_LIBRARIES ${private} PARENT_SCOPE)
  target_link_libraries(mixup_static INTERFACE ${private})
  target_include_directories(mixup_static INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                             $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endfunction()

function(mixup_program)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cli/*.c)
  if(sources)
    add_executable(mixup ${sources})
    mixup_compile_settings(mixup)
    target_include_directories(mixup PRIVATE ${PROJECT_SOURCE_DIR}/cli)
    target_link_libraries(mixup PRIVATE mixup_report)
  endif()
endfunction()

# The parts below the reference engine, computing in double, for tests.
function(mixup_double_library)
  set(all "")
  foreach(part base random tensor graph mix engine)
    mixup_part_sources(${part} sources)
    list(APPEND all ${sources})
  endforeach()
  add_library(mixup_double STATIC EXCLUDE_FROM_ALL ${all})
  mixup_compile_settings(mixup_double)
  target_compile_definitions(mixup_double PUBLIC MIXUP_DOUBLE)
  target_link_libraries(mixup_double PUBLIC Threads::Threads m)
endfunction()
