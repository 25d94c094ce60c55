# cmake -DPROGRAM=attache_vectors -DFOLDER=... -DPATTERN=... -P expect_failure.cmake
execute_process(COMMAND ${PROGRAM} ${FOLDER} RESULT_VARIABLE status OUTPUT_VARIABLE output)
if(NOT status EQUAL 1 OR NOT output MATCHES "${PATTERN}")
  message(FATAL_ERROR "exit status ${status}; the output should match '${PATTERN}':\n${output}")
endif()
