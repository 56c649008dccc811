/* The binary of one tool. Its code is ENTRY in the tools' private library. */
#include "leave.h"

int ENTRY(int argc, char** argv);

int main(int argc, char** argv) { return leave(ENTRY(argc, argv)); }
