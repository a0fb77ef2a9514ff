/* The plug-in of hosts/supersort, for this machine. */
#include "ShellSort.c"
