# Parsing the headers of the standard library, {fmt} and Catch2 takes two thirds of the time of most files.
# ipcutils_precompile(TARGET HEADER) parses what HEADER includes once. Every file still includes what it uses:
# -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON builds without this.
function(ipcutils_precompile target header)
  target_precompile_headers(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:${header}>)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -fpch-preprocess)  # for ccache, which looks at what is preprocessed
  endif()
endfunction()
