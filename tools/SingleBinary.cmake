# One static position-independent program that is every tool, by the name it is called by.

set(declarations "")
set(rows "")
foreach(tool IN LISTS tools compat_tools)
  string(REPLACE - _ entry ipcutils_${tool})
  string(APPEND declarations "int ${entry}(struct ipcutils_environment* environment, int argc, char** argv);\n")
  string(APPEND rows "    {\"${tool}\", ${entry}},\n")
endforeach()
configure_file(multicall.c.in multicall.c @ONLY)

add_executable(ipcutils-multicall
  ${CMAKE_CURRENT_BINARY_DIR}/multicall.c $<TARGET_OBJECTS:tool_objects> $<TARGET_OBJECTS:ipcutils_objects>)
target_include_directories(ipcutils-multicall PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_compile_definitions(ipcutils-multicall PRIVATE IPCUTILS_STATIC_RUNTIME=1)
set_target_properties(ipcutils-multicall PROPERTIES OUTPUT_NAME ipcutils LINKER_LANGUAGE CXX)
target_link_libraries(ipcutils-multicall PRIVATE Boost::program_options)
target_link_options(ipcutils-multicall PRIVATE -static-pie LINKER:--gc-sections ${no_stream_objects})
# For the one source that asks, so that the others are compiled as for the small binaries, which ccache notices.
set_property(SOURCE cli/account.cpp APPEND PROPERTY COMPILE_DEFINITIONS IPCUTILS_SINGLE_BINARY=1)
install(TARGETS ipcutils-multicall RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT runtime)

# A symbolic link for one tool, in a folder of the build tree and of the installation.
function(add_link tool target output_directory install_directory)
  add_custom_command(TARGET ipcutils-multicall POST_BUILD
    COMMAND ${CMAKE_COMMAND} -E make_directory ${output_directory}
    COMMAND ${CMAKE_COMMAND} -E create_symlink ${target} ${output_directory}/${tool})
  install(FILES ${output_directory}/${tool} DESTINATION ${install_directory} COMPONENT runtime)
endfunction()

foreach(tool IN LISTS tools)
  add_link(${tool} ipcutils ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} ${CMAKE_INSTALL_BINDIR})
endforeach()
foreach(tool IN LISTS compat_tools)
  add_link(${tool} ${IPCUTILS_COMPAT_TO_BIN}/ipcutils ${IPCUTILS_COMPAT_OUTPUT_DIRECTORY} ${IPCUTILS_COMPAT_DIR})
endforeach()
