# With AddressSanitizer of g++, links every executable with tests/sanitized/leak_roots.c, which says why.

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_FLAGS MATCHES "-fsanitize=address")
  set(IPCUTILS_LEAK_ROOTS ON)
  add_library(leak_roots OBJECT tests/sanitized/leak_roots.c)
  target_compile_definitions(leak_roots PRIVATE _GNU_SOURCE)
  link_libraries($<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:$<TARGET_OBJECTS:leak_roots>>)
endif()
